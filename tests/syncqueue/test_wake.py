"""Nothing that is due stays unseen: wake-ups that were lost, or never sent, and races with both."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from syncqueue.enums import Health
from syncqueue.models import Channel, Lane
from syncqueue.services import enqueue as enqueue_module
from syncqueue.services.claim import give_slot_back, take_slot
from syncqueue.services.sweep import sweep
from syncqueue.services.wake import wake
from tests.syncqueue.queueing import queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def silence(monkeypatch):
    """Whoever stores a job dies right after the commit, before the wake-up."""
    with monkeypatch.context() as dead:
        dead.setattr(enqueue_module, "_announce", lambda _jobs: None)
        yield


def grow_old(seconds=3.0):
    """As if all this had happened a little earlier."""
    ago = timedelta(seconds=seconds)
    for channel in Channel.objects.all():
        channel.woken_at = channel.woken_at and channel.woken_at - ago
        channel.save()
    for lane in Lane.objects.filter(due_at__isnull=False):
        lane.due_at -= ago
        lane.save()
    for row in OrmQ.objects.all():
        row.lock -= ago
        row.save()


def wake_ups():
    return sum(row.task["func"] == "syncqueue.tasks.pump" for row in OrmQ.objects.all())


def test_a_job_whose_writer_died_before_waking_anybody_is_found(channel, silence):
    queue(channel, ["ok"])
    grow_old()
    assert sweep(every=0) == [channel.pk]
    assert wake_ups() == 1


def test_it_is_found_although_the_channel_waits_for_a_later_retry(channel, silence):
    queue(channel, ["ok"])
    grow_old()
    Channel.objects.update(next_due_at=timezone.now() + timedelta(hours=6))
    assert sweep(every=0) == [channel.pk]


def test_a_held_channel_is_not_woken_for_its_calls_but_for_its_deliveries(channel, silence):
    Channel.objects.update(health=Health.HELD)
    queue(channel, ["ok"])
    grow_old()
    assert sweep(every=0) == []
    queue(channel, ["done"], kind="in")
    grow_old()
    assert sweep(every=0) == [channel.pk]


def test_a_waiting_channel_is_not_woken_before_its_trial(channel, silence):
    trial = timezone.now() + timedelta(minutes=1)
    Channel.objects.update(health=Health.WAITING, next_trial_at=trial, next_due_at=trial)
    queue(channel, ["ok"])
    grow_old()
    assert sweep(every=0) == []


def test_a_paused_channel_is_left_alone(channel, silence):
    Channel.objects.update(paused=True)
    queue(channel, ["ok"])
    grow_old()
    assert sweep(every=0) == []


def test_the_tour_comes_to_every_channel(channel, silence, monkeypatch):
    monkeypatch.setattr("syncqueue.services.sweep.TOUR", 2)
    channels = [channel, *(Channel.objects.create(name=f"c{n}") for n in range(4))]
    for one in channels:
        queue(one, ["ok"])
    grow_old()
    found = [sweep(every=0) for _ in range(3)]
    assert sorted(pk for some in found for pk in some) == [one.pk for one in channels]


def test_a_lost_wake_up_is_sent_again_within_two_seconds(channel):
    queue(channel, ["ok"])
    OrmQ.objects.all().delete()
    assert sweep(every=0) == []
    assert wake_ups() == 0
    grow_old(2.0)
    assert sweep(every=0) == [channel.pk]
    assert wake_ups() == 1


def test_a_wake_up_that_waits_its_turn_is_not_sent_twice(channel):
    queue(channel, ["ok"])
    grow_old(5.0)
    assert sweep(every=0) == []
    assert wake_ups() == 1


def test_a_wake_up_lost_behind_a_long_queue_is_sent_again(channel):
    other = Channel.objects.create(name="other")
    queue(channel, ["ok"])
    OrmQ.objects.all().delete()
    grow_old(2.0)
    queue(other, ["ok"])
    assert sweep(every=0) == [channel.pk]


def test_a_job_that_comes_while_the_pump_leaves_is_not_forgotten(channel):
    """The pump has looked at the lanes and not yet left; the flag of an earlier wake-up stands."""
    token = uuid4()
    take_slot(channel.pk, token=token, seconds=15)
    wake([channel.pk])
    looked, may_leave, here = (threading.Event() for _ in range(3))

    def linger(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "slot_token = NULL" in sql:
            looked.set()
            may_leave.wait(5)
        return result

    def leave():
        with connection.execute_wrapper(linger):
            give_slot_back(channel.pk, token=token)
        connection.close()

    def come():
        connection.ensure_connection()
        here.set()
        queue(channel, ["ok"])
        connection.close()

    threads = [threading.Thread(target=leave), threading.Thread(target=come)]
    threads[0].start()
    assert looked.wait(5)
    threads[1].start()
    assert here.wait(5)
    threads[1].join(0.5)
    may_leave.set()
    for thread in threads:
        thread.join()
    assert wake_ups() == 1


def test_a_pump_can_leave_while_a_long_edit_is_under_way(channel):
    token = uuid4()
    take_slot(channel.pk, token=token, seconds=15)
    editing, may_commit = threading.Event(), threading.Event()

    def edit():
        with transaction.atomic():
            queue(channel, ["ok"])
            editing.set()
            may_commit.wait(10)
        connection.close()

    editor = threading.Thread(target=edit)
    editor.start()
    assert editing.wait(5)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
        give_slot_back(channel.pk, token=token)
        cursor.execute("RESET lock_timeout")
    may_commit.set()
    editor.join()
    assert wake_ups() == 1
