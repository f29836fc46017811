"""The pump on real tables and threads: order, waiting, refusals, crashes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from syncqueue.domain.health import start_trial
from syncqueue.enums import AttemptOutcome, CallState, Health, JobState, Kind, Outcome
from syncqueue.models import Attempt, Call, Channel, Job, Lane
from syncqueue.selectors.channels import look
from syncqueue.services import air
from syncqueue.services.channel import hold, release, store_health
from syncqueue.services.pump import drain, run_pump
from syncqueue.services.sweep import sweep
from syncqueue.services.wake import make_due
from tests.syncqueue.queueing import make_all_due, queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db


def test_a_lane_is_worked_off_oldest_first(channel):
    ids = queue(channel, ["ok"], ["ok"], ["ok"])
    drain()
    assert scripted.sent == ids
    assert [state_of(i) for i in ids] == [(JobState.SUCCEEDED, Outcome.WRITTEN)] * 3
    lane = Lane.objects.get()
    assert (lane.pending, lane.due_at, lane.token) == (0, None, None)


def test_an_in_lane_is_decided_in_order_without_any_call(channel):
    ids = queue(channel, ["done"], ["done"], kind=Kind.IN)
    drain()
    assert scripted.planned == ids
    assert not Call.objects.exists()
    assert Attempt.objects.filter(outcome=AttemptOutcome.SUCCEEDED).count() == 2


def test_a_call_from_an_in_lane_is_refused(channel):
    (job,) = queue(channel, ["ok"], kind=Kind.IN)
    drain()
    assert state_of(job)[0] == JobState.DEAD_LETTERED
    assert not Call.objects.exists()


def test_calls_of_several_lanes_fly_together_and_those_of_one_lane_never(channel):
    for number in range(4):
        queue(channel, ["slow"], key=f"product:{number}")
    queue(channel, ["slow"], key="product:0")
    drain()
    assert 2 <= scripted.most_in_flight <= 4


def test_a_failure_is_tried_again_by_the_policy_and_spends_an_attempt(channel):
    (job,) = queue(channel, ["transient", "ok"])
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.attempts, row.error_code) == (JobState.RETRYING, 1, "timeout")
    assert timedelta(seconds=50) < row.next_attempt_at - timezone.now() < timedelta(seconds=70)
    make_all_due()
    drain()
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)


def test_a_new_job_makes_a_waiting_lane_due_now(channel):
    head, *_ = queue(channel, ["transient", "ok"])
    drain()
    queue(channel, ["ok"])
    drain()
    assert state_of(head) == (JobState.SUCCEEDED, Outcome.WRITTEN)


def test_a_refusal_is_a_dead_letter_at_once_and_is_stepped_over(channel):
    bad, good = queue(channel, ["refused"], ["ok"])
    drain()
    assert state_of(bad)[0] == JobState.DEAD_LETTERED
    assert state_of(good)[0] == JobState.SUCCEEDED
    assert Job.objects.get(pk=bad).reason == "Never."


def test_the_policy_ends_in_a_dead_letter(channel):
    (job,) = queue(channel, ["transient"])
    for _ in range(5):
        make_all_due()
        drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.attempts) == (JobState.DEAD_LETTERED, 5)


def test_parking_spends_nothing_and_leaves_no_trail(channel):
    (job,) = queue(channel, ["park", "done"], kind=Kind.IN)
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.attempts, row.reason) == (JobState.QUEUED, 0, "waits for something")
    assert not Attempt.objects.exists()
    make_due(channel.pk, Kind.IN, ["product:1"])
    drain()
    assert state_of(job)[0] == JobState.SUCCEEDED


def test_a_job_of_many_calls_is_worked_off_in_one_slice(channel):
    (job,) = queue(channel, ["page"] * 9 + ["ok"])
    assert run_pump(channel.pk).calls == 10
    assert state_of(job) == (JobState.SUCCEEDED, Outcome.WRITTEN)


def test_a_job_without_end_holds_its_channel_for_a_slice_only(channel):
    (job,) = queue(channel, ["page"])
    Channel.objects.update(woken_at=None)
    run_pump(channel.pk, slice_seconds=0.1)
    assert len(scripted.sent) > 1
    assert state_of(job)[0] == JobState.QUEUED
    channel.refresh_from_db()
    assert (channel.slot_until, channel.woken_at is None) == (None, False)


def test_an_unknown_outcome_is_planned_again_without_an_attempt(channel):
    (job,) = queue(channel, ["unknown", "ok"])
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.attempts) == (JobState.SUCCEEDED, 0)
    trail = Attempt.objects.order_by("number").values_list("outcome", flat=True)
    assert list(trail) == [AttemptOutcome.UNKNOWN, AttemptOutcome.SUCCEEDED]


@pytest.mark.parametrize("where", ["plan-bug", "send-bug", "settle-bug"])
def test_a_broken_handler_spends_an_attempt_and_hurts_no_other_job(channel, where):
    (bad,) = queue(channel, [where])
    (good,) = queue(channel, ["ok"], key="product:2")
    drain()
    row = Job.objects.get(pk=bad)
    assert (row.state, row.error_code, row.attempts) == (JobState.RETRYING, "bug", 1)
    assert "broken" in row.reason
    assert state_of(good)[0] == JobState.SUCCEEDED


def test_an_unknown_handler_is_a_dead_letter_with_a_reason(channel):
    (job,) = queue(channel, ["ok"], handler="nobody")
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.error_code) == (JobState.DEAD_LETTERED, "unknown_handler")


def test_while_shopify_is_down_jobs_wait_without_spending_attempts(channel):
    scripted.world["everything"] = "down"
    jobs = [queue(channel, ["ok"], key=f"product:{n}")[0] for n in range(20)]
    drain()
    channel.refresh_from_db()
    assert channel.health == Health.WAITING
    assert len(scripted.sent) < 20
    assert set(Job.objects.values_list("attempts", flat=True)) == {0}
    assert Job.objects.filter(state=JobState.WAITING).exists()
    assert {state_of(job)[0] for job in jobs} <= {JobState.WAITING, JobState.QUEUED}


def test_deliveries_are_decided_while_calls_wait(channel):
    scripted.world["everything"] = "down"
    queue(channel, ["ok"])
    drain()
    (delivery,) = queue(channel, ["done"], kind=Kind.IN)
    drain()
    assert state_of(delivery)[0] == JobState.SUCCEEDED


def test_a_trial_is_one_call_and_its_success_drains_the_backlog_in_order(channel):
    scripted.world["everything"] = "down"
    jobs = [queue(channel, ["ok"], key=f"product:{n}")[0] for n in range(12)]
    drain()
    scripted.forget()
    scripted.world["everything"] = "down"
    Channel.objects.update(next_trial_at=timezone.now())
    run_pump(channel.pk)
    assert len(scripted.sent) == 1
    scripted.forget()
    Channel.objects.update(next_trial_at=timezone.now())
    drain()
    channel.refresh_from_db()
    assert channel.health == Health.HEALTHY
    assert scripted.sent[0] == jobs[0]
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 12


def test_an_outage_of_lost_answers_spends_no_attempts_even_of_its_first_calls(channel):
    scripted.world["everything"] = "transient"
    for number in range(12):
        queue(channel, ["ok"], key=f"product:{number}")
    drain()
    channel.refresh_from_db()
    assert channel.health == Health.WAITING
    lost = Attempt.objects.filter(outcome=AttemptOutcome.FAILED)
    assert lost.count() >= 8
    assert Job.objects.filter(state=JobState.WAITING).count() == lost.count()
    for _ in range(5):
        Channel.objects.update(next_trial_at=timezone.now())
        make_all_due()
        run_pump(channel.pk)
    assert not Job.objects.filter(attempts__gt=0).exists()
    assert Attempt.objects.filter(outcome=AttemptOutcome.WAITING).count() == 5
    scripted.forget()
    Channel.objects.update(next_trial_at=timezone.now())
    drain()
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 12


def test_a_change_of_health_is_stored_only_where_nobody_else_made_one(channel):
    known = look(channel.pk).health
    hold(channel.pk, reason="stocktaking", by="ada")
    assert not store_health(channel.pk, known, start_trial(known))
    channel.refresh_from_db()
    assert (channel.health, channel.health_by) == (Health.HELD, "ada")
    hold(channel.pk, reason="uninstalled", by="")
    channel.refresh_from_db()
    assert (channel.health_reason, channel.health_by) == ("stocktaking", "ada")


def test_a_revoked_token_holds_the_channel_for_the_platform(channel):
    (job,) = queue(channel, ["revoked", "ok"])
    drain()
    channel.refresh_from_db()
    assert (channel.health, channel.health_by) == (Health.HELD, "")
    assert state_of(job)[0] == JobState.WAITING
    release(channel.pk, by="ada")
    drain()
    assert state_of(job)[0] == JobState.SUCCEEDED


def test_automation_never_releases_what_a_person_held(channel):
    hold(channel.pk, reason="stocktaking", by="ada")
    (job,) = queue(channel, ["ok"])
    drain()
    assert not release(channel.pk, by="")
    assert not scripted.sent
    assert release(channel.pk, by="ada")
    drain()
    assert state_of(job)[0] == JobState.SUCCEEDED


def test_nothing_runs_while_paused(channel):
    Channel.objects.update(paused=True)
    queue(channel, ["ok"])
    queue(channel, ["done"], kind=Kind.IN)
    assert run_pump(channel.pk).worked == 0
    assert not scripted.planned


def test_throttling_spends_no_attempt(channel):
    (job,) = queue(channel, ["throttled", "ok"])
    drain()
    run_pump(channel.pk)
    make_all_due()
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.attempts) == (JobState.SUCCEEDED, 0)
    assert Attempt.objects.filter(outcome=AttemptOutcome.THROTTLED).count() == 1


def test_an_empty_bucket_lets_nothing_out(channel):
    Channel.objects.update(
        points_available=0, points_maximum=1000, points_restore=1, points_at=timezone.now()
    )
    queue(channel, ["ok"])
    run_pump(channel.pk)
    assert not scripted.sent
    channel.refresh_from_db()
    assert channel.next_due_at > timezone.now() + timedelta(seconds=30)


def test_interactive_calls_go_first_and_bulk_ones_get_a_fifth(channel, settings, monkeypatch):
    monkeypatch.setattr(air, "AHEAD_SECONDS", 0.0)  # each turn takes one
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "THREADS": 1}
    bulk = [queue(channel, ["ok"], key=f"bulk:{n}", priority=0)[0] for n in range(4)]
    quick = [queue(channel, ["ok"], key=f"quick:{n}")[0] for n in range(12)]
    drain()
    assert [job for job in scripted.sent if job in quick] == quick
    assert [job for job in scripted.sent if job in bulk] == bulk
    assert [scripted.sent.index(job) for job in bulk[:3]] == [4, 9, 14]


def test_followers_ride_along_and_say_who_carried_them(channel):
    scripted.with_riders = True
    head, *riders = queue(channel, ["ok"], ["ok"], ["ok"])
    drain()
    assert scripted.sent == [head]
    assert {state_of(i) for i in riders} == {(JobState.SUCCEEDED, Outcome.CARRIED)}
    assert f"job {head}" in Job.objects.get(pk=riders[0]).reason


def test_a_refused_call_with_passengers_is_repeated_one_by_one(channel):
    scripted.with_riders = True
    bad, good = queue(channel, ["user-error"], ["ok"])
    drain()
    assert state_of(bad)[0] == JobState.DEAD_LETTERED
    assert state_of(good) == (JobState.SUCCEEDED, Outcome.WRITTEN)
    assert Job.objects.get(pk=good).attempts == 0


def test_a_change_of_epoch_withdraws_planned_calls(channel, monkeypatch):
    (job,) = queue(channel, ["ok"])
    plan = scripted.plan

    def plan_and_pause(*args, **more):
        planned = plan(*args, **more)
        Channel.objects.filter(pk=channel.pk).update(epoch=99, paused=True)
        return planned

    monkeypatch.setattr(scripted, "plan", plan_and_pause)
    run_pump(channel.pk)
    assert not scripted.sent
    row = Job.objects.get(pk=job)
    assert (row.state, row.attempts) == (JobState.QUEUED, 0)
    assert Call.objects.get().state == CallState.WITHDRAWN
    assert Attempt.objects.get().outcome == AttemptOutcome.WITHDRAWN


def test_two_pumps_never_share_a_channel(channel):
    from syncqueue.services.claim import take_slot  # noqa: PLC0415

    queue(channel, ["ok"])
    assert take_slot(channel.pk, token=uuid4(), seconds=15)
    assert run_pump(channel.pk).busy
    assert not scripted.planned


@pytest.mark.django_db(transaction=True)
def test_the_sweep_wakes_what_is_due_and_nothing_else(channel):
    quiet = Channel.objects.create(name="quiet")
    queue(channel, ["ok"])
    Channel.objects.update(woken_at=None)
    assert sweep(every=0) == [channel.pk]
    assert sweep(every=60) == []
    quiet.refresh_from_db()
    assert quiet.woken_at is None


def test_every_job_ends_in_a_named_state(channel):
    queue(channel, ["ok"], ["refused"], ["transient"], ["ok"])
    queue(channel, ["done"], ["park"], kind=Kind.IN)
    drain()
    with transaction.atomic():
        total = Job.objects.count()
        counts = [Job.objects.filter(state=state).count() for state in JobState]
    assert total == sum(counts) == 6
    assert all(job.reason for job in Job.objects.exclude(state=JobState.QUEUED))


def test_on_the_slowest_machine_one_delivery_is_decided_at_a_time(channel, monkeypatch):
    from syncqueue.services import incoming  # noqa: PLC0415

    monkeypatch.setattr(incoming, "BATCH_SECONDS", -1.0)
    for key in ("a", "b"):
        queue(channel, ["done"], ["done"], kind="in", key=key)
    decided = [incoming.decide_due(channel.pk, token=uuid4(), seconds=15) for _ in range(5)]
    assert decided == [1, 1, 1, 1, 0]
