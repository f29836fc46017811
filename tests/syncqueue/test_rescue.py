"""What pumps that died have left: calls of unknown outcome, and suspects that are tried alone."""

from uuid import uuid4

import pytest
from django.utils import timezone

from syncqueue.enums import AttemptOutcome, CallState, JobState, Kind, Outcome
from syncqueue.models import Attempt, Call, Job, Lane
from syncqueue.services.incoming import decide_due
from syncqueue.services.outgoing import Outgoing
from syncqueue.services.pump import drain
from tests.syncqueue.deaths import abandon, die_holding, take
from tests.syncqueue.queueing import make_all_due, queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_that_a_dead_pump_left_open_is_an_unknown_outcome(channel):
    job = abandon(channel, CallState.SENT, sent_at=timezone.now())
    drain()
    assert scripted.settled[0] == (job, "crashed")
    assert state_of(job)[0] == JobState.SUCCEEDED
    assert Attempt.objects.filter(outcome=AttemptOutcome.CRASHED).count() == 1


def test_an_answer_that_a_dead_pump_saved_is_settled_without_calling_again(channel):
    answer = {
        "body": {"ok": True}, "error": None, "http_status": 200, "request_id": "r9",
        "cost": 10, "points": None, "seconds": 0.1,
    }  # fmt: skip
    job = abandon(channel, CallState.ANSWERED, answer=answer, answered_at=timezone.now())
    drain()
    assert scripted.sent == []
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)


def test_the_third_crash_is_a_dead_letter(channel):
    (job,) = queue(channel, ["ok"])
    Job.objects.filter(pk=job).update(crashes=2)
    die_holding()
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.error_code) == (JobState.DEAD_LETTERED, "poison")
    assert not scripted.planned


def test_a_call_that_was_only_planned_is_withdrawn_and_planned_again(channel):
    job = abandon(channel, CallState.PLANNED)
    drain()
    assert scripted.sent == [job]
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)
    assert set(Call.objects.values_list("state", flat=True)) == {
        CallState.WITHDRAWN,
        CallState.SETTLED,
    }


def test_a_call_that_was_only_planned_is_nobodys_death(channel):
    """Its pump may have died of any call that was out: this one was not."""
    job = abandon(channel, CallState.PLANNED)
    Job.objects.filter(pk=job).update(crashes=2)
    token = uuid4()
    out = Outgoing(channel.pk, token, 15)
    out.left.rescue(take(channel, token))
    row = Job.objects.get(pk=job)
    assert (row.state, row.crashes, row.attempts) == (JobState.QUEUED, 2, 0)
    assert Attempt.objects.get().outcome == AttemptOutcome.WITHDRAWN
    assert Lane.objects.get().token is None
    drain()
    assert state_of(job)[0] == JobState.SUCCEEDED


def test_a_delivery_whose_decider_died_is_decided_alone_and_the_crash_stands_on_it(channel):
    suspect, follower = queue(channel, ["done"], ["done"], kind=Kind.IN)
    die_holding()
    drain()
    assert [state_of(job)[0] for job in (suspect, follower)] == [JobState.SUCCEEDED] * 2
    assert scripted.planned == [suspect, follower]
    assert Attempt.objects.get(job=suspect).outcome == AttemptOutcome.SUCCEEDED


def test_a_delivery_that_kills_its_decider_three_times_is_a_dead_letter(channel):
    killer, follower = queue(channel, ["done"], ["done"], kind=Kind.IN)
    Job.objects.filter(pk=killer).update(crashes=2)
    die_holding()
    drain()
    assert Job.objects.get(pk=killer).error_code == "poison"
    assert scripted.planned == [follower]


def test_a_crash_before_any_plan_spends_no_attempt(channel):
    (job,) = queue(channel, ["done"], kind=Kind.IN)
    die_holding()
    drain()
    assert Job.objects.get(pk=job).attempts == 0


def test_a_broken_delivery_hurts_no_other_of_its_batch(channel):
    (broken,) = queue(channel, ["plan-bug"], key="product:1", kind=Kind.IN)
    (healthy,) = queue(channel, ["done"], key="product:2", kind=Kind.IN)
    drain()
    row = Job.objects.get(pk=broken)
    assert (row.state, row.error_code, row.attempts) == (JobState.RETRYING, "bug", 1)
    assert state_of(healthy) == (JobState.SUCCEEDED, Outcome.NOTHING_TO_DO)


def test_a_broken_delivery_holds_its_own_lane_until_its_retry(channel):
    # A batch that breaks is decided again singly, so the plan is asked twice.
    broken, behind = queue(channel, ["plan-bug", "plan-bug", "done"], ["done"], kind=Kind.IN)
    drain()
    assert state_of(behind)[0] == JobState.QUEUED
    Lane.objects.update(due_at=timezone.now())
    drain()
    assert scripted.planned[-2:] == [broken, behind]


def test_suspects_that_take_long_are_left_for_the_next_pump_uncounted(channel, monkeypatch):
    jobs = [queue(channel, ["done"], key=f"product:{n}", kind=Kind.IN)[0] for n in range(3)]
    die_holding()
    clock = iter(range(100))
    monkeypatch.setattr("syncqueue.services.incoming.time.monotonic", lambda: float(next(clock)))
    token = uuid4()
    assert decide_due(channel.pk, token=token, seconds=3.0) < 3
    monkeypatch.undo()
    waiting = Job.objects.exclude(state=JobState.SUCCEEDED)
    assert set(waiting.values_list("crashes", flat=True)) == {0}
    assert all(lane.stale for lane in take(channel, uuid4(), kind=Kind.IN))
    assert len(jobs) == 3


def test_a_crash_counts_until_an_attempt_was_survived(channel):
    job = abandon(channel, CallState.SENT, script=["park", "ok"], sent_at=timezone.now())
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.crashes, row.attempts) == (JobState.QUEUED, 1, 1)
    make_all_due()
    drain()
    row.refresh_from_db()
    assert (row.state, row.crashes) == (JobState.SUCCEEDED, 0)


def test_a_read_that_died_with_its_worker_is_made_again_at_once(channel):
    job = abandon(channel, CallState.SENT, script=["read"], sent_at=timezone.now())
    drain()
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)
    trail = Attempt.objects.order_by("number").values_list("outcome", flat=True)
    assert list(trail) == [AttemptOutcome.CRASHED, AttemptOutcome.SUCCEEDED]


def test_what_may_have_killed_a_worker_flies_alone_and_without_passengers(channel):
    scripted.with_riders = True
    suspects = [queue(channel, ["slow"], key=f"product:{n}")[0] for n in range(3)]
    Job.objects.update(crashes=1)
    (follower,) = queue(channel, ["ok"], key="product:0")
    drain()
    assert scripted.most_in_flight == 1
    assert set(scripted.sent) == {*suspects, follower}
    scripted.forget()
    for number in range(3):
        queue(channel, ["slow"], key=f"product:{number}")
    drain()
    assert scripted.most_in_flight == 3


def test_suspects_that_could_not_be_tried_are_left_as_they_were(channel):
    queue(channel, ["ok"])
    queue(channel, ["ok"], key="product:2")
    die_holding(key="product:1")
    Job.objects.filter(lane__key="product:2").update(crashes=1)
    out = Outgoing(channel.pk, uuid4(), 15)
    out.start_due(room=8)
    out.leave()
    assert {lane.lane_id: lane.stale for lane in take(channel, uuid4())} == {
        Lane.objects.get(key="product:1").pk: True,
        Lane.objects.get(key="product:2").pk: False,
    }
    assert sorted(Job.objects.values_list("crashes", flat=True)) == [0, 1]
