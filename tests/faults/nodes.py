"""Several clusters over one database, each a node of its own, and what is done to them."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from tests.faults.namespaces import Host
from tests.faults.oracle import check
from tests.faults.stage import Stage, eventually
from tests.faults.trials import edit_anything

NODES = {"north", "south"}


@contextmanager
def node(stage: Stage, name: str, host: Host | None) -> Iterator["subprocess.Popen[bytes]"]:
    """A `qcluster` in a process group of its own, on a host of its own where one is given."""
    environment = {**stage.environment, "SYNCQUEUE_WORKERS": "2", "PGAPPNAME": name}
    if host:
        port = urlsplit(stage.twin.url).port
        environment["SHOPIFY_TWIN_URL"] = f"http://{host.gateway}:{port}"
    command = [*(host.enter if host else []), sys.executable, "manage.py", "qcluster"]
    with (stage.logs / f"{name}.log").open("a") as log:
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to everything of a node at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def play(stage: Stage, hosts: Sequence[Host | None]) -> int:
    """Both work; one dies in the middle, and is back when the other dies: on so many networks."""
    rng, since = random.Random(len(hosts)), len(stage.twin.log())
    north, south = hosts
    with node(stage, "south", south) as second:
        with node(stage, "north", north) as first:
            eventually(lambda: _connected() == NODES, stage.why)
            networks = {_network_of(pid) for pid in (first.pid, second.pid, os.getpid())}
            edit_anything(stage, rng)
            edit_anything(stage, rng)
        edit_anything(stage, rng)
        stage.settle()
        with node(stage, "north", north):
            edit_anything(stage, rng)
            kill(second)
            edit_anything(stage, rng)
            stage.settle()
    check(stage, since=since)
    return len(networks)


def _connected() -> set[str]:
    """Which nodes have connections to the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT application_name FROM pg_stat_activity"
            " WHERE datname = current_database()"
        )
        return {name for (name,) in cursor.fetchall()} & NODES


def _network_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/ns/net").readlink()
