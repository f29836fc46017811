"""Calls planned while the threads are busy: stored, started when one is free, stopped at once."""

import os
import signal
import time
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from syncqueue.enums import AttemptOutcome, CallState, Health, JobState
from syncqueue.models import Attempt, Call, Channel, Job, Lane
from syncqueue.services import air
from syncqueue.services.channel import pause
from syncqueue.services.check import check_queue
from syncqueue.services.pump import drain, run_pump
from syncqueue.services.replay import cancel
from tests.syncqueue.queueing import make_all_due, queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ahead(channel, settings, monkeypatch):
    """Four jobs of as many lanes, one thread; what the second call's thread sees and does."""
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "THREADS": 1}
    jobs = [queue(channel, ["ok"], key=f"product:{n}")[0] for n in range(4)]
    send, seen = scripted.send, []

    def meanwhile(deed=lambda: None):
        def send_slowly(request, context):
            with closing(connection):
                if request["job"] == jobs[1]:
                    seen.append(eventually(planned))
                    deed()
                return send(request, context)

        monkeypatch.setattr(scripted, "send", send_slowly)
        return jobs, seen

    return meanwhile


def planned():
    return list(Call.objects.filter(state=CallState.PLANNED).values_list("job", flat=True))


def eventually(look, seconds=1.0):
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, f"{look.__name__} is still {found}"
        time.sleep(0.005)
    return found


def test_the_next_call_is_stored_while_the_threads_are_busy_and_goes_when_one_is_free(ahead):
    jobs, seen = ahead()
    drain()
    assert seen == [[jobs[2]]]
    assert scripted.sent == jobs
    assert {state_of(job)[0] for job in jobs} == {JobState.SUCCEEDED}
    calls = {call.job_id: call for call in Call.objects.all()}
    assert calls[jobs[2]].created_at < calls[jobs[1]].answered_at
    assert calls[jobs[2]].sent_at - calls[jobs[1]].answered_at < timedelta(seconds=0.1)
    assert Attempt.objects.count() == 4


def test_nothing_is_planned_ahead_of_slow_calls(ahead, monkeypatch):
    """It would grow old, and hold up what comes in."""
    monkeypatch.setattr(air, "AHEAD_SECONDS", 0.0)
    jobs, seen = ahead(lambda: time.sleep(0.1))
    monkeypatch.setattr(
        "tests.syncqueue.test_ahead.planned", lambda: ["nothing"] * (not _planned())
    )
    drain()
    assert seen == [["nothing"]]
    assert scripted.sent == jobs


_planned = planned


def withdrawn():
    """What is withdrawn may be planned anew at once."""
    return Call.objects.filter(state=CallState.WITHDRAWN).exists()


def pause_it():
    pause(Channel.objects.get().pk)
    eventually(withdrawn)


def void_it():
    """A store that is not live any more."""
    Channel.objects.update(epoch=F("epoch") + 1)
    eventually(withdrawn)


def test_a_pause_stops_within_a_second_what_is_planned_although_no_thread_is_free(ahead, channel):
    jobs, seen = ahead(pause_it)
    run_pump(channel.pk)
    assert seen == [[jobs[2]]]
    assert scripted.sent == jobs[:2]
    row = Job.objects.get(pk=jobs[2])
    assert (row.state, row.attempts) == (JobState.QUEUED, 0)
    assert Attempt.objects.get(job=row).outcome == AttemptOutcome.WITHDRAWN
    assert check_queue().found == []


def test_what_is_void_is_planned_again_before_it_goes(ahead):
    jobs, seen = ahead(void_it)
    drain()
    assert seen == [[jobs[2]]]
    assert scripted.sent == jobs
    assert scripted.planned.count(jobs[2]) == 2


def test_a_planned_call_can_be_cancelled_although_no_thread_is_free(ahead):
    ended = []
    jobs, _ = ahead(lambda: ended.append(cancel([jobs[2]], by="ada")))
    drain()
    assert ended == [1]
    assert scripted.sent == [jobs[0], jobs[1], jobs[3]]
    assert state_of(jobs[2])[0] == JobState.CANCELLED


def test_an_outage_stops_what_is_planned(ahead, channel):
    def fail():
        scripted.world["everything"] = "down"

    jobs, seen = ahead(fail)
    run_pump(channel.pk)
    assert seen == [[jobs[2]]]
    assert scripted.sent == jobs[:2]
    assert Channel.objects.get().health == Health.WAITING
    assert Job.objects.get(pk=jobs[2]).attempts == 0
    assert not planned()


def test_what_is_planned_may_wait_longer_than_a_lease(ahead, settings):
    """Its lane's lease is renewed meanwhile, and it is sent all the same."""
    settings.SYNCQUEUE = {**settings.SYNCQUEUE, "LEASE_SECONDS": 0.3}
    jobs, seen = ahead(lambda: time.sleep(0.6))
    drain()
    assert seen == [[jobs[2]]]
    assert scripted.sent == jobs
    assert scripted.planned.count(jobs[2]) == 1


def test_what_a_killed_pump_had_planned_is_free_again_and_only_what_was_out_is_unknown(
    ahead, channel
):
    jobs, _ = ahead(lambda: os.kill(os.getpid(), signal.SIGKILL))
    connection.close()
    pid = os.fork()
    if not pid:
        run_pump(channel.pk)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert planned() == [jobs[2]]
    past = timezone.now() - timedelta(seconds=1)
    Lane.objects.filter(token__isnull=False).update(lease_until=past)
    Channel.objects.update(slot_until=past)
    scripted.send = type(scripted).send.__get__(scripted)
    drain()
    make_all_due()
    drain()
    assert {state_of(job)[0] for job in jobs} == {JobState.SUCCEEDED}
    trail = Attempt.objects.order_by("job", "number").values_list("job", "outcome")
    assert list(trail) == [
        (jobs[0], AttemptOutcome.SUCCEEDED),
        (jobs[1], AttemptOutcome.CRASHED),
        (jobs[1], AttemptOutcome.SUCCEEDED),
        (jobs[2], AttemptOutcome.WITHDRAWN),
        (jobs[2], AttemptOutcome.SUCCEEDED),
        (jobs[3], AttemptOutcome.SUCCEEDED),
    ]
    assert check_queue().found == []


def test_what_a_new_kind_of_call_costs_is_known_before_its_second_is_planned(channel):
    Channel.objects.update(
        points_available=900, points_maximum=1000, points_restore=50, points_at=timezone.now()
    )
    jobs = [queue(channel, ["ok"], key=f"product:{n}")[0] for n in range(3)]
    drain()
    first = Job.objects.get(pk=jobs[0])
    assert all(
        call.created_at > first.finished_at for call in Call.objects.filter(job__in=jobs[1:])
    )
