"""People's verbs over jobs: replay what was given up, cancel what waits."""

import time
from collections.abc import Iterable

from django.db import connection, transaction

from syncqueue.enums import OPEN_STATES, CallState, JobState
from syncqueue.models import Call, Job
from syncqueue.services.wake import wake

CANCEL_SECONDS, LOOK_SECONDS = 1.0, 0.05

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
  solo = false, cancel_by = '', next_attempt_at = NULL, finished_at = NULL
WHERE id = ANY(%(jobs)s) AND state IN ('dead_lettered', 'cancelled')
RETURNING lane_id, channel_id
"""
# What was sent and not settled stays: only its outcome can end it. A pump that works on a lane has
# chosen its jobs as soon as its call is stored; before that nothing is taken from it.
CANCEL = """
UPDATE syncqueue_job AS job SET
  state = 'cancelled', reason = %(reason)s, cancel_by = '', next_attempt_at = NULL,
  finished_at = statement_timestamp()
FROM syncqueue_lane AS lane
LEFT JOIN LATERAL (
  SELECT call.job_id, call.passengers FROM syncqueue_call AS call
  WHERE call.lane_id = lane.id AND call.state IN ('planned', 'sent', 'answered', 'repeating')
  ORDER BY call.id DESC LIMIT 1
) AS out ON true
WHERE job.id = ANY(%(jobs)s) AND job.state IN ('queued', 'retrying', 'waiting')
  AND lane.id = job.lane_id
  AND (out.job_id IS NOT NULL
       OR lane.lease_until IS NULL OR lane.lease_until < statement_timestamp())
  AND job.id IS DISTINCT FROM out.job_id AND NOT job.id = ANY(coalesce(out.passengers, '{}'))
RETURNING job.lane_id, job.channel_id
"""
# For the pump that works on the lane: what it has planned and not sent is withdrawn, and what was
# sent is not planned again. Both are stored at once, so that no plan falls between.
ASK = """
WITH asked AS (
  UPDATE syncqueue_job SET cancel_by = %s WHERE id = ANY(%s) AND finished_at IS NULL
  RETURNING channel_id)
UPDATE syncqueue_channel SET epoch = epoch + 1 WHERE id IN (SELECT channel_id FROM asked)
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
    """End open jobs; says how many have ended, after a second at most.

    What is only planned is withdrawn. A call that is out lands; its job ends by that answer, or
    before it would be tried again.
    """
    wanted = sorted(set(job_ids))
    moved = _move(CANCEL, wanted, f"Cancelled by {by}.")
    with connection.cursor() as cursor:
        cursor.execute(ASK, [by, wanted])
    left = _still_open(wanted)
    ends = time.monotonic() + CANCEL_SECONDS
    while _still_open(left) and time.monotonic() < ends:
        time.sleep(LOOK_SECONDS)
        moved += _move(CANCEL, left, f"Cancelled by {by}.")
    ended = Job.objects.filter(pk__in=left, state=JobState.CANCELLED, cancel_by=by)
    return moved + ended.count()


def _still_open(job_ids: list[int]) -> list[int]:
    """Those that may yet be cancelled: neither finished nor with a call of their own out."""
    out = Call.objects.filter(job__in=job_ids, state__in=(CallState.SENT, CallState.REPEATING))
    rows = Job.objects.filter(pk__in=job_ids, state__in=OPEN_STATES)
    return list(rows.exclude(pk__in=out.values("job")).values_list("pk", flat=True))


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
