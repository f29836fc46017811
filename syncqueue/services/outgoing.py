"""The calls of a pump: planned and stored in a transaction, sent in threads, settled in batches."""

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from syncqueue.domain import handling
from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView, handler_for
from syncqueue.enums import CallState, JobState, Kind
from syncqueue.models import Attempt, Call, Job
from syncqueue.services.claim import Claimed, claim
from syncqueue.services.finish import Result, finish_lanes
from syncqueue.services.incoming import plan_safely
from syncqueue.services.rescue import count_crashes, left_call, poisoned
from syncqueue.services.settle import Answered, settle_batch, settled_by_plan

FOLLOWERS = 50
# Sent only if nothing was paused, held or changed since the plan; the rest is withdrawn.
START = """
UPDATE syncqueue_call AS call SET state = 'sent', sent_at = clock_timestamp()
FROM syncqueue_channel AS channel
WHERE call.id = ANY(%s) AND call.state = 'planned' AND channel.id = call.channel_id
  AND NOT channel.paused AND channel.health <> 'held' AND channel.epoch = %s
RETURNING call.id
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """One call under way."""

    call_id: int
    job: JobView
    passengers: tuple[JobView, ...]
    request: dict[str, object]
    cost: int
    started: float


@dataclass(frozen=True, slots=True)
class _Prepared:
    flight: Flight
    context: object


_pools: dict[int, ThreadPoolExecutor] = {}


def pool() -> ThreadPoolExecutor:
    """One pool a process (never one across a fork), whose threads keep their connections."""
    pid = os.getpid()
    if pid not in _pools:
        threads = settings.SYNCQUEUE["THREADS"]
        _pools[pid] = ThreadPoolExecutor(threads * 2, thread_name_prefix="call")
    return _pools[pid]


class Outgoing:
    """The calls of one channel in one slice."""

    def __init__(self, channel_id: int, token: UUID, lease: float) -> None:
        self.channel_id, self.token, self.lease = channel_id, token, lease
        self.flights: dict[Future[Answer], Flight] = {}
        self.claims = 0

    @property
    def lanes(self) -> list[int]:
        return [flight.job.lane_id for flight in self.flights.values()]

    def start_due(self, *, room: int, epoch: int) -> int:
        """Claim, plan and send up to `room` calls; says how many lanes were claimed."""
        self.claims += 1
        claimed = claim(
            self.channel_id,
            Kind.CALL,
            token=self.token,
            lanes=room,
            jobs=FOLLOWERS,
            seconds=self.lease,
            lower=self.claims % 5 == 0,
        )
        if not claimed:
            return 0
        fresh = self._rescue(claimed)
        prepared = self._plan(fresh)
        self._send(prepared, epoch)
        return len(claimed)

    def collect(self, done: Sequence[Future[Answer]]) -> list[Answered]:
        """Save the raw answers of finished calls, so that settling them can be repeated."""
        answered = [Answered.of(self.flights.pop(future), future.result()) for future in done]
        for one in answered:
            one.late = not Call.objects.filter(pk=one.call_id, token=self.token).update(
                state=CallState.ANSWERED,
                answer=one.answer.to_json(),
                answered_at=one.answered_at,
            )
        return [one for one in answered if not one.late]

    def _rescue(self, claimed: Sequence[Claimed]) -> list[Claimed]:
        """Settle what a dead pump left open; give back the lanes that can be planned anew."""
        stale = [lane for lane in claimed if lane.stale]
        fresh = [lane for lane in claimed if not lane.stale]
        count_crashes(stale)
        for lane in stale:
            left = left_call(lane.lane_id, self.token)
            if left is None:
                fresh.append(lane)
                continue
            call, answer = left
            riders = tuple(job for job in lane.jobs if job.id in call.passengers)
            head = next((job for job in lane.jobs if job.id == call.job_id), lane.jobs[0])
            flight = Flight(call.pk, head, riders, call.request, 0, 0.0)
            settle_batch(
                self.channel_id, [Answered.of(flight, answer, opened=False)], token=self.token
            )
        return fresh

    def _plan(self, lanes: Sequence[Claimed]) -> list[_Prepared]:
        """Plan each head; what needs a call is stored with its attempt, the rest is finished."""
        prepared: list[_Prepared] = []
        finished: dict[int, list[Result]] = {}
        with transaction.atomic():
            for lane in lanes:
                dead = poisoned(lane)
                if dead is not None:
                    finished[lane.lane_id] = [dead]
                    continue
                planned = plan_safely(lane.jobs[0], lane.jobs[1:])
                if isinstance(planned, handling.Call):
                    prepared.append(self._store(lane, planned))
                else:
                    finished[lane.lane_id] = [settled_by_plan(lane.jobs[0], planned)]
            if finished:
                finish_lanes(finished, token=self.token, now=timezone.now())
        return prepared

    def _store(self, lane: Claimed, planned: handling.Call) -> _Prepared:
        head = lane.jobs[0]
        riders = tuple(job for job in lane.jobs[1:] if job.id in planned.passengers)
        call = Call.objects.create(
            channel_id=self.channel_id,
            lane_id=lane.lane_id,
            job_id=head.id,
            passengers=[job.id for job in riders],
            request=planned.request,
            idempotency_key=uuid4(),
            token=self.token,
            guard=planned.guard,
        )
        Attempt.objects.create(
            job_id=head.id,
            number=head.tries + 1,
            call=call,
            token=self.token,
            guard=planned.guard,
        )
        Job.objects.filter(pk=head.id).update(
            state=JobState.RUNNING, tries=head.tries + 1, reason=""
        )
        flight = Flight(call.pk, head, riders, planned.request, planned.cost, 0.0)
        return _Prepared(flight, planned.context)

    def _send(self, prepared: Sequence[_Prepared], epoch: int) -> None:
        if not prepared:
            return
        with connection.cursor() as cursor:
            cursor.execute(START, [[p.flight.call_id for p in prepared], epoch])
            started = {call_id for (call_id,) in cursor.fetchall()}
        for one in prepared:
            if one.flight.call_id in started:
                flight = one.flight
                future = pool().submit(_send, flight.job.handler, flight.request, one.context)
                self.flights[future] = flight
        withdrawn = [p.flight for p in prepared if p.flight.call_id not in started]
        if withdrawn:
            settle_batch(
                self.channel_id,
                [Answered.withdrawn(flight) for flight in withdrawn],
                token=self.token,
            )


def _send(handler: str, request: dict[str, object], context: object) -> Answer:
    """Run in a thread. A handler that raises has broken its contract: nobody knows what it did."""
    started: datetime = timezone.now()
    try:
        return handler_for(handler).send(request, context)
    except Exception as error:  # noqa: BLE001  it becomes the job's failure, with its words
        words = f"{type(error).__name__}: {error}"[:500]
        seconds = (timezone.now() - started).total_seconds()
        return Answer(error=CallError(ErrorClass.UNKNOWN, "bug", words), seconds=seconds)
