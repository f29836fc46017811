"""The calls of a pump: planned and stored in a transaction, sent in threads, settled in batches."""

import json
import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from syncqueue.domain import handling
from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView, handler_for
from syncqueue.domain.pace import Costs
from syncqueue.enums import Kind
from syncqueue.errors import LostLease
from syncqueue.selectors.channels import ChannelView
from syncqueue.services.claim import Claimed, claim, let_go, renew
from syncqueue.services.finish import Result, finish_all, finish_lanes, settle_job
from syncqueue.services.planning import bound_lock_waits, plan_safely
from syncqueue.services.rescue import begin_alone, bury, keep_late, left_call
from syncqueue.services.settle import WITHDRAWN, Answered, settle_batch

FOLLOWERS = 25
LOWER_EVERY = 5  # one turn in five is the lower class's
GRACE_SECONDS = 2.0
PLAN_SECONDS = 0.01  # then what is planned is sent, before more is planned
STORE = """
WITH call AS (
  INSERT INTO syncqueue_call (channel_id, lane_id, job_id, passengers, request, idempotency_key,
                              token, guard)
  SELECT %(channel)s, id, %(job)s, %(passengers)s::bigint[], %(request)s::jsonb, %(key)s,
         %(token)s, %(guard)s
  FROM syncqueue_lane WHERE id = %(lane)s
  RETURNING id, job_id
), attempt AS (
  INSERT INTO syncqueue_attempt (job_id, number, call_id, token, guard)
  SELECT job_id, %(number)s, id, %(token)s, %(guard)s FROM call
  ON CONFLICT (job_id) WHERE finished_at IS NULL
  DO UPDATE SET call_id = EXCLUDED.call_id, guard = EXCLUDED.guard
), job AS (
  UPDATE syncqueue_job SET state = 'running', tries = %(number)s, reason = '',
         started_at = coalesce(started_at, statement_timestamp())
  FROM call WHERE syncqueue_job.id = call.job_id
)
SELECT id FROM call
"""
# Sent only if nothing was paused, held or changed since the plan; the rest is withdrawn. What
# the started calls ask for is taken from the bucket before anything is sent.
START = """
WITH started AS (
  UPDATE syncqueue_call AS call SET state = 'sent', sent_at = clock_timestamp()
  FROM syncqueue_channel AS channel
  WHERE call.id = ANY(%(calls)s) AND call.state = 'planned' AND channel.id = call.channel_id
    AND NOT channel.paused AND channel.health <> 'held' AND channel.epoch = %(epoch)s
  RETURNING call.id
), reserved AS (
  UPDATE syncqueue_channel SET turns = turns + 1, points_at = clock_timestamp(),
    points_available = least(points_maximum, points_available
      + points_restore * extract(epoch FROM clock_timestamp() - points_at)) - taken.points
  FROM (SELECT sum(cost) AS points FROM unnest(%(calls)s::bigint[], %(costs)s::float8[])
        AS asked(id, cost) JOIN started USING (id)) AS taken
  WHERE syncqueue_channel.id = %(channel)s AND taken.points IS NOT NULL
)
SELECT id FROM started
"""
SAVE_ANSWER = """
UPDATE syncqueue_call SET state = 'answered', answer = %s::jsonb, answered_at = %s
WHERE id = %s AND token = %s AND state = 'sent'
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """One call under way."""

    call_id: int
    job: JobView
    passengers: tuple[JobView, ...]
    request: dict[str, object]
    cost: float
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
        self.suspects: deque[Claimed] = deque()
        self.missing = 0.0

    @property
    def lanes(self) -> list[int]:
        """The lanes that are ours: with a call in the air, or waiting to be tried alone."""
        flying = (flight.job.lane_id for flight in self.flights.values())
        return [*flying, *(lane.lane_id for lane in self.suspects)]

    def room(self) -> int:
        """How many calls may start. What may kill its worker flies alone, to hurt nobody else."""
        if self.suspects or any(flight.job.crashes for flight in self.flights.values()):
            return 0 if self.flights else 1
        threads: int = settings.SYNCQUEUE["THREADS"]
        return threads - len(self.flights)

    @property
    def reserved(self) -> float:
        """The points that the calls in flight may still take."""
        return sum(flight.cost for flight in self.flights.values())

    def start_due(self, *, room: int, view: ChannelView) -> int:
        """Claim, plan and send up to `room` calls; says how many lanes were worked on.

        Where the next lane's call can't be paid for yet, `missing` is what it asks for.
        """
        if self.suspects:
            self._try_alone(self.suspects.popleft(), view)
            return 1
        claimed = claim(
            self.channel_id,
            Kind.CALL,
            token=self.token,
            lanes=room,
            jobs=FOLLOWERS,
            seconds=self.lease,
            lower=view.turns % LOWER_EVERY == LOWER_EVERY - 1,
        )
        self.suspects.extend(lane for lane in claimed if lane.suspect and not self._rescued(lane))
        trusted = [lane for lane in claimed if not lane.suspect]
        affordable = self._affordable(trusted, view)
        self._plan_and_send(affordable, view)
        return len(claimed) - len(trusted) + len(affordable)

    def _try_alone(self, lane: Claimed, view: ChannelView) -> None:
        with suppress(LostLease):
            alone = begin_alone(lane, token=self.token) if lane.stale else lane
            self._plan_and_send([alone], view)

    def leave(self) -> None:
        """Give back what was not tried, as it was found."""
        let_go([lane.lane_id for lane in self.suspects if lane.stale], token=self.token)
        freed: dict[int, list[Result]] = {
            lane.lane_id: [] for lane in self.suspects if not lane.stale
        }
        finish_lanes(freed, token=self.token, now=timezone.now())

    def _plan_and_send(self, lanes: list[Claimed], view: ChannelView) -> None:
        while lanes:
            try:
                prepared, lanes = self._plan(lanes, view.costs)
            except LostLease:
                ours = renew([lane.lane_id for lane in lanes], token=self.token, seconds=self.lease)
                lanes = [lane for lane in lanes if lane.lane_id in ours]
            else:
                self._send(prepared, view.epoch)

    def _affordable(self, lanes: list[Claimed], view: ChannelView) -> list[Claimed]:
        """The first lanes whose calls the bucket pays for; the others are given back as they are.

        Nobody overtakes a dear call: it would wait for ever.
        """
        self.missing, now = 0.0, timezone.now()
        left, flying = view.bucket, {flight.job.handler for flight in self.flights.values()}
        if left is None:
            return lanes
        for place, lane in enumerate(lanes):
            handler = lane.jobs[0].handler
            cost = view.costs.asked(handler)
            if not left.affords(cost, now) or (
                handler in flying and not view.costs.proven(handler)
            ):
                self.missing = cost
                beyond: dict[int, list[Result]] = {late.lane_id: [] for late in lanes[place:]}
                finish_lanes(beyond, token=self.token, now=now)
                return lanes[:place]
            left = left.taking(cost, now)
            flying.add(handler)
        return lanes

    def collect(self, done: Iterable[Future[Answer]]) -> list[Answered]:
        """Save the raw answers of finished calls, so that settling them can be repeated."""
        answered = [Answered.of(self.flights.pop(future), _answer_of(future)) for future in done]
        for one in answered:
            one.late = not self._save_answer(one)
            if one.late:
                keep_late(one.call_id, one.answer)
        return [one for one in answered if not one.late]

    def _save_answer(self, one: Answered) -> bool:
        values: list[Any] = [
            json.dumps(one.answer.to_json()),
            one.answered_at,
            one.call_id,
            self.token,
        ]
        with connection.cursor() as cursor:
            cursor.execute(SAVE_ANSWER, values)
            return bool(cursor.rowcount)

    def overdue(self) -> list[Future[Answer]]:
        """Calls that broke their own deadline: nobody waits for them any longer."""
        limit = time.monotonic() - settings.SYNCQUEUE["CALL_DEADLINE_SECONDS"] - GRACE_SECONDS
        return [future for future, flight in self.flights.items() if flight.started < limit]

    def _rescued(self, lane: Claimed) -> bool:
        """Settle what a dead pump left open; False where the suspect is to be tried alone."""
        if not lane.stale:
            return False
        try:
            if bury(lane, token=self.token):
                return True
            left = left_call(lane, token=self.token)
        except LostLease:
            return True
        if left is None:
            return False
        call, answer = left
        riders = tuple(job for job in lane.jobs if job.id in call.passengers)
        head = next((job for job in lane.jobs if job.id == call.job_id), lane.jobs[0])
        flight = Flight(call.pk, head, riders, call.request, 0, 0.0)
        settle_batch(self.channel_id, [Answered.of(flight, answer)], token=self.token)
        return True

    def _plan(self, lanes: list[Claimed], costs: Costs) -> tuple[list[_Prepared], list[Claimed]]:
        """Plan heads for a moment; says what is stored to be sent, and the lanes not reached.

        What needs a call is stored with its attempt; the rest is finished. Raises LostLease, with
        nothing stored, where another pump has taken one of the lanes over.
        """
        ends = time.monotonic() + PLAN_SECONDS
        reached = 0
        prepared: list[_Prepared] = []
        finished: dict[int, list[Result]] = {}
        with transaction.atomic():
            bound_lock_waits()
            while reached < len(lanes) and (not reached or time.monotonic() < ends):
                lane = lanes[reached]
                reached += 1
                head = lane.jobs[0]
                planned = plan_safely(head, () if head.crashes else lane.jobs[1:])
                if isinstance(planned, handling.Call):
                    prepared.append(self._store(lane, planned, costs))
                else:
                    given = settle_job(head, planned)
                    finished[lane.lane_id] = [Result.of(head, given, opened=lane.stale)]
            finish_all(finished, token=self.token, now=timezone.now())
            planned_lanes = [one.flight.job.lane_id for one in prepared]
            ours = renew(planned_lanes, token=self.token, seconds=self.lease)
            if len(ours) < len(planned_lanes):
                raise LostLease(ours)
        return prepared, lanes[reached:]

    def _store(self, lane: Claimed, planned: handling.Call, costs: Costs) -> _Prepared:
        """Store the call with its attempt; a suspect's attempt is open already."""
        head = lane.jobs[0]
        riders = tuple(job for job in lane.jobs[1:] if job.id in planned.passengers)
        values: dict[str, Any] = {
            "channel": self.channel_id,
            "lane": lane.lane_id,
            "job": head.id,
            "passengers": [job.id for job in riders],
            "request": json.dumps(planned.request),
            "key": uuid4(),
            "token": self.token,
            "guard": planned.guard,
            "number": head.tries + (not lane.stale),
        }
        with connection.cursor() as cursor:
            cursor.execute(STORE, values)
            (call_id,) = cursor.fetchone()
        cost = costs.asked(head.handler)
        flight = Flight(call_id, head, riders, planned.request, cost, time.monotonic())
        return _Prepared(flight, planned.context)

    def _send(self, prepared: Sequence[_Prepared], epoch: int) -> None:
        if not prepared:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                START,
                {
                    "calls": [p.flight.call_id for p in prepared],
                    "costs": [p.flight.cost for p in prepared],
                    "channel": self.channel_id,
                    "epoch": epoch,
                },
            )
            started = {call_id for (call_id,) in cursor.fetchall()}
        for one in prepared:
            if one.flight.call_id in started:
                flight = one.flight
                future = pool().submit(_send, flight, one.context, self.lease)
                self.flights[future] = flight
        withdrawn = [p.flight for p in prepared if p.flight.call_id not in started]
        if withdrawn:
            settle_batch(
                self.channel_id,
                [Answered.withdrawn(flight) for flight in withdrawn],
                token=self.token,
            )


def _send(flight: Flight, context: object, lease: float) -> Answer:
    """Run in a thread. A handler that raises has broken its contract: nobody knows what it did.

    What starts later than a lease after its plan (the process was stopped) is not sent any more:
    another pump may have the lane by now.
    """
    started = time.monotonic()
    if started - flight.started > lease:
        return Answer(error=WITHDRAWN)
    try:
        return handler_for(flight.job.handler).send(flight.request, context)
    except Exception as error:  # noqa: BLE001  it becomes the job's failure, with its words
        words = f"{type(error).__name__}: {error}"[:500]
        seconds = time.monotonic() - started
        return Answer(error=CallError(ErrorClass.UNKNOWN, "bug", words), seconds=seconds)


def _answer_of(future: Future[Answer]) -> Answer:
    if future.done():
        return future.result()
    words = "The call did not end by its deadline."
    return Answer(error=CallError(ErrorClass.UNKNOWN, "deadline", words))
