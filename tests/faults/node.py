"""`python -m tests.faults node N`: N worker processes, each replaced at once when it dies.

Each is what a worker of `qcluster` is, without django-q2's processes around it: the real broker
with its sweep, and the real pump. Lines of JSON on the standard input are edits to make, each in a
process of its own, whose end is told by a line on the standard output.
"""

import json
import logging
import os
import pydoc
import select
import signal
import sys
import time
from collections.abc import Callable
from functools import partial

from django.db import Error, close_old_connections
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from catalogue.enums import Source
from catalogue.services.edit import SetValue, edit
from syncqueue.guard import bind_children_to_their_parents
from tests.faults import killer  # noqa: F401  registers itself
from tests.faults.armed import wrap_points

logger = logging.getLogger(__name__)


def main(workers: str) -> None:
    """Until the standard input ends."""
    bind_children_to_their_parents()
    wrap_points()
    running: set[int] = set()
    told = b""
    while True:
        while len(running) < int(workers):
            running.add(_fork(_serve))
        if select.select([sys.stdin], [], [], 0.01)[0]:
            read = os.read(sys.stdin.fileno(), 65536)
            if not read:
                break
            *lines, told = (told + read).split(b"\n")
            for line in lines:
                _tell_end_of(_fork(partial(_edit, **json.loads(line))))
        running -= {pid for pid in running if os.waitpid(pid, os.WNOHANG)[0]}
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _fork(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        logger.exception("A process of the node failed")
        os._exit(1)
    os._exit(0)


def _tell_end_of(pid: int) -> None:
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.stdout.write(f"{status}\n")
    sys.stdout.flush()


def _serve() -> None:
    """Take wake-ups one by one, as a worker does."""
    broker = get_broker()
    while True:
        for receipt, payload in broker.dequeue():
            task = SignedPackage.loads(payload)
            close_old_connections()
            try:
                pydoc.locate(task["func"])(*task["args"])
            except Error:
                logger.exception("A wake-up failed")
                time.sleep(0.05)
            broker.acknowledge(receipt)


def _edit(workspace: int, wishes: list[dict[str, object]]) -> None:
    edit(
        workspace_id=workspace,
        wishes=[SetValue(**wish) for wish in wishes],
        source=Source.MANUAL,
        actor="ada",
    )
