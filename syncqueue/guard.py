"""Keeps django-q2's cluster upright where it would hang for ever or outlive its parent."""

import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from types import FrameType

import django_q.cluster
from django.db import connections
from django_q.cluster import Cluster, Sentinel

from syncqueue.stopping import ask_to_stop, asked_to_stop

logger = logging.getLogger(__name__)

SICK = 70  # EX_SOFTWARE
PR_SET_PDEATHSIG = 1
RESTART_SECONDS = 0.5
STOP_SECONDS = 9.0  # supervisors kill after ten


class GuardedSentinel(Sentinel):  # type: ignore[misc]
    """Leaves when a signal killed a child: the dead may hold the lock of a queue that all share."""

    def reincarnate(self, process: BaseProcess) -> None:
        """Replace a child that ended by itself or timed out; leave for a clean start otherwise."""
        if process.exitcode is None or process.exitcode >= 0:
            super().reincarnate(process)
            return
        logger.critical("%s died by signal %s", process.name, -process.exitcode)
        for child in (*self.pool, self.monitor, self.pusher):
            child.kill()
        os._exit(SICK)


class SupervisedCluster(Cluster):  # type: ignore[misc]
    """A cluster that only notes a signal, because acting inside the handler can deadlock."""

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Remember the wish; `run` sees it within a tenth of a second."""
        ask_to_stop()

    def run(self, *, once: bool = False) -> int:
        """Serve until asked to stop or until the sentinel dies; says its exit status."""
        try:
            self.start()
        except RuntimeError:
            logger.exception("The cluster did not start")
            return SICK
        while self.sentinel.is_alive() and not (asked_to_stop() or once):
            time.sleep(0.1)
        exit_code = self.sentinel.exitcode or 0
        with _leaving_in_time():
            self.stop()
        return 0 if asked_to_stop() else exit_code


@contextmanager
def _leaving_in_time() -> Iterator[None]:
    """However slow an answer is that a thread still waits for: the children die with us.

    A stop that came to its end is watched no longer: a clean cluster may follow in this process.
    """
    watch = threading.Timer(STOP_SECONDS, os._exit, [0])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def supervise(*, once: bool = False) -> None:
    """Run the cluster in this process, and a fresh one after each that fell sick."""
    django_q.cluster.Sentinel = GuardedSentinel
    bind_children_to_their_parents()
    connections.close_all()  # a connection shared over fork would break in both
    while exit_code := SupervisedCluster().run(once=once):
        logger.critical("The cluster left with status %s, starting a clean one", exit_code)
        time.sleep(RESTART_SECONDS)


def bind_children_to_their_parents() -> None:
    """From now on every fork dies with its parent (Linux): no orphan goes on running tasks."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def note_parent() -> None:
        nonlocal parent
        parent = os.getpid()

    def die_with_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(SICK)

    os.register_at_fork(before=note_parent, after_in_child=die_with_parent)
