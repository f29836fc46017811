"""One bucket of points a store, hardly ever overdrawn; the twin counts.

How much of the restored points is used hangs on the machine: `make bench` measures it.
"""

import pytest

from syncqueue.domain.handling import register
from syncqueue.models import Job
from tests.bench.pace import HANDLER, PRODUCTS, Reads, pump_for, reads

pytestmark = pytest.mark.django_db(transaction=True)


def test_c2_a_backlog_spends_what_the_bucket_has_and_hardly_ever_more(world):
    register(HANDLER, Reads())
    domain = "north.myshopify.com"
    world.twin.add_shop(domain, plan="basic", products=PRODUCTS)
    store = world.connect(domain, live=False)
    small, large = (product["id"] for product in world.twin.state(domain)["products"])
    before = world.twin.counters(domain)
    reads(store, large, 6)
    reads(store, small, 300)
    pump_for(store, 4.0)
    after = world.twin.counters(domain)
    assert Job.objects.filter(state="queued").exists()  # the backlog outlasts the bucket
    assert after["points"] - before["points"] > 1000
    assert after.get("throttled", 0) < 0.01 * after["calls"]
