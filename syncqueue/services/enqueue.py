"""Putting jobs into their lanes, one statement however many, inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from syncqueue.enums import Kind, Policy, Priority

# Work on a relation new_job(position, id, channel_id, kind, key, handler, payload, cause_id,
# priority, policy, dedupe_key, due_at) that the statement defines before them; `id` may be NULL.
# `queued` then holds (position, id). An id is drawn after its lane's row is locked, so that the
# ids of a lane follow the order of the commits; lanes are locked in one order everywhere.
ENQUEUE_CTES = """
twin_job AS MATERIALIZED (
  SELECT lane.channel_id, lane.kind, lane.key, job.dedupe_key, job.id
  FROM new_job AS fresh
  JOIN syncqueue_lane AS lane USING (channel_id, kind, key)
  JOIN syncqueue_job AS job ON job.lane_id = lane.id AND job.dedupe_key = fresh.dedupe_key
  WHERE job.state = 'queued'
  FOR UPDATE OF job
), waiting_twin AS (
  SELECT channel_id, kind, key, dedupe_key, min(id) AS id FROM twin_job GROUP BY 1, 2, 3, 4
), accepted AS (
  SELECT fresh.*, first_value(fresh.position) OVER same AS carrier, twin.id AS twin_id
  FROM new_job AS fresh
  LEFT JOIN waiting_twin AS twin USING (channel_id, kind, key, dedupe_key)
  WINDOW same AS (
    PARTITION BY channel_id, kind, key, coalesce(dedupe_key, '#' || fresh.position)
    ORDER BY fresh.position
  )
), added AS (
  SELECT * FROM accepted WHERE twin_id IS NULL AND carrier = position
), touched AS (
  SELECT channel_id, kind, key, max(priority) AS priority, min(due_at) AS due_at,
    count(*) FILTER (WHERE twin_id IS NULL AND carrier = position) AS pending
  FROM accepted GROUP BY 1, 2, 3
), lane AS (
  INSERT INTO syncqueue_lane AS known (channel_id, kind, key, priority, due_at, pending)
  SELECT channel_id, kind, key, priority, due_at, pending FROM touched ORDER BY 1, 2, 3
  ON CONFLICT (channel_id, kind, key) DO UPDATE
  SET priority = CASE WHEN known.pending = 0 THEN EXCLUDED.priority
                      ELSE greatest(known.priority, EXCLUDED.priority) END,
      due_at = least(known.due_at, EXCLUDED.due_at),
      pending = known.pending + EXCLUDED.pending
  RETURNING id, channel_id, kind, key
), job AS (
  INSERT INTO syncqueue_job (
    id, channel_id, lane_id, handler, payload, state, outcome, reason, error_code, attempts,
    policy, priority, dedupe_key, cause_id, solo, created_at
  )
  SELECT coalesce(added.id, nextval(pg_get_serial_sequence('syncqueue_job', 'id'))),
    channel_id, lane.id, handler, payload, 'queued', '', '', '', 0,
    policy, added.priority, dedupe_key, cause_id, false, now()
  FROM added JOIN lane USING (channel_id, kind, key)
  ORDER BY added.position
  RETURNING id, lane_id
), numbered AS (
  SELECT id, row_number() OVER (ORDER BY id) AS place FROM job
), placed AS (
  SELECT position, row_number() OVER (ORDER BY position) AS place FROM added
), queued AS (
  SELECT accepted.position, coalesce(accepted.twin_id, numbered.id) AS id
  FROM accepted
  LEFT JOIN placed ON placed.position = accepted.carrier
  LEFT JOIN numbered USING (place)
), due AS (
  UPDATE syncqueue_channel AS channel SET next_due_at = soonest.due_at
  FROM (SELECT channel_id, min(due_at) AS due_at FROM touched GROUP BY 1) AS soonest
  WHERE channel.id = soonest.channel_id
    AND (channel.next_due_at IS NULL OR channel.next_due_at > soonest.due_at)
)
"""

ENQUEUE = f"""
WITH new_job AS MATERIALIZED (
  SELECT position, NULL::bigint AS id, channel_id, kind, key, handler, payload, cause_id,
    priority, policy, dedupe_key, coalesce(later, now()) AS due_at
  FROM unnest(
    %(channel_id)s::bigint[], %(kind)s::text[], %(key)s::text[], %(handler)s::text[],
    %(payload)s::jsonb[], %(cause_id)s::uuid[], %(priority)s::smallint[], %(policy)s::text[],
    %(dedupe_key)s::text[], %(due_at)s::timestamptz[]
  ) WITH ORDINALITY AS given(
    channel_id, kind, key, handler, payload, cause_id, priority, policy, dedupe_key, later, position
  )
), {ENQUEUE_CTES}
SELECT id FROM queued ORDER BY position
"""  # noqa: S608  no value of a caller is in it


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to put into the lane (channel, kind, key).

    A job of that lane which still waits under the same `dedupe_key` stands for it.
    """

    channel_id: int
    kind: Kind
    key: str
    handler: str
    payload: dict[str, Any]
    cause_id: UUID
    priority: Priority = Priority.INTERACTIVE
    policy: Policy = Policy.OUTBOUND
    dedupe_key: str | None = None
    due_at: datetime | None = None


def enqueue(jobs: Sequence[NewJob]) -> list[int]:
    """Store the jobs and return their ids in the order given.

    A lane that waits in backoff becomes due: a new edit may be its cure (law 4).
    """
    if not jobs:
        return []
    rows = [asdict(job) for job in jobs]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    columns["payload"] = [Jsonb(payload) for payload in columns["payload"]]
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE, columns)
        return [job_id for (job_id,) in cursor.fetchall()]
