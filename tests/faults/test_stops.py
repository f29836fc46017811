"""Processes that stop for longer than their leases and go on: stale finishers change nothing."""

import os
import signal
import time
from pathlib import Path

import pytest

from syncqueue.models import Attempt, Job
from tests.faults.armed import Fault
from tests.faults.oracle import check
from tests.faults.stage import LEASE, eventually

# Between its transactions a process that is stopped can be replaced; inside one it holds its locks.
BETWEEN = [("before", "start"), ("before", "submit"), ("before", "save answer")]
INSIDE = [("before", "receipt"), ("before", "settle finish"), ("before", "decide finish")]


def stopped(stage):
    """The processes of the node that a SIGSTOP holds."""
    children = Path(f"/proc/{stage.node.pid}/task/{stage.node.pid}/children").read_text().split()
    return [pid for pid in map(int, children) if state_of(pid) == "T"]


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def edit_title(stage):
    title = f"Title {stage.next_number()}"
    stage.edit(product_id=stage.products()[0].pk, attribute="title", value=title)


def stop_one(stage, when, point):
    stage.arm(Fault(when, point, signal=signal.SIGSTOP))
    edit_title(stage)
    eventually(lambda: stopped(stage), stage.why)
    (sleeper,) = stopped(stage)
    return sleeper


def wake_up(stage, sleeper):
    os.kill(sleeper, signal.SIGCONT)
    eventually(lambda: state_of(sleeper) == "S", stage.why)
    stage.settle()


def assert_nothing_is_wrong(stage, since):
    check(stage, since=since)
    assert not Job.objects.filter(state="dead_lettered").exists()
    assert not Attempt.objects.filter(finished_at=None).exists()


@pytest.mark.parametrize(("when", "point"), BETWEEN, ids=lambda word: word)
def test_a_process_that_was_replaced_while_it_was_stopped_changes_nothing(stage, when, point):
    """Another has taken over and written newer values: what wakes up then would undo them."""
    since = len(stage.twin.log())
    sleeper = stop_one(stage, when, point)
    stage.settle()
    edit_title(stage)
    stage.settle()
    wake_up(stage, sleeper)
    assert_nothing_is_wrong(stage, since)


@pytest.mark.parametrize(("when", "point"), INSIDE, ids=lambda word: word)
def test_a_process_that_was_stopped_in_a_transaction_goes_on_or_gives_way(stage, when, point):
    since = len(stage.twin.log())
    sleeper = stop_one(stage, when, point)
    time.sleep(LEASE + 0.2)
    wake_up(stage, sleeper)
    assert_nothing_is_wrong(stage, since)
