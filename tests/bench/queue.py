"""No-op jobs a second with order per lane: our pump beside Procrastinate with `lock=`.

Both sides: two processes, jobs queued before the clock starts, every job durable, one at a time
and in order within its lane, its row kept with state and times.
"""

import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import uuid4

import psycopg
from django.db import connection, connections

from syncqueue.domain.handling import JobView, Settled, SqlOnly, register
from syncqueue.enums import JobState, Kind, Outcome
from syncqueue.models import Channel, Job
from syncqueue.services.enqueue import NewJob, enqueue
from tests.bench import procrastinate_side
from tests.bench.database import bare_database

PROCESSES = 2
CHANNELS, LANES_PER_CHANNEL, JOBS_PER_LANE = 4, 500, 10
HANDLER = "bench.noop"
forked = multiprocessing.get_context("fork")


def run() -> dict[str, float]:
    """Jobs a second of both sides, and how many times theirs ours are."""
    ours, theirs = our_jobs_per_second(), procrastinate_jobs_per_second()
    return {
        "queue_jobs_per_s": ours,
        "procrastinate_jobs_per_s": theirs,
        "queue_vs_procrastinate": ours / theirs,
    }


class Noop(SqlOnly):
    """Does nothing but remember in which order it was asked."""

    def __init__(self) -> None:
        self.seen: dict[int, list[int]] = defaultdict(list)

    def plan(self, job: JobView, followers: object, *, now: datetime) -> Settled:  # noqa: ARG002
        self.seen[job.lane_id].append(job.payload["sequence"])
        return Settled(Outcome.NOTHING_TO_DO)


noop = Noop()
register(HANDLER, noop)


def our_jobs_per_second() -> float:
    """Every channel is one process's, as a channel's slot is one pump's."""
    channels = fill()
    jobs = Job.objects.count()
    analyze()
    seconds = race([partial(work, channels[n::PROCESSES]) for n in range(PROCESSES)])
    done = Job.objects.filter(state=JobState.SUCCEEDED).count()
    if done != jobs:
        raise RuntimeError(f"Only {done} of {jobs} jobs succeeded.")
    return jobs / seconds


def fill() -> list[int]:
    """Queue the jobs lane by lane, as edits of many products would be; the ids of the channels."""
    channels = [Channel.objects.create(name=f"bench-{n}").pk for n in range(CHANNELS)]
    cause = uuid4()
    for sequence in range(JOBS_PER_LANE):
        for channel_id in channels:
            enqueue(
                [
                    NewJob(
                        channel_id=channel_id,
                        kind=Kind.IN,
                        key=f"lane-{lane}",
                        handler=HANDLER,
                        payload={"sequence": sequence},
                        cause_id=cause,
                    )
                    for lane in range(LANES_PER_CHANNEL)
                ]
            )
    return channels


def analyze() -> None:
    """What autovacuum does within a minute of such a load."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def work(channels: list[int]) -> None:
    """Pump until nothing is due; fail if a lane was not in order."""
    from syncqueue.services.pump import drain  # noqa: PLC0415

    drain(channels, timeout=120)
    if wrong := [lane for lane, order in noop.seen.items() if order != sorted(order)]:
        raise RuntimeError(f"{len(wrong)} lanes were not worked in order.")


def procrastinate_jobs_per_second() -> float:
    """Procrastinate's own schema in a database of its own on the same server."""
    with bare_database(f"bench_procrastinate_{os.getpid()}") as url:
        jobs = procrastinate_side.fill(url)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("VACUUM ANALYZE")
        seconds = race([partial(procrastinate_side.work, url)] * PROCESSES)
        with psycopg.connect(url) as database:
            query = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"
            done = database.execute(query).fetchone()
    if done != (jobs,):
        raise RuntimeError(f"Only {done} of {jobs} jobs succeeded at Procrastinate.")
    return jobs / seconds


def race(workers: list[Callable[[], None]]) -> float:
    """Seconds from the common start of the processes to the end of the last."""
    connections.close_all()
    start = forked.Barrier(len(workers) + 1)

    def lane(work: Callable[[], None]) -> None:
        start.wait()
        work()

    processes = [forked.Process(target=lane, args=(work,)) for work in workers]
    for process in processes:
        process.start()
    start.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("A process of the benchmark failed; see above.")
    return time.perf_counter() - began
