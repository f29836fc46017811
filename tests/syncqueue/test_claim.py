"""Slots and leases: one pump a channel, one holder a lane, and a crash frees both in time."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from syncqueue.enums import JobState, Kind, Priority
from syncqueue.models import Channel, Job, Lane
from syncqueue.services.claim import claim, due_claim, give_slot_back, renew, take_slot
from syncqueue.services.enqueue import NewJob, enqueue

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return Channel.objects.create(name="north")


def fill(channel, *keys, priority=Priority.INTERACTIVE, kind=Kind.CALL):
    fields = {"handler": "tests.noop", "payload": {}, "priority": priority, "kind": kind}
    return enqueue(
        [NewJob(channel_id=channel.pk, key=key, cause_id=uuid4(), **fields) for key in keys]
    )


def take(channel, *, kind=Kind.CALL, token=None, lanes=10, jobs=10):
    return claim(channel.pk, kind, token=token or uuid4(), lanes=lanes, jobs=jobs, seconds=15)


def test_a_channel_has_one_pump_until_its_slot_is_given_back(channel):
    first, second = uuid4(), uuid4()
    assert take_slot(channel.pk, token=first, seconds=15)
    assert not take_slot(channel.pk, token=second, seconds=15)
    assert take_slot(channel.pk, token=first, seconds=15)
    assert not give_slot_back(channel.pk, token=second)
    assert not give_slot_back(channel.pk, token=first)  # nothing is due
    assert take_slot(channel.pk, token=second, seconds=15)


def test_the_slot_of_a_dead_pump_is_free_when_it_runs_out(channel):
    take_slot(channel.pk, token=uuid4(), seconds=15)
    Channel.objects.update(slot_until=timezone.now() - timedelta(seconds=1))
    assert take_slot(channel.pk, token=uuid4(), seconds=15)


def test_giving_the_slot_back_notes_when_the_channel_is_due_next(channel):
    token, later = uuid4(), timezone.now() + timedelta(minutes=5)
    fill(channel, "product:1")
    take_slot(channel.pk, token=token, seconds=15)
    Lane.objects.update(due_at=later)
    give_slot_back(channel.pk, token=token)
    assert Channel.objects.get().next_due_at == later


def test_a_lane_comes_with_its_open_jobs_oldest_first(channel):
    ids = fill(channel, "product:1", "product:1", "product:1")
    Job.objects.filter(pk=ids[0]).update(
        state=JobState.SUCCEEDED, outcome="applied", finished_at=timezone.now()
    )
    (claimed,) = take(channel)
    assert [job.id for job in claimed.jobs] == ids[1:]


def test_every_claimed_job_brings_its_own_jitter(channel):
    fill(channel, *(f"product:{n}" for n in range(30)))
    drawn = {lane.jobs[0].jitter for lane in take(channel, lanes=30)}
    assert len(drawn) == 30
    assert min(drawn) < 0 < max(drawn)
    assert all(-1 <= jitter <= 1 for jitter in drawn)


def test_a_leased_lane_is_nobody_elses_until_the_lease_ends(channel):
    fill(channel, "product:1")
    assert len(take(channel)) == 1
    assert take(channel) == []
    Lane.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert len(take(channel)) == 1


def test_interactive_lanes_go_before_bulk_ones(channel):
    fill(channel, "product:1", priority=Priority.BULK)
    fill(channel, "product:2")
    (claimed,) = take(channel, lanes=1)
    assert claimed.jobs[0].key == "product:2"


def test_deciding_and_calling_are_claimed_apart_and_each_channel_for_itself(channel):
    other = Channel.objects.create(name="alpine")
    fill(channel, "product:1", kind=Kind.IN)
    fill(other, "product:1")
    assert take(channel) == []
    assert len(take(channel, kind=Kind.IN)) == 1
    assert len(take(other)) == 1


def test_a_lane_that_is_not_due_yet_is_left_alone(channel):
    fill(channel, "product:1")
    Lane.objects.update(due_at=timezone.now() + timedelta(seconds=30))
    assert take(channel) == []


def test_only_leases_under_ones_own_token_are_renewed(channel):
    mine, foreign = uuid4(), uuid4()
    fill(channel, "product:1")
    (claimed,) = take(channel, token=mine)
    before = Lane.objects.get().lease_until
    assert renew([claimed.lane_id], token=foreign, seconds=60) == set()
    assert Lane.objects.get().lease_until == before
    assert renew([claimed.lane_id], token=mine, seconds=60) == {claimed.lane_id}
    assert Lane.objects.get().lease_until > before


@pytest.mark.parametrize("count", [1, 3])
def test_a_claim_takes_one_statement_however_many_lanes(channel, count, django_assert_num_queries):
    fill(channel, *(f"product:{n}" for n in range(count)))
    with django_assert_num_queries(1):
        assert len(take(channel)) == count


@pytest.mark.parametrize("lower", [False, True])
def test_a_claim_reads_the_next_lanes_by_their_index_and_sorts_no_backlog(channel, lower):
    Lane.objects.bulk_create(
        Lane(
            channel=channel,
            kind="call",
            key=str(n),
            priority=n % 2,
            due_at=timezone.now(),
            pending=1,
        )
        for n in range(3000)
    )
    values = {"channel": channel.pk, "kind": "call", "token": uuid4(), "seconds": 5}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE syncqueue_lane")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {due_claim(8, 25, lower=lower)}", values)
        (plan,) = cursor.fetchone()
    chosen = next(node for node in nodes(plan[0]["Plan"]) if named(node, "chosen"))
    kinds = [node["Node Type"] for node in nodes(chosen)]
    assert kinds.count("Index Scan") == 2
    assert not {"Sort", "Seq Scan", "Bitmap Heap Scan"} & set(kinds)


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def named(node, name):
    return node.get("Subplan Name") == f"CTE {name}"
