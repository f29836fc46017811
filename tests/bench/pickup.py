"""With a real cluster: how soon work is taken up, by idle workers and beside bad neighbours.

`pickup`: from a job's commit to its decision, the cluster idle before. `fairness`: the p95 of
quiet stores' calls while one store answers after 30 s and another makes nine tenths of the
traffic, as a multiple of their p95 without the two. Fifty calls a second in all leave two cores
room; at four times as many the busy store asks for more than its threads can make, and its pump
for a core of its own.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.conf import settings

from syncqueue.enums import OPEN_STATES, Kind
from syncqueue.models import Channel, Job
from syncqueue.services.enqueue import NewJob, enqueue
from tests.bench.latency import percentile
from tests.bench.node import CALL, NOOP

PICKUPS, QUIET_STORES, QUIET_JOBS = 100, 8, 100
GAP, CALL_SECONDS, SLOW_SECONDS = 0.2, 0.05, 30.0
BUSY_FACTOR = 9


def run() -> dict[str, float]:
    with running_node():
        wait_for_workers()
        idle = [pickup(number) for number in range(PICKUPS)]
        quiet = quiet_stores()
        slow, busy = channel("slow"), channel("busy")
        enqueue([call(slow, n, SLOW_SECONDS) for n in range(20)])
        time.sleep(1)
        beside = quiet_stores(busy)
    return {
        "pickup_p50_ms": percentile(idle, 50),
        "pickup_p95_ms": percentile(idle, 95),
        "quiet_p95_ms": percentile(quiet, 95),
        "beside_bad_neighbours_p95_ms": percentile(beside, 95),
        "fairness_p95_ratio": percentile(beside, 95) / percentile(quiet, 95),
    }


@contextmanager
def running_node() -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.node"]
    environment = {**os.environ, "SYNCQUEUE_WORKERS": "4"}
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment) as process:
        try:
            yield
        finally:
            process.terminate()


def wait_for_workers() -> None:
    first = Channel.objects.create(name="first").pk
    enqueue([noop(first, 0)])
    wait_until_done(60)


def pickup(number: int) -> float:
    """Milliseconds until an idle cluster has decided one job of a channel of its own."""
    found = Channel.objects.create(name=f"idle-{number}").pk
    (job,) = enqueue([noop(found, number)])
    wait_until_done(10)
    row = Job.objects.get(pk=job)
    return (row.finished_at - row.created_at).total_seconds() * 1000


def quiet_stores(busy: int | None = None) -> list[float]:
    """Milliseconds from a job to its call's answer in quiet stores, jobs coming at random."""
    stores = [channel("quiet") for _ in range(QUIET_STORES)]
    rng, jobs = random.Random(7), []
    for number in range(QUIET_JOBS):
        time.sleep(rng.expovariate(1 / GAP))
        jobs += enqueue([call(stores[number % QUIET_STORES], number, CALL_SECONDS)])
        if busy is not None:
            enqueue([call(busy, number * BUSY_FACTOR + n, CALL_SECONDS) for n in range(9)])
    wait_until_done(60, jobs)
    rows = Job.objects.filter(pk__in=jobs).values_list("created_at", "finished_at")
    return [(end - start).total_seconds() * 1000 for start, end in rows]


def channel(name: str) -> int:
    return Channel.objects.create(name=f"{name}-{uuid4().hex[:8]}").pk


def noop(channel_id: int, number: int) -> NewJob:
    return _job(channel_id, number, kind=Kind.IN, handler=NOOP, payload={})


def call(channel_id: int, number: int, seconds: float) -> NewJob:
    return _job(channel_id, number, kind=Kind.CALL, handler=CALL, payload={"seconds": seconds})


def _job(channel_id: int, number: int, **more) -> NewJob:
    return NewJob(channel_id=channel_id, key=f"lane:{number}", cause_id=uuid4(), **more)


def wait_until_done(seconds: float, jobs: list[int] | None = None) -> None:
    """Until these jobs, or all, are finished."""
    rows = Job.objects.filter(state__in=OPEN_STATES)
    rows = rows.filter(pk__in=jobs) if jobs else rows
    ends = time.monotonic() + seconds
    while rows.exists():
        if time.monotonic() > ends:
            raise TimeoutError(f"{rows.count()} jobs are not done after {seconds} s.")
        time.sleep(0.002)
