"""What pumps leave that died, and what takes lanes from those that live."""

from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from syncqueue.enums import JobState, Kind
from syncqueue.models import Attempt, Call, Job, Lane
from syncqueue.services.claim import claim
from syncqueue.services.rescue import begin_alone, left_call, take_over
from tests.syncqueue.queueing import queue
from tests.syncqueue.scripted import scripted


def die_holding(**lanes):
    """As if the pump that leased these lanes had been killed and its lease had ended."""
    past = timezone.now() - timedelta(seconds=1)
    Lane.objects.filter(**lanes).update(token=uuid4(), lease_until=past, claimed_at=past)


def abandon(channel, state, *, script=("ok",), **call):
    """What a pump leaves that was killed while its call was out."""
    (job,) = queue(channel, script)
    die_holding()
    lane = Lane.objects.get()
    row = Call.objects.create(
        channel=channel,
        lane=lane,
        job_id=job,
        request={"job": job, "step": script[0]},
        idempotency_key=uuid4(),
        token=lane.token,
        state=state,
        **call,
    )
    Attempt.objects.create(job_id=job, number=1, call=row, token=lane.token)
    Job.objects.filter(pk=job).update(state=JobState.RUNNING, tries=1)
    return job


def take(channel, token, *, kind=Kind.CALL, lanes=10):
    return claim(channel.pk, kind, token=token, lanes=lanes, jobs=10, seconds=15)


def expire_leases():
    Lane.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def steal(lane_id):
    """Another pump takes the lane over, by a connection of its own."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("UPDATE syncqueue_lane SET token = %s WHERE id = %s", [uuid4(), lane_id])
    other.close()


def while_it_flies(monkeypatch, change):
    """Something happens between the departure of a call and its answer."""
    send = scripted.send

    def send_slowly(request, context):
        answer = send(request, context)
        change()
        connection.close()
        return answer

    monkeypatch.setattr(scripted, "send", send_slowly)


def take_over_as_from_a_dead_pump(channel, kind=Kind.CALL):
    """Another pump finds the lease at its end, and counts a crash."""
    expire_leases()
    token = uuid4()
    (lane,) = take(channel, token, kind=kind)
    if left := left_call(lane):
        take_over(left, token=token)
    else:
        begin_alone(lane, token=token)
    connection.close()
