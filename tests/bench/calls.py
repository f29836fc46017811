"""Calls a second of one store whose platform answers after 50 ms, as a share of what is possible.

Possible is one call after another on every thread that a store may have.
"""

import time

from django.conf import settings
from django.db import connection

from syncqueue.models import Channel, Job
from syncqueue.services.enqueue import enqueue
from syncqueue.services.pump import drain
from tests.bench.node import register_handlers
from tests.bench.pickup import call

LATENCY, CALLS = 0.05, 1600


def run() -> dict[str, float]:
    register_handlers()
    channel = Channel.objects.create(name="calls").pk
    enqueue([call(channel, number, LATENCY) for number in range(CALLS)])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    began = time.perf_counter()
    drain([channel], timeout=120)
    rate = CALLS / (time.perf_counter() - began)
    if (done := Job.objects.filter(state="succeeded").count()) != CALLS:
        raise RuntimeError(f"Only {done} of {CALLS} calls succeeded.")
    limit = settings.SYNCQUEUE["THREADS"] / LATENCY
    return {"calls_per_s": rate, "calls_vs_limit": rate / limit}
