"""What pumps that died have left: calls of unknown outcome, and suspects that are tried alone."""

from datetime import timedelta
from threading import Timer
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from syncqueue.enums import AttemptOutcome, CallState, JobState, Kind, Outcome
from syncqueue.models import Attempt, Call, Job, Lane
from syncqueue.services.pump import drain, run_pump
from tests.syncqueue.queueing import queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)


def die_holding(**lanes):
    """As if the pump that leased these lanes had been killed and its lease had ended."""
    past = timezone.now() - timedelta(seconds=1)
    Lane.objects.filter(**lanes).update(token=uuid4(), lease_until=past, claimed_at=past)


def abandon(channel, state, **call):
    """What a pump leaves that was killed while its call was out."""
    (job,) = queue(channel, ["ok"])
    die_holding()
    lane = Lane.objects.get()
    row = Call.objects.create(
        channel=channel,
        lane=lane,
        job_id=job,
        request={"job": job, "step": "ok"},
        idempotency_key=uuid4(),
        token=lane.token,
        state=state,
        **call,
    )
    Attempt.objects.create(job_id=job, number=1, call=row, token=lane.token)
    Job.objects.filter(pk=job).update(state=JobState.RUNNING, tries=1)
    return job


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


def test_an_answer_under_a_foreign_token_changes_no_job(channel):
    (job,) = queue(channel, ["slow"])

    def steal():
        Lane.objects.update(token=uuid4())
        Call.objects.update(token=uuid4())
        connection.close()

    thief = Timer(0.1, steal)
    thief.start()
    run_pump(channel.pk)
    thief.join()
    assert state_of(job)[0] == JobState.RUNNING
    assert not scripted.settled


def test_a_call_that_was_only_planned_is_withdrawn_and_planned_again(channel):
    job = abandon(channel, CallState.PLANNED)
    drain()
    assert scripted.sent == [job]
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)
    assert set(Call.objects.values_list("state", flat=True)) == {
        CallState.WITHDRAWN,
        CallState.SETTLED,
    }


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
