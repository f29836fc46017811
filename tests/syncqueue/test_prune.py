"""Retention: old finished work goes, whatever is open or still needed stays, the books balance."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from syncqueue.checks import check_retention
from syncqueue.enums import JobState, Kind
from syncqueue.models import Attempt, Call, Job, Pruned
from syncqueue.selectors.books import books
from syncqueue.services.check import check_queue
from syncqueue.services.enqueue import NewJob, enqueue
from syncqueue.services.prune import prune, prune_old
from syncqueue.services.pump import drain
from syncqueue.services.replay import cancel
from tests.syncqueue.processes import eventually, killed
from tests.syncqueue.queueing import queue

pytestmark = pytest.mark.django_db


def age(days, *job_ids):
    then = timezone.now() - timedelta(days=days)
    rows = Job.objects.filter(pk__in=job_ids) if job_ids else Job.objects.all()
    rows.update(created_at=then)
    rows.exclude(finished_at=None).update(finished_at=then)


def left():
    return set(Job.objects.values_list("pk", flat=True))


def test_old_finished_jobs_go_with_their_trail_and_the_books_still_balance(channel):
    queue(channel, ["ok"], ["ok"], ["ok"])
    cancelled = queue(channel, ["park"], key="product:2")
    drain()
    cancel(cancelled, by="ada")
    age(31)
    assert prune(timezone.now() - timedelta(days=30), batch=2)["jobs"] == 4
    assert left() == set()
    assert not Attempt.objects.exists()
    assert not Call.objects.exists()
    assert dict(Pruned.objects.values_list("state", "jobs")) == {
        JobState.SUCCEEDED: 3,
        JobState.CANCELLED: 1,
    }
    (after,) = books()
    assert (after.received, after.succeeded, after.cancelled) == (4, 3, 1)
    assert check_queue().found == []


def test_open_jobs_dead_letters_and_young_ones_stay(channel):
    stay = queue(channel, ["refused"])
    stay += queue(channel, ["park"], key="product:2")
    stay += queue(channel, ["transient"], key="product:3")
    young = queue(channel, ["ok"], key="product:4")
    drain()
    age(400, *stay)
    prune_old()
    assert left() == {*stay, *young}


def test_the_trail_of_a_dead_letter_stays_with_it(channel):
    cause, other = uuid4(), uuid4()

    def job(kind, key, script, cause_id):
        return NewJob(
            channel_id=channel.pk,
            kind=kind,
            key=key,
            handler="scripted",
            payload={"script": [script]},
            cause_id=cause_id,
        )

    origin, brother, dead, foreign = enqueue(
        [
            job(Kind.IN, "product:1", "done", cause),
            job(Kind.CALL, "product:1", "ok", cause),
            job(Kind.CALL, "product:2", "refused", cause),
            job(Kind.CALL, "product:3", "ok", other),
        ]
    )
    drain()
    age(400)
    prune_old()
    assert left() == {origin, brother, dead}
    cancelled = Job.objects.filter(pk=dead)
    cancelled.update(state=JobState.CANCELLED)
    prune_old()
    assert left() == set()
    assert foreign


def test_pruning_stops_when_its_time_is_over(channel):
    for number in range(4):
        queue(channel, ["ok"], key=f"product:{number}")
    drain()
    age(400)
    prune(timezone.now(), seconds=0.0, batch=1)
    assert len(left()) == 4


def test_the_command_keeps_at_least_a_week(channel, capsys):
    queue(channel, ["ok"])
    drain()
    age(8)
    call_command("prune_queue")
    assert "nothing" in capsys.readouterr().out
    call_command("prune_queue", days=7)
    assert "1 jobs" in capsys.readouterr().out
    with pytest.raises(CommandError, match="7 days"):
        call_command("prune_queue", days=6)


def test_a_retention_below_a_week_is_refused(settings):
    assert check_retention() == []
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "KEEP_DAYS": 6}
    assert [error.id for error in check_retention()] == ["syncqueue.E001"]


SLOWLY = """
import time, django; django.setup()
from django.utils import timezone
from syncqueue.services import prune
prune.register_companion("slow", lambda ids: time.sleep(0.2) or 0)  # counted, not yet deleted
prune.prune(timezone.now(), batch=1)
"""


@pytest.mark.django_db(transaction=True)
def test_whoever_dies_while_it_prunes_has_counted_exactly_what_it_deleted(channel):
    queue(channel, *[["ok"]] * 12)
    drain()
    age(31)
    for _ in range(2):
        before = len(left())
        with killed(SLOWLY):
            eventually(lambda before=before: len(left()) <= before - 2)
            time.sleep(0.1)
        (found,) = books()
        assert found.received == 12
        assert Pruned.objects.get().jobs + len(left()) == 12 > len(left()) > 0
        assert check_queue().found == []
    assert prune(timezone.now())["jobs"] > 0
    assert Pruned.objects.get().jobs == 12
