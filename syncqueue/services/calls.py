"""Stored calls: written before they are sent, started under the channel's eyes, answered raw."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from syncqueue.domain import handling
from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView, handler_for
from syncqueue.domain.storable import dumps
from syncqueue.services.claim import Claimed, Slot
from syncqueue.services.unflushed import NO_FLUSH

# One row a lane: the first of a call carries what is sent, the others point to it.
STORE = """
WITH member AS MATERIALIZED (
  SELECT m.*, nextval('syncqueue_call_id_seq') AS id
  FROM jsonb_to_recordset(%(members)s) AS m(call int, position int, lane bigint, job bigint,
    passengers bigint[], request jsonb, merged jsonb, key uuid, guard text, number int)
), stored AS (
  INSERT INTO syncqueue_call (id, channel_id, lane_id, job_id, passengers, request, merged,
    carrier_id, position, idempotency_key, token, guard)
  SELECT id, %(channel)s, lane, job, passengers, request, nullif(merged, 'null'),
    CASE WHEN position > 0 THEN first_value(id) OVER (PARTITION BY call ORDER BY position) END,
    position, key, %(token)s, guard
  FROM member
), attempt AS (
  INSERT INTO syncqueue_attempt (job_id, number, call_id, token, guard)
  SELECT job, number, id, %(token)s, guard FROM member
  ON CONFLICT (job_id) WHERE finished_at IS NULL
  DO UPDATE SET call_id = EXCLUDED.call_id, guard = EXCLUDED.guard
), job AS (
  UPDATE syncqueue_job SET state = 'running', tries = number, reason = '',
         started_at = coalesce(started_at, statement_timestamp())
  FROM member WHERE syncqueue_job.id = member.job
)
SELECT id FROM member ORDER BY call, position
"""
# Sent only if nothing was paused, held or changed since the plan; the rest is withdrawn. What
# the started calls ask for is taken from the bucket before anything is sent.
START = """
WITH started AS (
  UPDATE syncqueue_call AS call SET state = 'sent', sent_at = clock_timestamp()
  FROM syncqueue_channel AS channel
  WHERE call.id = ANY(%(calls)s) AND call.token = %(token)s AND call.state = 'planned'
    AND channel.id = call.channel_id
    AND NOT channel.paused AND channel.health <> 'held' AND channel.epoch = %(epoch)s
  RETURNING call.id
), reserved AS (
  UPDATE syncqueue_channel SET turns = greatest(turns, %(turn)s),
    points_at = clock_timestamp(),
    points_available = least(points_maximum, points_available
      + points_restore * extract(epoch FROM clock_timestamp() - points_at)) - taken.points
  FROM (SELECT sum(cost) AS points FROM unnest(%(calls)s::bigint[], %(costs)s::float8[])
        AS asked(id, cost) JOIN started USING (id)) AS taken
  WHERE syncqueue_channel.id = %(channel)s AND taken.points IS NOT NULL
)
SELECT id FROM started
"""
# Of a call of several lanes the first row has the answer.
SAVE_ANSWERS = f"""
UPDATE syncqueue_call AS call SET state = 'answered', answered_at = %s, answer = saved.answer
FROM jsonb_to_recordset(%s) AS saved(id bigint, answer jsonb)
WHERE call.id = saved.id AND call.token = %s AND call.state = 'sent' AND {NO_FLUSH}
RETURNING call.id
"""  # noqa: S608
WITHDRAWN = CallError(ErrorClass.NOT_SENT, "withdrawn", "Withdrawn before it was sent.")


@dataclass(frozen=True, slots=True)
class Member:
    """One lane's part of a call: its head job, the riders of that, and what it asks for."""

    call_id: int
    job: JobView
    passengers: tuple[JobView, ...]
    request: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Flight:
    """One call under way, of one lane or of several.

    `repeat`: it was sent before; `trial`: it shows whether the platform is back. By this process's
    clock its lanes were ours at `held`, and it went out at `started`; it was stored at `born`.
    """

    members: tuple[Member, ...]
    request: dict[str, Any]
    key: UUID
    cost: float
    held: float
    born: datetime
    started: float = 0.0
    repeat: bool = False
    trial: bool = False

    @property
    def handler(self) -> str:
        return self.members[0].job.handler

    @property
    def suspect(self) -> bool:
        """Whether a worker may have died of one of its jobs."""
        return any(member.job.crashes for member in self.members)

    @property
    def lane_ids(self) -> list[int]:
        return [member.job.lane_id for member in self.members]

    @property
    def call_ids(self) -> list[int]:
        return [member.call_id for member in self.members]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a lane's plan wants to send."""

    lane: Claimed
    call: handling.Call

    @property
    def head(self) -> JobView:
        return self.lane.jobs[0]

    @property
    def riders(self) -> tuple[JobView, ...]:
        return tuple(job for job in self.lane.jobs[1:] if job.id in self.call.passengers)


@dataclass(frozen=True, slots=True)
class Whole:
    """What goes as one: the plans, the request that is sent, and what that is taken to cost."""

    group: Sequence[Planned]
    request: dict[str, Any]
    cost: float
    key: UUID = field(default_factory=uuid4)

    def rows(self, call: int) -> list[dict[str, Any]]:
        """One a lane; a suspect's attempt is open already."""
        return [
            {
                "call": call,
                "position": position,
                "lane": one.lane.lane_id,
                "job": one.head.id,
                "passengers": [job.id for job in one.riders],
                "request": one.call.request,
                "merged": self.request if len(self.group) > 1 and not position else None,
                "key": str(uuid4() if position else self.key),
                "guard": one.call.guard,
                "number": one.head.tries + (not one.lane.stale),
            }
            for position, one in enumerate(self.group)
        ]

    def flight(self, call_ids: Iterator[int], held: float, born: datetime) -> Flight:
        members = tuple(
            Member(next(call_ids), one.head, one.riders, one.call.request) for one in self.group
        )
        return Flight(members, self.request, self.key, self.cost, held, born)


def store(wholes: Sequence[Whole], *, channel_id: int, token: UUID) -> list[Flight]:
    """Store calls, each with an attempt for each of its jobs."""
    if not wholes:
        return []
    rows = [row for call, whole in enumerate(wholes) for row in whole.rows(call)]
    values: dict[str, Any] = {"members": dumps(rows), "channel": channel_id, "token": token}
    held, born = time.monotonic(), timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)
        ids = iter([call_id for (call_id,) in cursor.fetchall()])
    return [whole.flight(ids, held, born) for whole in wholes]


def start(flights: Sequence[Flight], slot: Slot, *, epoch: int, turn: int) -> set[int]:
    """Mark calls as sent where they are ours and the channel still allows it; those rows' ids."""
    rows = [
        (call_id, 0.0 if place else flight.cost)
        for flight in flights
        for place, call_id in enumerate(flight.call_ids)
    ]
    values: dict[str, Any] = {
        "calls": [call_id for call_id, _ in rows],
        "costs": [cost for _, cost in rows],
        "channel": slot.channel_id,
        "token": slot.token,
        "epoch": epoch,
        "turn": turn,
    }
    with connection.cursor() as cursor:
        cursor.execute(START, values)
        return {call_id for (call_id,) in cursor.fetchall()}


def send(flight: Flight, context: object, lease: float) -> Answer:
    """Run in a thread. A handler that raises has broken its contract: nobody knows what it did.

    What starts later than a lease after its lanes were ours (the process was stopped) is not sent
    any more: another pump may have them by now. The answer can be stored, whatever came back.
    """
    started = time.monotonic()
    if started - flight.held > lease:
        return Answer(error=WITHDRAWN)
    request = {**flight.request, "idempotency_key": str(flight.key)}
    try:
        answer = handler_for(flight.handler).send(request, context)
    except Exception as error:  # noqa: BLE001  it becomes the job's failure, with its words
        words = f"{type(error).__name__}: {error}"[:500]
        seconds = time.monotonic() - started
        answer = Answer(error=CallError(ErrorClass.UNKNOWN, "bug", words), seconds=seconds)
    return answer.storable()


def save_answers(
    landed: Sequence[tuple[Flight, Answer]], *, at: datetime, token: UUID
) -> list[bool]:
    """Keep raw answers, so that settling can be repeated; False for those under a foreign token."""
    rows = [
        {"id": call_id, "answer": None if place else answer.to_json()}
        for flight, answer in landed
        for place, call_id in enumerate(flight.call_ids)
    ]
    with connection.cursor() as cursor:
        cursor.execute(SAVE_ANSWERS, [at, dumps(rows), token])
        saved = {call_id for (call_id,) in cursor.fetchall()}
    return [not saved.isdisjoint(flight.call_ids) for flight, _ in landed]
