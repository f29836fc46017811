"""One bucket of points a store: used to the full, and hardly ever overdrawn; the twin counts."""

import time
from uuid import uuid4

import pytest

from stores.models import Store
from stores.services.tokens import session_of
from stores.shopify.answers import answer_of
from stores.shopify.products import read_product
from syncqueue.domain.handling import Call, Settled, register
from syncqueue.enums import Kind, Outcome
from syncqueue.models import Job
from syncqueue.services.enqueue import NewJob, enqueue
from syncqueue.services.pump import run_pump
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)
RESTORE, LATENCY = 100, 0.03


class Reads:
    """Reads a product of the twin as many times as there are jobs."""

    def plan(self, job, _followers, *, now):  # noqa: ARG002
        store = Store.objects.get(pk=job.payload["store"])
        return Call({"gid": job.payload["gid"]}, session_of(store))

    def send(self, request, context):
        return answer_of(lambda: read_product(context, request["gid"], variants=50))

    def settle(self, _job, _passengers, _request, answer, *, now):  # noqa: ARG002
        return None if answer.error else Settled(Outcome.NOTHING_TO_DO, "read")


register("tests.read", Reads())


def reads(store, gid, count):
    enqueue(
        [
            NewJob(
                channel_id=store.channel_id,
                kind=Kind.CALL,
                key=f"read:{uuid4()}",
                handler="tests.read",
                payload={"store": store.pk, "gid": gid},
                cause_id=uuid4(),
            )
            for _ in range(count)
        ]
    )


def pump_for(store, seconds):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        run_pump(store.channel_id, slice_seconds=0.2)


def basic_shop(world, *products):
    domain = "north.myshopify.com"
    world.twin.add_shop(domain, plan="basic", products=list(products))
    return world.connect(domain, live=False)


def test_a_backlog_uses_the_restored_points_and_hardly_ever_more(world):
    many = [{"sku": f"S{n}", "price": "1.00", "options": [f"{n}"]} for n in range(50)]
    store = basic_shop(world, lamp(), {"title": "Many", "variants": many, "option_names": ["N"]})
    small, large = (p["id"] for p in world.twin.state(store.domain)["products"])
    world.twin.settings(latency=LATENCY)
    reads(store, large, 6)
    reads(store, small, 200)
    pump_for(store, 2.0)
    before, began = world.twin.counters(store.domain), time.monotonic()
    pump_for(store, 4.0)
    after, seconds = world.twin.counters(store.domain), time.monotonic() - began
    assert Job.objects.filter(state="queued").count() > 20  # the backlog outlasts the measure
    used = (after["points"] - before["points"]) / (RESTORE * seconds)
    assert used >= 0.95
    assert after.get("throttled", 0) < 0.01 * after["calls"]
