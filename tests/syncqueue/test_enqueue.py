"""Jobs enter their lanes: order, wake-up times, doubles, and all in one statement."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from syncqueue.enums import JobState, Kind, Priority
from syncqueue.models import Channel, Job, Lane
from syncqueue.services.enqueue import NewJob, enqueue

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return Channel.objects.create(name="north")


def new_job(channel, key="product:1", **fields):
    given = {"kind": Kind.CALL, "handler": "tests.noop", "payload": {"n": 1}, "cause_id": uuid4()}
    return NewJob(channel_id=channel.pk, key=key, **{**given, **fields})


def test_ids_come_back_in_the_order_given_and_ascend_within_a_lane(channel):
    jobs = [new_job(channel, key=f"product:{n % 2}", payload={"n": n}) for n in range(6)]
    ids = enqueue(jobs)
    assert [Job.objects.get(pk=pk).payload["n"] for pk in ids] == list(range(6))
    assert ids == sorted(ids)
    assert list(Lane.objects.order_by("key").values_list("key", "pending")) == [
        ("product:0", 3),
        ("product:1", 3),
    ]


def test_a_new_job_makes_a_lane_in_backoff_due_now(channel):
    enqueue([new_job(channel)])
    Lane.objects.update(due_at=timezone.now() + timedelta(hours=6))
    enqueue([new_job(channel)])
    assert Lane.objects.get().due_at <= timezone.now()


def test_a_lane_inherits_the_highest_priority_of_its_jobs(channel):
    enqueue([new_job(channel, priority=Priority.BULK)])
    enqueue([new_job(channel, priority=Priority.INTERACTIVE)])
    enqueue([new_job(channel, priority=Priority.BULK)])
    assert Lane.objects.get().priority == Priority.INTERACTIVE


def test_a_lane_that_ran_empty_takes_the_priority_of_what_comes_next(channel):
    enqueue([new_job(channel)])
    Lane.objects.update(pending=0, due_at=None)
    enqueue([new_job(channel, priority=Priority.BULK)])
    assert Lane.objects.get().priority == Priority.BULK


def test_a_waiting_job_stands_for_its_double(channel):
    (first,) = enqueue([new_job(channel, dedupe_key="pull")])
    again = enqueue([new_job(channel, dedupe_key="pull"), new_job(channel)])
    assert again[0] == first
    assert Job.objects.count() == 2
    assert Lane.objects.get().pending == 2


def test_doubles_within_one_call_become_one_job(channel):
    ids = enqueue([new_job(channel, dedupe_key="pull") for _ in range(3)])
    assert len(set(ids)) == 1
    assert Job.objects.count() == Lane.objects.get().pending == 1


def test_a_job_that_started_does_not_stand_for_a_new_one(channel):
    (first,) = enqueue([new_job(channel, dedupe_key="pull")])
    Job.objects.filter(pk=first).update(state=JobState.RUNNING)
    assert enqueue([new_job(channel, dedupe_key="pull")]) != [first]


def test_the_same_key_in_another_lane_or_channel_is_another_job(channel):
    other = Channel.objects.create(name="alpine")
    ids = enqueue(
        [
            new_job(channel, dedupe_key="pull"),
            new_job(other, dedupe_key="pull"),
            new_job(channel, key="product:2", dedupe_key="pull"),
            new_job(channel, kind=Kind.IN, dedupe_key="pull"),
        ]
    )
    assert len(set(ids)) == 4


def test_the_channel_knows_when_its_first_lane_is_due(channel, django_capture_on_commit_callbacks):
    soon, late = (timezone.now() + timedelta(minutes=n) for n in (5, 60))
    with django_capture_on_commit_callbacks(execute=True):
        enqueue([new_job(channel, due_at=late)])
        enqueue([new_job(channel, key="product:2", due_at=soon)])
        enqueue([new_job(channel, key="product:3", due_at=late)])
    channel.refresh_from_db()
    assert channel.next_due_at == soon


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_jobs_takes_as_many_statements_as_one(
    channel, count, django_assert_num_queries
):
    with django_assert_num_queries(3):
        enqueue([new_job(channel, key=f"product:{n}") for n in range(count)])


def test_nothing_to_enqueue_asks_nothing_of_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert enqueue([]) == []


@pytest.mark.django_db(transaction=True)
def test_ids_of_a_lane_follow_the_order_of_the_commits(channel):
    """A writer that waits for the lane comes after the one that holds it, whoever began first."""
    enqueue([new_job(channel)])
    late = []

    def wait_for_the_lane():
        late.extend(enqueue([new_job(channel, key="product:0"), new_job(channel)]))
        connection.close()

    writer = threading.Thread(target=wait_for_the_lane)
    with transaction.atomic():
        Lane.objects.select_for_update().get()
        writer.start()
        while not waits_for_a_lock():
            time.sleep(0.01)
        (early,) = enqueue([new_job(channel)])
    writer.join()
    assert early < late[0] < late[1]


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]
