"""When lost calls turn out to be an outage, their jobs get their attempts back."""

from django.db import connection, transaction

# A job that failed so long before is not of the same row.
ROW_SECONDS = 900.0
# Their lanes are nobody's: a lane whose head waits for its next attempt is not leased.
_GIVE_BACK = """
WITH lost AS (
  SELECT job.id, job.lane_id FROM syncqueue_attempt AS attempt
  JOIN syncqueue_job AS job ON job.id = attempt.job_id AND job.state = 'retrying'
  JOIN syncqueue_lane AS lane ON lane.id = job.lane_id
    AND lane.channel_id = %(channel)s AND lane.kind = 'call' AND lane.token IS NULL
  WHERE attempt.outcome = 'failed'
    AND attempt.finished_at > statement_timestamp() - make_interval(secs => %(within)s)
  ORDER BY attempt.finished_at DESC LIMIT %(losses)s
), locked AS (
  SELECT id FROM syncqueue_lane WHERE id IN (SELECT lane_id FROM lost) AND token IS NULL
  ORDER BY id FOR UPDATE
), given AS (
  UPDATE syncqueue_job AS job SET state = 'waiting', reason = %(reason)s, next_attempt_at = NULL,
    attempts = greatest(job.attempts - back.count, 0)
  FROM (SELECT id, lane_id, count(*) FROM lost GROUP BY id, lane_id) AS back
  WHERE job.id = back.id AND job.state = 'retrying' AND back.lane_id IN (SELECT id FROM locked)
  RETURNING job.lane_id, job.created_at
)
UPDATE syncqueue_lane AS lane SET due_at = least(lane.due_at, given.created_at)
FROM given WHERE lane.id = given.lane_id
"""


def give_back(channel_id: int, *, losses: int, reason: str) -> None:
    """Let the jobs of the last so many lost calls wait for the platform, as if never tried."""
    given: dict[str, float | str] = {
        "channel": channel_id,
        "losses": losses,
        "within": ROW_SECONDS,
        "reason": reason,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, given)
