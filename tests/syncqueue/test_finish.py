"""How jobs end and lanes go on, and that a late finisher changes nothing."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from syncqueue.domain.handling import Parked, Refused, Retry, Settled
from syncqueue.enums import JobState, Kind, Outcome
from syncqueue.models import Attempt, Channel, Job, Lane
from syncqueue.services.claim import claim
from syncqueue.services.enqueue import NewJob, enqueue
from syncqueue.services.finish import finish, verdict

pytestmark = pytest.mark.django_db
DONE = Settled(Outcome.NOTHING_TO_DO, "The store already shows it.")


@pytest.fixture
def channel():
    return Channel.objects.create(name="north")


def fill(channel, count=1):
    fields = {"kind": Kind.CALL, "key": "product:1", "handler": "tests.noop", "payload": {}}
    jobs = [NewJob(channel_id=channel.pk, cause_id=uuid4(), **fields) for _ in range(count)]
    return enqueue(jobs)


def settle(channel, result, *, token=None):
    """Claim the lane as a pump does, then give its head this result."""
    now, mine = timezone.now(), uuid4()
    (claimed,) = claim(channel.pk, Kind.CALL, token=mine, lanes=1, jobs=1, seconds=15)
    head = claimed.jobs[0]
    given = verdict(replace(head, jitter=0.0), result, now=now)
    return finish(claimed.lane_id, [(head, given)], token=token or mine, now=now)


def test_a_settled_job_ends_with_its_outcome_reason_and_attempt(channel):
    (job_id,) = fill(channel)
    assert settle(channel, DONE)
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.outcome, job.reason) == (JobState.SUCCEEDED, DONE.outcome, DONE.reason)
    assert job.attempt_set.get().finished_at == job.finished_at
    lane = Lane.objects.get()
    assert (lane.pending, lane.due_at, lane.token) == (0, None, None)


def test_a_lane_with_more_jobs_stays_due_and_gives_them_in_order(channel):
    ids = fill(channel, 3)
    for _ in ids:
        assert settle(channel, DONE)
    assert [a.job_id for a in Attempt.objects.order_by("pk")] == ids


def test_a_late_finisher_changes_nothing(channel):
    (job_id,) = fill(channel)
    assert not settle(channel, DONE, token=uuid4())
    assert Job.objects.get(pk=job_id).state == JobState.QUEUED
    assert Attempt.objects.count() == 0
    assert Lane.objects.get().token is not None


def test_a_failure_spends_an_attempt_and_its_lane_waits_by_the_policy(channel):
    (job_id,) = fill(channel)
    settle(channel, Retry("timeout", "Shopify did not answer in time."))
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.attempts, job.finished_at) == (JobState.RETRYING, 1, None)
    wait = job.next_attempt_at - timezone.now()
    assert timedelta(seconds=55) < wait <= timedelta(seconds=60)
    assert (
        job.reason == "Shopify did not answer in time. Attempts left: 4; what is behind it waits."
    )
    assert Lane.objects.get().due_at == job.next_attempt_at


def test_the_last_failure_is_a_dead_letter_and_the_lane_steps_over_it(channel):
    head, follower = fill(channel, 2)
    for _ in range(5):
        Lane.objects.update(due_at=timezone.now() - timedelta(minutes=1))
        settle(channel, Retry("timeout", "Shopify did not answer in time."))
    dead = Job.objects.get(pk=head)
    assert (dead.state, dead.attempts, dead.attempt_set.count()) == (JobState.DEAD_LETTERED, 5, 5)
    assert dead.reason == "Shopify did not answer in time. All 5 attempts are spent."
    assert settle(channel, DONE)
    assert Job.objects.get(pk=follower).state == JobState.SUCCEEDED


def test_what_time_cannot_cure_is_a_dead_letter_at_once(channel):
    (job_id,) = fill(channel)
    settle(channel, Refused("blank_title", "Title can't be blank."))
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.error_code, job.reason) == (
        JobState.DEAD_LETTERED, "blank_title", "Title can't be blank.",
    )  # fmt: skip


def test_parking_spends_no_attempt(channel):
    (job_id,) = fill(channel)
    settle(channel, Parked("A call of this product is open.", seconds=30))
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.attempts, job.attempt_set.count()) == (JobState.QUEUED, 0, 0)
    assert Lane.objects.get().due_at > timezone.now()
