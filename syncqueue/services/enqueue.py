"""Storing new jobs: lanes upserted and jobs inserted in one statement of the caller."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from syncqueue.enums import OPEN_STATES, Priority
from syncqueue.services.rows import table_of
from syncqueue.services.wake import note_due, wake

# A job that comes while its lane is leased or backing off makes the lane due now: it may be the
# cure.
_UPSERT = """
    ON CONFLICT (channel_id, kind, key) DO UPDATE SET
        pending = l.pending + EXCLUDED.pending,
        received = l.received + EXCLUDED.received,
        priority = CASE WHEN l.due_at IS NULL THEN EXCLUDED.priority
                        ELSE GREATEST(l.priority, EXCLUDED.priority) END,
        due_at = CASE WHEN l.due_at IS NULL OR l.due_at > EXCLUDED.due_at
                        OR (l.lease_until > statement_timestamp()
                            AND EXCLUDED.due_at <= statement_timestamp())
                      THEN EXCLUDED.due_at ELSE l.due_at END
"""
_LANE = "syncqueue_lane AS l (channel_id, kind, key, priority, due_at, pending, received)"
_JOB = """syncqueue_job (id, channel_id, lane_id, handler, payload, cause_id, priority, policy,
                               dedupe_key, next_attempt_at)"""

ENQUEUE_ONE = f"""
touched AS (
    INSERT INTO {_LANE}
    SELECT channel_id, kind, key, priority, statement_timestamp(), 1, 1 FROM new_job {_UPSERT}
    RETURNING id),
added AS (
    INSERT INTO {_JOB}
    SELECT n.id, n.channel_id, t.id, n.handler, n.payload, n.cause_id, n.priority, n.policy, '',
           NULL
    FROM new_job n, touched t
    RETURNING id)
"""  # noqa: S608  only constants
"""CTEs `touched, added` over your own `new_job(id, channel_id, kind, key, handler, payload,
cause_id, priority, policy)` of at most one row, its id by `nextval('syncqueue_job_id_seq')`. Wake
the channel after the commit."""

# Rows are upserted in lane order, so that two writers can't deadlock. Ids are drawn when all lanes
# are locked, however long that took: within a lane they follow the order of the commits.
_NEW_JOB: Mapping[str, str] = {
    "channel_id": "bigint",
    "kind": "text",
    "key": "text",
    "handler": "text",
    "payload": "jsonb",
    "cause_id": "uuid",
    "priority": "int",
    "policy": "text",
    "dedupe_key": "text",
    "due_at": "timestamptz",
}
_ENQUEUE = f"""
WITH new_job AS MATERIALIZED (SELECT * FROM ROWS),
touched AS (
    INSERT INTO {_LANE}
    SELECT channel_id, kind, key, max(priority), min(COALESCE(due_at, statement_timestamp())),
           count(*), count(*)
    FROM new_job GROUP BY channel_id, kind, key ORDER BY channel_id, kind, key {_UPSERT}
    RETURNING id, channel_id, kind, key),
added AS (
    INSERT INTO {_JOB}
    SELECT nextval('syncqueue_job_id_seq'), placed.* FROM (
        SELECT n.channel_id, t.id, n.handler, n.payload, n.cause_id, n.priority,
               n.policy, n.dedupe_key, n.due_at
        FROM new_job n JOIN touched t USING (channel_id, kind, key) ORDER BY n.place) AS placed
    RETURNING id)
SELECT id FROM added ORDER BY id
"""  # noqa: S608  only constants

_LOCK_LANES = """
SELECT l.id, l.channel_id, l.kind, l.key,
       COALESCE(l.lease_until > statement_timestamp(), false) AS leased
FROM syncqueue_lane l
JOIN unnest(%s::bigint[], %s::text[], %s::text[]) AS u(channel_id, kind, key)
    USING (channel_id, kind, key)
ORDER BY l.channel_id, l.kind, l.key FOR UPDATE OF l
"""
_FIND_DUPLICATES = """
SELECT lane_id, dedupe_key, min(id) FROM syncqueue_job
WHERE lane_id = ANY(%s) AND dedupe_key = ANY(%s) AND state = ANY(%s) AND state <> 'running'
GROUP BY lane_id, dedupe_key
"""
_TOUCH = """
UPDATE syncqueue_lane l
SET priority = GREATEST(l.priority, u.priority), due_at = LEAST(l.due_at, u.due_at)
FROM (SELECT lane_id, max(priority) AS priority,
             min(COALESCE(due_at, statement_timestamp())) AS due_at
      FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS u(lane_id, priority, due_at)
      GROUP BY lane_id) u
WHERE l.id = u.lane_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    channel_id: int
    kind: str
    key: str
    handler: str
    payload: dict[str, Any]
    cause_id: UUID
    priority: int = Priority.INTERACTIVE
    policy: str = "outbound"
    dedupe_key: str | None = None
    due_at: datetime | None = None

    @property
    def lane(self) -> tuple[int, str, str]:
        return self.channel_id, self.kind, self.key


def enqueue(jobs: Sequence[NewJob]) -> list[int]:
    """Store the jobs, ids in their order, and wake their channels after the commit.

    Where a lane that nobody is planning already has a waiting job of the same dedupe key, that
    job's id stands in the answer instead of a second job.
    """
    if not jobs:
        return []
    with transaction.atomic():
        found = _duplicates(jobs) if any(job.dedupe_key for job in jobs) else {}
        kept, places = _leave_out(jobs, found)
        ids = _insert(kept) if kept else []
        transaction.on_commit(partial(_announce, tuple(jobs)))
    return [ids[place] if place >= 0 else -place for place in places]


def _leave_out(
    jobs: Sequence[NewJob], found: dict[tuple[int, str, str, str], int]
) -> tuple[list[NewJob], list[int]]:
    """The jobs to insert, and for every job its index among them, or minus an existing id."""
    kept: list[NewJob] = []
    places: list[int] = []
    planned: dict[tuple[int, str, str, str], int] = {}
    for job in jobs:
        mark = (*job.lane, job.dedupe_key or "")
        if job.dedupe_key and (mark in found or mark in planned):
            places.append(-found[mark] if mark in found else planned[mark])
            continue
        planned[mark] = len(kept)
        places.append(len(kept))
        kept.append(job)
    return kept, places


def _insert(jobs: Sequence[NewJob]) -> list[int]:
    columns = zip(
        *(
            (
                job.channel_id,
                str(job.kind),
                job.key,
                job.handler,
                json.dumps(job.payload),
                job.cause_id,
                int(job.priority),
                str(job.policy),
                job.dedupe_key or "",
                job.due_at,
            )
            for job in jobs
        ),
        strict=True,
    )
    rows, given = table_of(_NEW_JOB, [list(column) for column in columns])
    with connection.cursor() as cursor:
        cursor.execute(_ENQUEUE.replace("ROWS", rows), given)
        return [row[0] for row in cursor.fetchall()]


def _duplicates(jobs: Sequence[NewJob]) -> dict[tuple[int, str, str, str], int]:
    """Waiting jobs of the same key, looked up under the locks of their lanes."""
    keyed = [job for job in jobs if job.dedupe_key]
    lanes = sorted({job.lane for job in keyed})
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_LANES, [list(column) for column in zip(*lanes, strict=True)])
        # While a lane is leased, its head may have read what the caller just changed.
        lane_of = {row[0]: row[1:4] for row in cursor.fetchall() if not row[4]}
        cursor.execute(
            _FIND_DUPLICATES,
            [list(lane_of), sorted({job.dedupe_key or "" for job in keyed}), list(OPEN_STATES)],
        )
        found = {(*lane_of[lane], key): id_ for lane, key, id_ in cursor.fetchall()}
        id_of = {lane: id_ for id_, lane in lane_of.items()}
        touched = [job for job in keyed if (*job.lane, job.dedupe_key) in found]
        if touched:
            rows = [(id_of[job.lane], int(job.priority), job.due_at) for job in touched]
            cursor.execute(_TOUCH, [list(column) for column in zip(*rows, strict=True)])
    return found


def _announce(jobs: tuple[NewJob, ...]) -> None:
    now = datetime.now(UTC)
    later: dict[int, datetime] = {}
    for job in jobs:
        if job.due_at and job.due_at > now:
            later[job.channel_id] = min(job.due_at, later.get(job.channel_id, job.due_at))
    note_due(later)
    wake({job.channel_id for job in jobs if job.due_at is None or job.due_at <= now})
