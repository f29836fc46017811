"""The other side of the queue benchmark: Procrastinate with a lock per lane.

Fewer jobs than ours: it slows down with its backlog, and should stand at its best here.
"""

import procrastinate
from procrastinate.jobs import Job

LANES, JOBS_PER_LANE, CONCURRENCY = 300, 10, 10


def app_on(url: str) -> procrastinate.App:
    """Procrastinate with one task that does nothing."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    app.task(name="noop", pass_context=False)(noop)
    return app


async def noop(sequence: int) -> None:
    """Do nothing, without a thread, which is Procrastinate's fastest way."""


def fill(url: str) -> int:
    """Create its tables and queue the jobs; says how many."""
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
    app.task(name="noop")(noop)
    with app.open():
        app.schema_manager.apply_schema()
        for sequence in range(JOBS_PER_LANE):
            app.job_manager.batch_defer_jobs([job(lane, sequence) for lane in range(LANES)])
    return LANES * JOBS_PER_LANE


def job(lane: int, sequence: int) -> Job:
    return Job(
        queue="default",
        lock=f"lane-{lane}",
        queueing_lock=None,
        task_name="noop",
        task_kwargs={"sequence": sequence},
    )


def work(url: str) -> None:
    """One worker process, until nothing is left."""
    app_on(url).run_worker(
        concurrency=CONCURRENCY, wait=False, install_signal_handlers=False, listen_notify=False
    )
