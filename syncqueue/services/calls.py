"""Stored calls: written before they are sent, started under the channel's eyes, answered raw."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from syncqueue.domain import handling
from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView, handler_for
from syncqueue.services.claim import Claimed

# One row a lane: the first carries what is sent, the others point to it.
STORE = """
WITH carrier AS MATERIALIZED (
  SELECT nextval('syncqueue_call_id_seq') AS id
), member AS (
  SELECT * FROM jsonb_to_recordset(%(members)s) AS m(position int, lane bigint, job bigint,
    passengers bigint[], request jsonb, merged jsonb, key uuid, guard text, number int)
), call AS (
  INSERT INTO syncqueue_call (id, channel_id, lane_id, job_id, passengers, request, merged,
    carrier_id, position, idempotency_key, token, guard)
  SELECT CASE member.position WHEN 0 THEN carrier.id ELSE nextval('syncqueue_call_id_seq') END,
    %(channel)s, member.lane, member.job, member.passengers, member.request,
    nullif(member.merged, 'null'), CASE WHEN member.position > 0 THEN carrier.id END,
    member.position, member.key, %(token)s, member.guard
  FROM member CROSS JOIN carrier
  RETURNING id, job_id, position
), attempt AS (
  INSERT INTO syncqueue_attempt (job_id, number, call_id, token, guard)
  SELECT job, number, call.id, %(token)s, guard FROM call JOIN member USING (position)
  ON CONFLICT (job_id) WHERE finished_at IS NULL
  DO UPDATE SET call_id = EXCLUDED.call_id, guard = EXCLUDED.guard
), job AS (
  UPDATE syncqueue_job SET state = 'running', tries = number, reason = '',
         started_at = coalesce(started_at, statement_timestamp())
  FROM member WHERE syncqueue_job.id = member.job
)
SELECT id FROM call ORDER BY position
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
UPDATE syncqueue_call SET state = 'answered', answered_at = %s,
  answer = CASE WHEN carrier_id IS NULL THEN %s::jsonb END
WHERE id = ANY(%s) AND token = %s AND state = 'sent'
"""
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

    `repeat`: it was sent before; `trial`: it shows whether the platform is back. `started` is the
    process's clock, `born` is when the call was stored.
    """

    members: tuple[Member, ...]
    request: dict[str, Any]
    key: UUID
    cost: float
    started: float
    born: datetime
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


def store(
    group: Sequence[Planned], whole: handling.Call, *, channel_id: int, token: UUID, cost: float
) -> Flight:
    """Store one call with an attempt for each of its jobs; a suspect's attempt is open already."""
    keys = [uuid4() for _ in group]
    rows = [
        {
            "position": position,
            "lane": one.lane.lane_id,
            "job": one.head.id,
            "passengers": [job.id for job in one.riders],
            "request": one.call.request,
            "merged": whole.request if len(group) > 1 and not position else None,
            "key": str(keys[position]),
            "guard": one.call.guard,
            "number": one.head.tries + (not one.lane.stale),
        }
        for position, one in enumerate(group)
    ]
    values: dict[str, Any] = {"members": json.dumps(rows), "channel": channel_id, "token": token}
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)
        ids = [call_id for (call_id,) in cursor.fetchall()]
    members = tuple(
        Member(call_id, one.head, one.riders, one.call.request)
        for call_id, one in zip(ids, group, strict=True)
    )
    return Flight(members, whole.request, keys[0], cost, time.monotonic(), timezone.now())


def start(flights: Sequence[Flight], *, channel_id: int, epoch: int) -> set[int]:
    """Mark calls as sent where the channel still allows it; the ids of those rows."""
    rows = [
        (call_id, 0.0 if place else flight.cost)
        for flight in flights
        for place, call_id in enumerate(flight.call_ids)
    ]
    values: dict[str, Any] = {
        "calls": [call_id for call_id, _ in rows],
        "costs": [cost for _, cost in rows],
        "channel": channel_id,
        "epoch": epoch,
    }
    with connection.cursor() as cursor:
        cursor.execute(START, values)
        return {call_id for (call_id,) in cursor.fetchall()}


def send(flight: Flight, context: object, lease: float) -> Answer:
    """Run in a thread. A handler that raises has broken its contract: nobody knows what it did.

    What starts later than a lease after its plan (the process was stopped) is not sent any more:
    another pump may have the lane by now.
    """
    started = time.monotonic()
    if started - flight.started > lease:
        return Answer(error=WITHDRAWN)
    request = {**flight.request, "idempotency_key": str(flight.key)}
    try:
        return handler_for(flight.handler).send(request, context)
    except Exception as error:  # noqa: BLE001  it becomes the job's failure, with its words
        words = f"{type(error).__name__}: {error}"[:500]
        seconds = time.monotonic() - started
        return Answer(error=CallError(ErrorClass.UNKNOWN, "bug", words), seconds=seconds)


def save_answer(flight: Flight, answer: Answer, *, at: datetime, token: UUID) -> bool:
    """Keep the raw answer, so that settling can be repeated; False under a foreign token."""
    values: list[Any] = [at, json.dumps(answer.to_json()), flight.call_ids, token]
    with connection.cursor() as cursor:
        cursor.execute(SAVE_ANSWER, values)
        return bool(cursor.rowcount)
