"""No-op jobs a second of two more queues, on this machine and, where they use one, this database.

Neither keeps an order: django-q2 with its own broker, two workers; Dramatiq over Redis, two
processes of eight threads, which keeps nothing once Redis is gone.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import redis
from django.conf import settings

from tests.bench.database import bare_database
from tests.syncqueue.processes import eventually, free_port, running_redis

Q2_TASKS, DRAMATIQ_TASKS = 2000, 10_000
# In a process with its settings: the cluster takes only what was signed for it.
FILL_Q2 = f"""
import django
django.setup()
from django_q.tasks import async_task
for _ in range({Q2_TASKS}):
    async_task("math.sqrt", 4)
"""


def run() -> dict[str, float]:
    return {"django_q2_jobs_per_s": django_q2(), "dramatiq_jobs_per_s": dramatiq()}


def django_q2() -> float:
    with bare_database(f"bench_q2_{os.getpid()}") as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.bench.q2_settings",
        }
        manage = [sys.executable, "-m", "django"]
        subprocess.run([*manage, "migrate", "-v", "0"], check=True, env=environment, cwd=_home())
        subprocess.run([sys.executable, "-c", FILL_Q2], check=True, env=environment, cwd=_home())
        with (
            psycopg.connect(url, autocommit=True) as database,
            running([*manage, "qcluster"], environment),
        ):
            return rate(lambda: _left(database), Q2_TASKS)


def _left(database: psycopg.Connection) -> int:
    (count,) = database.execute("SELECT count(*) FROM django_q_ormq").fetchone()
    return count


def dramatiq() -> float:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, running_redis(folder, port):
        client = redis.Redis(port=port)
        eventually(lambda: _answers(client))
        os.environ["BENCH_REDIS"] = f"redis://127.0.0.1:{port}/0"
        from tests.bench.dramatiq_side import noop  # noqa: PLC0415  its broker is up now

        for _ in range(DRAMATIQ_TASKS):
            noop.send()
        module = "tests.bench.dramatiq_side"
        command = [sys.executable, "-m", "dramatiq", module, "--processes", "2", "--threads", "8"]
        with running(command, dict(os.environ)):
            return rate(lambda: DRAMATIQ_TASKS - int(client.get("bench-done") or 0), DRAMATIQ_TASKS)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def rate(left: Callable[[], int], total: int) -> float:
    """Jobs a second from the first that is gone to the last."""
    ends = time.monotonic() + 120
    while (began_with := left()) == total:
        time.sleep(0.005)
    began = time.perf_counter()
    while left():
        if time.monotonic() > ends:
            raise TimeoutError(f"{left()} of {total} jobs are not done after two minutes.")
        time.sleep(0.005)
    return began_with / (time.perf_counter() - began)


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, cwd=_home(), **quiet) as process:
        try:
            yield
        finally:
            process.terminate()


def _home() -> str:
    return str(settings.BASE_DIR)
