"""What pumps that died have left: calls of unknown outcome, and suspects that are tried alone."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from syncqueue.enums import AttemptOutcome, CallState, JobState, Kind, Outcome
from syncqueue.errors import LostLease
from syncqueue.models import Attempt, Call, Job, Lane
from syncqueue.selectors.channels import look
from syncqueue.services import outgoing
from syncqueue.services.claim import claim
from syncqueue.services.incoming import decide_due
from syncqueue.services.outgoing import Outgoing
from syncqueue.services.pump import drain, run_pump
from syncqueue.services.rescue import begin_alone, bury, left_call, take_over
from tests.syncqueue.queueing import make_all_due, queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)


def die_holding(**lanes):
    """As if the pump that leased these lanes had been killed and its lease had ended."""
    past = timezone.now() - timedelta(seconds=1)
    Lane.objects.filter(**lanes).update(token=uuid4(), lease_until=past, claimed_at=past)


def abandon(channel, state, *, script=("ok",), **call):
    """What a pump leaves that was killed while its call was out."""
    (job,) = queue(channel, script)
    die_holding()
    lane = Lane.objects.get()
    row = Call.objects.create(
        channel=channel,
        lane=lane,
        job_id=job,
        request={"job": job, "step": script[0]},
        idempotency_key=uuid4(),
        token=lane.token,
        state=state,
        **call,
    )
    Attempt.objects.create(job_id=job, number=1, call=row, token=lane.token)
    Job.objects.filter(pk=job).update(state=JobState.RUNNING, tries=1)
    return job


def take(channel, token, *, kind=Kind.CALL):
    return claim(channel.pk, kind, token=token, lanes=10, jobs=10, seconds=15)


def expire_leases():
    Lane.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def steal(lane_id):
    """Another pump takes the lane over, by a connection of its own."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("UPDATE syncqueue_lane SET token = %s WHERE id = %s", [uuid4(), lane_id])
    other.close()


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


def while_it_flies(monkeypatch, change):
    """Something happens between the departure of a call and its answer."""
    send = scripted.send

    def send_slowly(request, context):
        answer = send(request, context)
        change()
        connection.close()
        return answer

    monkeypatch.setattr(scripted, "send", send_slowly)


def test_an_answer_under_a_foreign_token_changes_no_job(channel, monkeypatch):
    (job,) = queue(channel, ["ok"])

    def steal_all():
        Lane.objects.update(token=uuid4())
        Call.objects.update(token=uuid4())

    while_it_flies(monkeypatch, steal_all)
    run_pump(channel.pk)
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
    out.start_due(room=8, view=look(channel.pk))
    out.leave()
    assert {lane.lane_id: lane.stale for lane in take(channel, uuid4())} == {
        Lane.objects.get(key="product:1").pk: True,
        Lane.objects.get(key="product:2").pk: False,
    }
    assert sorted(Job.objects.values_list("crashes", flat=True)) == [0, 1]


def test_a_call_whose_process_was_stopped_before_it_went_out_is_not_sent_any_more(
    channel, monkeypatch, settings
):
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "LEASE_SECONDS": 0.2}
    (job,) = queue(channel, ["ok"])
    threads, stops = outgoing.pool, iter([0.3])

    def stop_once():
        time.sleep(next(stops, 0.0))
        return threads()

    monkeypatch.setattr(outgoing, "pool", stop_once)
    run_pump(channel.pk)
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)
    assert scripted.sent == [job]
    trail = Attempt.objects.order_by("number").values_list("outcome", flat=True)
    assert list(trail) == [AttemptOutcome.WITHDRAWN, AttemptOutcome.SUCCEEDED]
