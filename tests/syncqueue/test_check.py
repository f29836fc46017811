"""The books and the inspections: nothing is found in a sound queue, everything in a broken one."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from syncqueue.enums import CallState, JobState, Kind
from syncqueue.models import Attempt, Balance, Call, Channel, Finding, Job, Lane
from syncqueue.selectors.books import books
from syncqueue.services.check import check_queue
from syncqueue.services.pump import drain
from syncqueue.services.replay import cancel, replay
from tests.syncqueue.queueing import queue

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=2)


def codes():
    return {found.code for found in check_queue().found}


def test_c3_the_books_balance_through_every_state_and_back(channel):
    dead, gone, *_ = queue(channel, ["refused"], ["transient"], ["ok"])
    queue(channel, ["done"], ["park"], kind=Kind.IN)
    drain()
    cancel([gone], by="ada")
    (before,) = books()
    assert before.balanced
    assert (before.received, before.succeeded, before.dead_lettered, before.open) == (5, 1, 1, 2)
    assert before.cancelled == 1
    replay([dead], by="ada")
    (after,) = books()
    assert after.balanced
    assert (after.dead_lettered, after.open) == (0, 3)


def test_a_sound_queue_has_no_findings_and_its_balance_is_kept(channel, capsys):
    queue(channel, ["ok"], ["refused"], ["transient"])
    drain()
    call_command("check_queue", verbosity=2)
    said = capsys.readouterr().out
    assert "3 received = 0 succeeded + 1 dead-lettered + 0 cancelled + 2 open" not in said
    assert "north: 3 received = 1 succeeded + 1 dead-lettered + 0 cancelled + 1 open" in said
    assert "All is well in 1 channels." in said
    kept = Balance.objects.get()
    assert (kept.received, kept.open) == (3, 1)


def test_a_job_that_vanished_is_told_with_an_exit_status_of_failure(channel, capsys):
    queue(channel, ["ok"], ["ok"])
    drain()
    Job.objects.order_by("pk").first().delete()
    with pytest.raises(SystemExit) as ended:
        call_command("check_queue")
    assert ended.value.code == 1
    assert "north: 2 jobs were received, and 1 are accounted for" in capsys.readouterr().err


def break_count(lane):
    Lane.objects.update(pending=5)


def break_due(lane):
    Lane.objects.update(pending=0, due_at=None)


def run_without_a_pump(lane):
    Job.objects.update(state=JobState.RUNNING)


def leave_an_attempt(lane):
    Attempt.objects.create(job=Job.objects.first(), number=1, token=uuid4())


def leave_a_call(lane):
    Call.objects.create(
        channel=lane.channel,
        lane=lane,
        job=Job.objects.first(),
        request={},
        idempotency_key=uuid4(),
        token=uuid4(),
        state=CallState.SENT,
    )


def lease_for_ever(lane):
    Lane.objects.update(token=uuid4(), lease_until=timezone.now() - LONG_AGO)


def hold_the_slot(lane):
    Channel.objects.update(slot_token=uuid4(), slot_until=timezone.now() - LONG_AGO)


def hide_from_the_sweep(lane):
    Channel.objects.update(next_due_at=None)
    Lane.objects.update(due_at=timezone.now() - LONG_AGO)


def send_no_worker(lane):
    Channel.objects.update(next_due_at=timezone.now() - LONG_AGO)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (break_count, "pending"),
        (break_due, "never_due"),
        (run_without_a_pump, "two_running"),
        (run_without_a_pump, "abandoned_job"),
        (leave_an_attempt, "open_attempt"),
        (leave_a_call, "open_call"),
        (lease_for_ever, "stuck_lease"),
        (hold_the_slot, "stuck_slot"),
        (hide_from_the_sweep, "unseen"),
        (send_no_worker, "unattended"),
    ],
)
def test_c4_every_damage_is_found(channel, damage, code):
    queue(channel, ["ok"], ["ok"])
    assert codes() == set()
    damage(Lane.objects.get())
    assert code in codes()


def test_a_finding_remembers_since_when_and_goes_when_it_is_cured(channel):
    queue(channel, ["ok"])
    break_count(Lane.objects.get())
    check_queue()
    first = Finding.objects.get()
    check_queue()
    again = Finding.objects.get()
    assert (again.found_at, again.checked_at > first.checked_at) == (first.found_at, True)
    assert again.sentence == f"Lanes count their open jobs wrongly: {Lane.objects.get().pk}."
    Lane.objects.update(pending=1)
    check_queue()
    assert not Finding.objects.exists()
