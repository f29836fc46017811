"""Taking a channel's slot and its due lanes: row leases with a fence, never a session lock."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from syncqueue.domain.handling import JobView
from syncqueue.enums import Kind, Priority
from syncqueue.services.unflushed import NO_FLUSH

PAYLOAD = 6  # its place among the columns of a job
TAKE_SLOT = f"""
UPDATE syncqueue_channel
SET slot_token = %(token)s, woken_at = NULL,
    slot_until = statement_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = %(channel)s
  AND (slot_until IS NULL OR slot_until < statement_timestamp() OR slot_token = %(token)s)
  AND {NO_FLUSH}
"""  # noqa: S608

# The flag is cleared before the lanes are looked at: whoever stores a job after that look finds no
# flag, and wakes the channel.
CLEAR_FLAG = f"""
UPDATE syncqueue_channel SET woken_at = NULL
WHERE id = %(channel)s AND slot_token = %(token)s AND {NO_FLUSH}
"""  # noqa: S608
# Calls are not due before `calls_from`: the next trial, or when the bucket has points again. Of a
# long backlog the first lanes tell: more of them than any pump leases at a time.
GIVE_SLOT_BACK = f"""
UPDATE syncqueue_channel AS channel
SET slot_token = NULL, slot_until = NULL, next_due_at = (
  SELECT min(greatest(first.due_at, first.lease_until,
                      CASE WHEN kinds.kind = 'call' THEN %(calls_from)s::timestamptz END))
  FROM (VALUES ('in', 0), ('in', 1), ('call', 0), ('call', 1)) AS kinds(kind, priority)
  CROSS JOIN LATERAL (
    SELECT lane.due_at, lane.lease_until FROM syncqueue_lane AS lane
    WHERE lane.channel_id = %(channel)s AND lane.kind = kinds.kind
      AND lane.priority = kinds.priority AND lane.due_at IS NOT NULL
    ORDER BY lane.due_at LIMIT 200) AS first
  WHERE kinds.kind = 'in' OR channel.health <> 'held'
)
WHERE id = %(channel)s AND slot_token = %(token)s AND {NO_FLUSH}
RETURNING (next_due_at <= statement_timestamp() OR woken_at IS NOT NULL) AND NOT paused
"""  # noqa: S608

# A pump that fell silent must not take over from itself: its own call is still out. The leased
# columns stand in no index, so this update stays heap-only however long the backlog.
_CLAIM = """
WITH chosen AS MATERIALIZED ({chosen}), leased AS (
  UPDATE syncqueue_lane AS lane
  SET lease_until = statement_timestamp() + make_interval(secs => %(seconds)s), token = %(token)s,
      claimed_at = statement_timestamp()
  FROM chosen WHERE lane.id = chosen.id AND {flush}
  RETURNING lane.id, lane.channel_id, lane.kind, lane.key, lane.priority, lane.due_at,
            chosen.stale
)
SELECT leased.stale, job.id, leased.channel_id, leased.id, leased.kind, leased.key, job.handler,
       job.payload, job.attempts, job.cause_id, job.created_at, job.solo, job.policy, job.tries,
       job.crashes, 2 * random() - 1, job.cancel_by
FROM leased
CROSS JOIN LATERAL (
  SELECT * FROM syncqueue_job
  WHERE lane_id = leased.id AND state IN ('queued', 'running', 'retrying', 'waiting')
  ORDER BY id LIMIT {jobs}
) AS job
ORDER BY leased.priority {order}, leased.due_at, leased.id, job.id
"""
# One class after the other: no index has the highest priority first and the oldest of it first, and
# a sort would read the whole backlog. The second class is looked at only where the first leaves
# room. Limits stand as numbers, because the server plans for a tenth of the table without them.
_DUE = """
  WITH {classes}
  SELECT * FROM first UNION ALL SELECT * FROM second LIMIT {lanes}
"""
_CLASS = """
  {name} AS MATERIALIZED (
    SELECT id, token IS NOT NULL AS stale FROM syncqueue_lane
    WHERE channel_id = %(channel)s AND kind = %(kind)s AND priority = {priority}
      AND due_at <= statement_timestamp()
      AND (lease_until IS NULL
           OR (lease_until < statement_timestamp() AND token IS DISTINCT FROM %(token)s))
      {room}
    ORDER BY due_at LIMIT {lanes}
    FOR UPDATE SKIP LOCKED)
"""
# Looks at the next lanes only, so that it costs the same however long the backlog.
_ALIKE = """
  SELECT id, false AS stale FROM syncqueue_lane
  WHERE id IN (
    SELECT due.id FROM (VALUES (1), (0)) AS classes(priority)
    CROSS JOIN LATERAL (
      SELECT id, priority, due_at FROM syncqueue_lane
      WHERE channel_id = %(channel)s AND kind = 'call' AND priority = classes.priority
        AND due_at <= statement_timestamp() AND token IS NULL
      ORDER BY due_at LIMIT {looked}) AS due
    CROSS JOIN LATERAL (
      SELECT handler, solo FROM syncqueue_job
      WHERE lane_id = due.id AND state IN ('queued', 'running', 'retrying', 'waiting')
      ORDER BY id LIMIT 1) AS head
    WHERE head.handler = %(handler)s AND NOT head.solo
    ORDER BY due.priority DESC, due.due_at LIMIT {lanes})
    AND token IS NULL
  FOR UPDATE SKIP LOCKED
"""
_THESE = """
  SELECT id, token IS NOT NULL AS stale FROM syncqueue_lane
  WHERE id = ANY(%(these)s)
    AND (lease_until IS NULL
         OR (lease_until < statement_timestamp() AND token IS DISTINCT FROM %(token)s))
  ORDER BY id FOR UPDATE SKIP LOCKED
"""
RENEW = """
UPDATE syncqueue_lane SET lease_until = statement_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = ANY(%(lanes)s) AND token = %(token)s
RETURNING id
"""

LET_GO = """
UPDATE syncqueue_lane SET lease_until = statement_timestamp()
WHERE id = ANY(%(lanes)s) AND token = %(token)s
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A channel's only pump: its token, and for how many seconds its leases hold."""

    channel_id: int
    token: UUID
    lease: float


@dataclass(frozen=True)
class Claimed:
    """A leased lane and its oldest open jobs, the head first.

    `stale`: whoever held it before has not freed it.
    """

    lane_id: int
    jobs: tuple[JobView, ...]
    stale: bool = False

    @property
    def suspect(self) -> bool:
        """Whether a worker may have died of its head."""
        return self.stale or self.jobs[0].crashes > 0


def take_slot(channel_id: int, *, token: UUID, seconds: float) -> bool:
    """Become the channel's only pump for so long; False while another one is. Renews its own."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_SLOT, {"channel": channel_id, "token": token, "seconds": seconds})
        return bool(cursor.rowcount)


def give_slot_back(channel_id: int, *, token: UUID, calls_from: datetime | None = None) -> bool:
    """Free the slot and note when the channel is due next; True where it is to be woken now.

    Under a foreign token nothing changes.
    """
    values: dict[str, int | UUID | datetime | None] = {
        "channel": channel_id,
        "token": token,
        "calls_from": calls_from,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLEAR_FLAG, values)
        cursor.execute(GIVE_SLOT_BACK, values)
        row = cursor.fetchone()
        return bool(row and row[0])


def claim(
    channel_id: int,
    kind: Kind,
    *,
    token: UUID,
    lanes: int,
    jobs: int,
    seconds: float,
    lower: bool = False,
) -> list[Claimed]:
    """Lease up to `lanes` due lanes, each with up to `jobs` open jobs, in the order of their turn.

    Interactive ones come first, or last where `lower` gives the lower class its share.
    """
    values: dict[str, Any] = {
        "channel": channel_id,
        "kind": kind,
        "token": token,
        "seconds": seconds,
    }
    return _claimed(due_claim(lanes, jobs, lower=lower), values)


def claim_alike(
    channel_id: int, handler: str, *, token: UUID, lanes: int, jobs: int, seconds: float
) -> list[Claimed]:
    """Lease further due call lanes whose heads are of this handler, among the next ones."""
    values: dict[str, Any] = {
        "channel": channel_id,
        "handler": handler,
        "token": token,
        "seconds": seconds,
    }
    alike = _ALIKE.format(looked=4 * lanes, lanes=lanes)
    return _claimed(_CLAIM.format(flush=NO_FLUSH, chosen=alike, order="DESC", jobs=jobs), values)


def claim_these(
    lane_ids: Sequence[int], *, token: UUID, jobs: int, seconds: float
) -> list[Claimed]:
    """Lease those of the named lanes that nobody holds, due or not."""
    values: dict[str, Any] = {
        "these": list(lane_ids),
        "token": token,
        "seconds": seconds,
    }
    return _claimed(_CLAIM.format(flush=NO_FLUSH, chosen=_THESE, order="DESC", jobs=jobs), values)


@cache
def due_claim(lanes: int, jobs: int, *, lower: bool) -> str:
    """The claim of what is due, the higher class first, or the lower one for its share."""
    first, second = sorted(Priority, reverse=not lower)
    room = f"AND (SELECT count(*) FROM first) < {lanes:d}"  # noqa: S608  a number
    classes = ", ".join(
        [
            _CLASS.format(name="first", priority=first.value, room="", lanes=lanes),
            _CLASS.format(name="second", priority=second.value, room=room, lanes=lanes),
        ]
    )
    chosen = _DUE.format(classes=classes, lanes=lanes)
    return _CLAIM.format(flush=NO_FLUSH, chosen=chosen, order="ASC" if lower else "DESC", jobs=jobs)


def _claimed(statement: str, values: dict[str, Any]) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    stale: dict[int, bool] = {}
    by_lane: dict[int, list[JobView]] = {}
    for left, *columns in rows:
        columns[PAYLOAD] = json.loads(columns[PAYLOAD])
        job = JobView(*columns)
        stale[job.lane_id] = left
        by_lane.setdefault(job.lane_id, []).append(job)
    return [Claimed(lane_id, tuple(jobs), stale[lane_id]) for lane_id, jobs in by_lane.items()]


def renew(lane_ids: list[int], *, token: UUID, seconds: float) -> set[int]:
    """Prolong the leases while calls are in flight; returns the lanes that are still ours."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, {"lanes": lane_ids, "token": token, "seconds": seconds})
        return {lane_id for (lane_id,) in cursor.fetchall()}


def let_go(lane_ids: list[int], *, token: UUID) -> None:
    """End the leases of lanes that a dead pump had left, and leave them as stale as they were."""
    if not lane_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(LET_GO, {"lanes": lane_ids, "token": token})
