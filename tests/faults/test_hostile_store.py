"""A store where three calls in ten go wrong, in every way that Shopify knows."""

import random

import pytest

from syncqueue.models import Attempt, Job
from syncqueue.services.replay import replay
from tests.faults.oracle import check
from tests.faults.trials import edit_anything

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


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_or_doubled_where_three_calls_in_ten_fail(stage, seed):
    """What was given up for good (a refusal) is replayed when the storm is over."""
    rng, since = random.Random(seed), len(stage.twin.log())
    for store in stage.stores:
        stage.twin.settings(store.domain, faults=MIXED)
    for _ in range(8):
        edit_anything(stage, rng)
    stage.settle(120)
    for store in stage.stores:
        stage.twin.settings(store.domain, faults=[])
    dead = Job.objects.filter(state="dead_lettered")
    assert all(job.error_code and job.reason for job in dead)
    replay([job.pk for job in dead], by="ada")
    stage.settle(120)
    check(stage, since=since, stepped_over=True)
    assert Attempt.objects.exclude(outcome="succeeded").exists()
