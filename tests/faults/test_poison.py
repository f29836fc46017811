"""A job that kills its worker is given up after three deaths; whoever was beside it is not."""

from uuid import uuid4

import pytest

from syncqueue.enums import Kind
from syncqueue.models import Attempt, Job
from syncqueue.services.enqueue import NewJob, enqueue
from tests.faults.killer import NAME
from tests.faults.oracle import unbalanced


def job(stage, dies, key):
    return NewJob(
        channel_id=stage.stores[0].channel_id,
        kind=Kind.CALL,
        key=key,
        handler=NAME,
        payload={"dies": dies},
        cause_id=uuid4(),
    )


@pytest.mark.parametrize("place", ["plan", "send", "settle"])
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
