"""What happens to worker processes, and what must be true afterwards: one stage for all of it.

They die at every named commit point, stop for longer than their leases and go on, die of a job;
and their store makes three calls in ten go wrong.
"""

import os
import random
import signal
import time
from pathlib import Path
from uuid import uuid4

import pytest

from syncqueue.enums import Kind
from syncqueue.models import Attempt, Job
from syncqueue.services.enqueue import NewJob, enqueue
from syncqueue.services.replay import replay
from tests.faults.armed import Fault, found
from tests.faults.killer import NAME
from tests.faults.oracle import check, unbalanced
from tests.faults.points import POINTS
from tests.faults.stage import LEASE, eventually
from tests.faults.trials import QUICK, campaigns, edit_anything, run

CAMPAIGNS = campaigns()
# Between its transactions a process that is stopped can be replaced; inside one it holds its locks.
BETWEEN = [("before", "start"), ("before", "submit"), ("before", "save answer")]
INSIDE = [("before", "receipt"), ("before", "settle finish"), ("before", "decide finish")]
KINDS = {
    "429": {"retry_after": 0.2},
    "430": {},
    "500": {},
    "502": {},
    "503": {},
    "504": {},
    "cut": {},
    "cut_after": {},
    "truncated": {},
    "throttled": {},
    "internal_error": {},
    "user_errors": {},
    "slow": {"seconds": 0.3},
    "slow_answer": {"seconds": 0.3},
}
MIXED = [
    {"kind": kind, "probability": 0.3 / len(KINDS), **more} for kind, more in KINDS.items()
] + [{"kind": "429", "probability": 0.02}]


@pytest.mark.parametrize("trials", CAMPAIGNS, ids=lambda trials: ", ".join(map(str, trials)))
def test_nothing_is_lost_when_a_process_dies(stage, trials):
    """P8, among them: attempt row, call sent, landed, answered, settled, each of a product."""
    run(stage, trials, seed=1)


@pytest.mark.parametrize("target", POINTS.values())
def test_every_point_is_where_it_is_looked_up(target):
    holder, name = found(target)
    assert callable(getattr(holder, name)), "Was it renamed? Then tests/faults/points.py, too."


def test_enough_points_are_tried():
    assert sum(map(len, CAMPAIGNS)) == len(QUICK) >= 20


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


def job(stage, dies, key):
    return NewJob(
        channel_id=stage.stores[0].channel_id,
        kind=Kind.CALL,
        key=key,
        handler=NAME,
        payload={"dies": dies},
        cause_id=uuid4(),
    )


@pytest.mark.parametrize("place", ["send", "settle"])
def test_poison_is_given_up_after_three_deaths_and_hurts_nobody_else(stage, place):
    """P9: real processes die of it, in the middle of others' calls of the same store."""
    mark = uuid4().hex[:8]
    beside = [job(stage, "", f"{mark}:{n}") for n in range(4)]
    poison, behind = job(stage, place, f"{mark}:poison"), job(stage, "", f"{mark}:poison")
    ids = enqueue([*beside[:2], poison, behind, *beside[2:]])
    stage.settle()
    killer = Job.objects.get(pk=ids[2])
    assert (killer.state, killer.error_code) == ("dead_lettered", "poison")
    assert set(Attempt.objects.filter(job=killer).values_list("outcome", flat=True)) == {"crashed"}
    others = Job.objects.filter(pk__in=[one for one in ids if one != killer.pk])
    assert set(others.values_list("state", flat=True)) == {"succeeded"}
    assert unbalanced() == []


def test_nothing_is_lost_or_doubled_where_three_calls_in_ten_fail(stage):
    """What was given up for good (a refusal) is replayed when the storm is over."""
    rng, since = random.Random(1), len(stage.twin.log())
    for store in stage.stores:
        stage.twin.settings(store.domain, faults=MIXED)
    for _ in range(8):
        edit_anything(stage, rng)
    stage.settle(120)
    for store in stage.stores:
        stage.twin.settings(store.domain, faults=[])
    dead = Job.objects.filter(state="dead_lettered").exclude(handler=NAME)
    assert all(job.error_code and job.reason for job in dead)
    replay([job.pk for job in dead], by="ada")
    stage.settle(120)
    check(stage, since=since, stepped_over=True)
    assert Attempt.objects.exclude(outcome="succeeded").exists()
    stage.first_job = Job.objects.latest("pk").pk + 1
