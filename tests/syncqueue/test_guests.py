"""A worker whose store is slow works on other stores meanwhile."""

import threading

import pytest

from syncqueue.enums import JobState
from syncqueue.models import Channel, Job
from syncqueue.services import pump as pump_module
from syncqueue.services.check import check_queue
from syncqueue.services.pump import run_pump
from tests.syncqueue.queueing import queue, state_of
from tests.syncqueue.scripted import scripted

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60


@pytest.fixture
def slow(channel, monkeypatch):
    """A job of the channel whose call is answered only when that of another was sent."""
    (job,) = queue(channel, ["ok"])
    sent, answer = threading.Event(), scripted._answer
    heard = []

    def answer_last(request):
        if request["job"] != job:
            sent.set()
            return answer(request)
        heard.append(sent.wait(PATIENCE))
        return answer(request)

    monkeypatch.setattr(scripted, "_answer", answer_last)
    return job, heard, sent


def test_a_slow_store_holds_no_worker(channel, slow):
    job, heard, _ = slow
    (other,) = queue(Channel.objects.create(name="alpine"), ["ok"])
    run_pump(channel.pk, guests=True)
    assert heard == [True]
    assert [state_of(one)[0] for one in (other, job)] == [JobState.SUCCEEDED] * 2
    assert scripted.sent == [other, job]
    assert not Channel.objects.filter(slot_token__isnull=False).exists()
    assert check_queue().found == []


def test_a_guest_that_breaks_leaves_its_host_in_order(channel, slow, monkeypatch):
    job, _, sent = slow
    guest = Channel.objects.create(name="alpine")
    queue(guest, ["ok"])
    decide = pump_module.decide_due

    def break_down(channel_id, **more):
        if channel_id == guest.pk:
            sent.set()
            raise RuntimeError("broken")
        return decide(channel_id, **more)

    monkeypatch.setattr(pump_module, "decide_due", break_down)
    with pytest.raises(RuntimeError, match="broken"):
        run_pump(channel.pk, guests=True)
    assert state_of(job)[0] == JobState.SUCCEEDED
    assert not Channel.objects.filter(slot_token__isnull=False).exists()


def test_no_guest_is_taken_while_no_wake_up_waits(channel, monkeypatch):
    monkeypatch.setattr(pump_module, "others_wait", lambda: False)
    queue(channel, ["slow"])
    (other,) = queue(Channel.objects.create(name="alpine"), ["ok"])
    run_pump(channel.pk, guests=True)
    assert state_of(other)[0] == JobState.QUEUED
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == 1
