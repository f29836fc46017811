"""Replaying what was given up, cancelling what waits: lanes stay right, trails are kept."""

import threading
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from syncqueue.enums import JobState, Kind, ReplayState
from syncqueue.models import Attempt, Channel, Job, Lane, Replay
from syncqueue.services.check import check_queue
from syncqueue.services.pump import drain, run_pump
from syncqueue.services.replay import cancel, replay
from tests.syncqueue.scripted import scripted
from tests.syncqueue.test_pump import queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    scripted.forget()
    return Channel.objects.create(name="north")


def test_a_replayed_dead_letter_runs_again_and_keeps_its_trail(channel):
    (job,) = queue(channel, ["refused", "ok"])
    drain()
    assert replay([job], by="ada") == 1
    row = Job.objects.get(pk=job)
    assert (row.state, row.attempts, row.reason) == (JobState.QUEUED, 0, "Queued again by ada.")
    drain()
    row.refresh_from_db()
    assert row.state == JobState.SUCCEEDED
    assert Attempt.objects.filter(job=job).count() == 2


def test_what_is_not_given_up_is_not_replayed(channel):
    (job,) = queue(channel, ["ok"])
    drain()
    assert replay([job], by="ada") == 0
    assert Lane.objects.get().pending == 0


def test_a_cancelled_job_frees_its_lane_for_the_next(channel):
    head, follower = queue(channel, ["transient"], ["ok"])
    drain()
    assert cancel([head], by="ada") == 1
    drain()
    states = list(Job.objects.order_by("pk").values_list("state", flat=True))
    assert states == [JobState.CANCELLED, JobState.SUCCEEDED]
    assert Lane.objects.get().pending == 0
    assert follower


def test_the_command_replays_a_channel_by_code(channel, capsys):
    queue(channel, ["refused", "ok"])
    queue(channel, ["plan-refused", "ok"], key="product:2", kind=Kind.CALL)
    drain()
    call_command("replay", channel="north", code="bad", dry_run=True)
    assert "with the code “bad”: 1 jobs, 0 of them superseded" in capsys.readouterr().out
    assert Job.objects.filter(state=JobState.DEAD_LETTERED).count() == 2
    call_command("replay", channel="north", code="bad", wait=True)
    assert "1 of 1 are queued again" in capsys.readouterr().out
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1
    assert Replay.objects.get().state == ReplayState.DONE
    with pytest.raises(CommandError, match="no channel"):
        call_command("replay", channel="south")
    with pytest.raises(CommandError, match="Name jobs"):
        call_command("replay")


def test_the_command_makes_one_replay_for_each_channel_of_named_jobs(channel):
    other = Channel.objects.create(name="alpine")
    named = queue(channel, ["refused", "ok"]) + queue(other, ["refused", "ok"])
    drain()
    call_command("replay", *named)
    assert Replay.objects.count() == 2
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.QUEUED}


def test_cancelling_a_follower_leaves_its_head_waiting_for_its_next_try(channel):
    head, follower = queue(channel, ["transient"], ["ok"])
    drain()
    due = Lane.objects.get().due_at
    assert cancel([follower], by="ada") == 1
    lane = Lane.objects.get()
    assert (lane.pending, lane.due_at) == (1, due)
    assert Job.objects.get(pk=head).state == JobState.RETRYING


class Canceller(threading.Thread):
    """Cancels jobs in a connection of its own, as soon as the pump has come to a point."""

    def __init__(self, *jobs):
        super().__init__()
        self.jobs, self.come, self.count = jobs, threading.Event(), None

    def run(self):
        assert self.come.wait(60)
        self.count = cancel(self.jobs, by="ada")
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_what_waits_behind_a_call_that_is_out_is_cancelled_and_the_call_lands(channel, monkeypatch):
    head, follower = queue(channel, ["ok"], ["ok"])
    canceller, answer = Canceller(head, follower), scripted._answer

    def answer_afterwards(request):
        canceller.come.set()
        canceller.join(60)
        return answer(request)

    monkeypatch.setattr(scripted, "_answer", answer_afterwards)
    canceller.start()
    drain()
    assert canceller.count == 1
    assert [Job.objects.get(pk=job).state for job in (head, follower)] == [
        JobState.SUCCEEDED,
        JobState.CANCELLED,
    ]
    assert check_queue().found == []


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_only_planned_is_withdrawn_and_cancelled(channel, monkeypatch):
    monkeypatch.setattr("syncqueue.services.replay.CANCEL_SECONDS", 60.0)
    (job,) = queue(channel, ["ok"])
    canceller, plan = Canceller(job), scripted.plan

    def plan_until_withdrawn(*args, **more):
        canceller.come.set()
        ends = time.monotonic() + 60
        while Channel.objects.get().epoch == 0 and time.monotonic() < ends:
            time.sleep(0.01)
        return plan(*args, **more)

    monkeypatch.setattr(scripted, "plan", plan_until_withdrawn)
    canceller.start()
    run_pump(channel.pk)
    canceller.join(60)
    assert canceller.count == 1
    assert scripted.sent == []
    assert Job.objects.get(pk=job).reason == "Cancelled by ada."
    assert check_queue().found == []


@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_cancelled_while_its_call_is_out_is_not_tried_again(channel, monkeypatch):
    (job,) = queue(channel, ["transient", "ok"])
    canceller, answer = Canceller(job), scripted._answer

    def answer_afterwards(request):
        canceller.come.set()
        canceller.join(60)
        return answer(request)

    monkeypatch.setattr(scripted, "_answer", answer_afterwards)
    canceller.start()
    drain()
    assert canceller.count == 0
    assert Job.objects.get(pk=job).state == JobState.RETRYING
    Lane.objects.update(due_at=timezone.now())
    drain()
    row = Job.objects.get(pk=job)
    assert (row.state, row.reason) == (JobState.CANCELLED, "Cancelled by ada.")
    assert scripted.sent == [job]
