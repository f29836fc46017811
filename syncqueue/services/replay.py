"""People's verbs over jobs: replay what was given up, cancel what waits."""

from collections.abc import Iterable

from django.db import connection, transaction

from syncqueue.services.wake import wake

# Lanes first, in the order of their ids, so that neither verb can deadlock with a claim.
LOCK_LANES = """
SELECT id FROM syncqueue_lane
WHERE id IN (SELECT lane_id FROM syncqueue_job WHERE id = ANY(%(jobs)s))
ORDER BY id FOR UPDATE
"""
# A replay of many goes back in the lower class, behind what is alive.
REQUEUE = """
UPDATE syncqueue_job SET replay_id = %(replay)s,
  priority = CASE WHEN %(replay)s::bigint IS NULL THEN priority ELSE 0 END,
  state = 'queued', outcome = '', error_code = '', reason = %(reason)s, attempts = 0, crashes = 0,
  solo = false, next_attempt_at = NULL, finished_at = NULL
WHERE id = ANY(%(jobs)s) AND state IN ('dead_lettered', 'cancelled')
RETURNING lane_id, channel_id
"""
# What was sent and not settled stays: only its outcome can end it.
CANCEL = """
UPDATE syncqueue_job SET
  state = 'cancelled', reason = %(reason)s, next_attempt_at = NULL,
  finished_at = statement_timestamp()
WHERE id = ANY(%(jobs)s) AND state IN ('queued', 'retrying', 'waiting')
  AND lane_id IN (
    SELECT id FROM syncqueue_lane
    WHERE id IN (SELECT lane_id FROM syncqueue_job WHERE id = ANY(%(jobs)s))
      AND (lease_until IS NULL OR lease_until < statement_timestamp()))
  AND NOT EXISTS (
    SELECT FROM syncqueue_call AS call
    WHERE call.lane_id = syncqueue_job.lane_id
      AND (call.job_id = syncqueue_job.id OR syncqueue_job.id = ANY(call.passengers))
      AND call.state IN ('planned', 'sent', 'answered', 'repeating'))
RETURNING lane_id, channel_id
"""
# A lane is due when its head is: since that was made, so that what comes back keeps its order.
COUNT_LANES = """
UPDATE syncqueue_lane AS lane SET pending = open.jobs,
  priority = coalesce(open.priority, lane.priority),
  due_at = CASE WHEN open.jobs > 0
                THEN least(lane.due_at, greatest(head.created_at, head.next_attempt_at)) END
FROM (SELECT l.id, count(job.id) AS jobs, max(job.priority) AS priority, min(job.id) AS head
      FROM syncqueue_lane AS l
      LEFT JOIN syncqueue_job AS job ON job.lane_id = l.id
        AND job.state IN ('queued', 'running', 'retrying', 'waiting')
      WHERE l.id = ANY(%s) GROUP BY l.id) AS open
LEFT JOIN syncqueue_job AS head ON head.id = open.head
WHERE lane.id = open.id
"""


def replay(job_ids: Iterable[int], *, by: str, replay_id: int | None = None) -> int:
    """Queue dead-lettered or cancelled jobs again, their trail kept; says how many."""
    reason = f"Queued again by {by}."
    if replay_id is not None:
        reason = f"Queued again by replay {replay_id} of {by}."
    return _move(REQUEUE, job_ids, reason, replay_id)


def cancel(job_ids: Iterable[int], *, by: str) -> int:
    """End open jobs of lanes that no pump works on just now; says how many."""
    return _move(CANCEL, job_ids, f"Cancelled by {by}.")


def _move(statement: str, job_ids: Iterable[int], reason: str, replay_id: int | None = None) -> int:
    values: dict[str, list[int] | str | int | None] = {
        "jobs": sorted(set(job_ids)),
        "reason": reason,
        "replay": replay_id,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_LANES, values)
        cursor.execute(statement, values)
        moved = cursor.fetchall()
        cursor.execute(COUNT_LANES, [sorted({lane_id for lane_id, _ in moved})])
        channels = {channel_id for _, channel_id in moved}
        transaction.on_commit(lambda: wake(channels))
    return len(moved)
