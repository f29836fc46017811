"""Replaying what was given up, cancelling what waits: lanes stay right, trails are kept."""

import pytest
from django.core.management import CommandError, call_command

from syncqueue.enums import JobState, Kind, ReplayState
from syncqueue.models import Attempt, Channel, Job, Lane, Replay
from syncqueue.services.pump import drain
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
