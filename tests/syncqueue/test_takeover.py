"""A pump whose lanes were taken over: it changes nothing, sends nothing late, clears the job."""

import time
from threading import Thread
from uuid import uuid4

import pytest
from django.utils import timezone

from syncqueue.enums import AttemptOutcome, CallState, JobState, Kind, Outcome
from syncqueue.errors import LostLease
from syncqueue.models import Attempt, Call, Job, Lane
from syncqueue.services import air
from syncqueue.services.pump import run_pump
from syncqueue.services.rescue import begin_alone, bury, left_call, take_over
from tests.syncqueue.deaths import (
    abandon,
    expire_leases,
    steal,
    take,
    take_over_as_from_a_dead_pump,
    while_it_flies,
)
from tests.syncqueue.queueing import queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_under_a_foreign_token_changes_no_job(channel, monkeypatch):
    (job,) = queue(channel, ["ok"])

    def steal_all():
        Lane.objects.update(token=uuid4())
        Call.objects.update(token=uuid4())

    while_it_flies(monkeypatch, steal_all)
    run_pump(channel.pk)
    assert state_of(job)[0] == JobState.RUNNING
    assert not scripted.settled


def test_a_pump_that_fell_silent_does_not_take_its_own_call_over(channel):
    queue(channel, ["ok"])
    mine = uuid4()
    assert len(take(channel, mine)) == 1
    expire_leases()
    assert take(channel, mine) == []
    assert len(take(channel, uuid4())) == 1


def test_an_answer_that_comes_after_its_call_was_settled_reopens_nothing(channel, monkeypatch):
    (job,) = queue(channel, ["ok"])
    while_it_flies(monkeypatch, lambda: Call.objects.update(state=CallState.SETTLED))
    run_pump(channel.pk)
    call = Call.objects.get()
    assert (call.state, call.answer["http_status"]) == (CallState.SETTLED, 200)
    assert not scripted.settled
    assert state_of(job)[0] == JobState.RUNNING


def take_over_left(lane, *, token):
    return take_over(left_call(lane), token=token)


@pytest.mark.parametrize("rescue", [begin_alone, take_over_left, bury])
def test_a_rescuer_that_lost_the_lane_touches_nothing(channel, rescue):
    job = abandon(channel, CallState.SENT, sent_at=timezone.now())
    Job.objects.filter(pk=job).update(crashes=2)
    (lane,) = take(channel, uuid4())
    with pytest.raises(LostLease):
        rescue(lane, token=uuid4())
    assert Call.objects.get().state == CallState.SENT
    assert Attempt.objects.get().finished_at is None
    assert Job.objects.get().crashes == 2


def test_a_pump_that_lost_a_lane_while_planning_stores_no_call_and_plans_the_others(
    channel, monkeypatch
):
    (lost,) = queue(channel, ["ok"])
    (kept,) = queue(channel, ["ok"], key="product:2")
    plan = scripted.plan

    def plan_slowly(job, *args, **more):
        if job.id == lost and scripted.planned.count(lost) == 0:
            steal(job.lane_id)
        return plan(job, *args, **more)

    monkeypatch.setattr(scripted, "plan", plan_slowly)
    run_pump(channel.pk)
    assert scripted.sent == [kept]
    assert state_of(lost)[0] == JobState.QUEUED
    assert Call.objects.get().job_id == kept


def test_a_call_whose_process_was_stopped_before_it_went_out_is_not_sent_any_more(
    channel, monkeypatch, settings
):
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "LEASE_SECONDS": 0.2}
    (job,) = queue(channel, ["ok"])
    threads, stops = air.pool, iter([0.3])

    def stop_once():
        time.sleep(next(stops, 0.0))
        return threads()

    monkeypatch.setattr(air, "pool", stop_once)
    run_pump(channel.pk)
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)
    assert scripted.sent == [job]
    trail = Attempt.objects.order_by("number").values_list("outcome", flat=True)
    assert list(trail) == [AttemptOutcome.WITHDRAWN, AttemptOutcome.SUCCEEDED]


def test_a_pump_that_lives_takes_back_the_crash_of_the_call_that_was_taken_from_it(
    channel, monkeypatch
):
    (job,) = queue(channel, ["ok"])
    while_it_flies(monkeypatch, lambda: take_over_as_from_a_dead_pump(channel))
    run_pump(channel.pk)
    row = Job.objects.get(pk=job)
    assert (row.state, row.crashes) == (JobState.RUNNING, 0)


@pytest.mark.parametrize(("kind", "script"), [(Kind.IN, "done"), (Kind.CALL, "ok")])
def test_a_pump_that_lives_takes_back_the_crash_of_what_it_was_planning(
    channel, monkeypatch, kind, script
):
    (job,) = queue(channel, [script], kind=kind)
    plan = scripted.plan

    def plan_slowly(*args, **more):
        if not scripted.planned:
            thread = Thread(target=lambda: take_over_as_from_a_dead_pump(channel, kind))
            thread.start()
            thread.join()
        return plan(*args, **more)

    monkeypatch.setattr(scripted, "plan", plan_slowly)
    run_pump(channel.pk)
    assert Job.objects.get(pk=job).crashes == 0
    assert Lane.objects.get().token is not None
