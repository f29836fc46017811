"""Lanes that can't go on just now: why, since when, what waits behind, and when they try again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

MOST = 200
# In a channel that goes on only lanes that wait for an instant are blocked; where the channel
# itself stands still, all that it stops are.
_BLOCKED = """
SELECT channel.id, channel.name, lane.kind, lane.key, lane.pending - 1, head.id, head.state,
  CASE WHEN lane.due_at > statement_timestamp() AND head.reason <> '' THEN head.reason
       WHEN channel.paused THEN 'The store is paused.'
       WHEN lane.kind = 'call' AND channel.health <> 'healthy' THEN channel.health_reason
       WHEN head.reason <> '' THEN head.reason
       ELSE 'It is not due yet.' END,
  CASE WHEN lane.due_at > statement_timestamp() THEN coalesce(head.started_at, head.created_at)
       ELSE greatest(head.created_at, channel.health_at) END,
  CASE WHEN channel.paused OR (lane.kind = 'call' AND channel.health = 'held') THEN NULL
       WHEN lane.kind = 'call' THEN greatest(nullif(lane.due_at, head.created_at),
                                             channel.next_trial_at)
       ELSE lane.due_at END
FROM syncqueue_channel AS channel
CROSS JOIN LATERAL (
  SELECT * FROM syncqueue_lane AS lane
  WHERE lane.channel_id = channel.id AND lane.due_at IS NOT NULL
    AND (channel.paused OR lane.due_at > statement_timestamp()
         OR (lane.kind = 'call' AND channel.health IN ('waiting', 'trial', 'held')))
  ORDER BY lane.kind, lane.priority, lane.due_at LIMIT %(most)s
) AS lane
CROSS JOIN LATERAL (
  SELECT * FROM syncqueue_job AS job
  WHERE job.lane_id = lane.id AND job.state IN ('queued', 'running', 'retrying', 'waiting')
  ORDER BY job.id LIMIT 1
) AS head
WHERE channel.id = ANY(%(channels)s)
ORDER BY 9 LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class BlockedLane:
    """`next_at` is None where only a person can let it go on."""

    channel_id: int
    channel: str
    kind: str
    key: str
    followers: int
    head_id: int
    state: str
    reason: str
    since: datetime
    next_at: datetime | None


def blocked_lanes(channel_ids: Collection[int]) -> list[BlockedLane]:
    """The first `MOST` blocked lanes of these channels, the longest blocked first."""
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKED, {"channels": list(channel_ids), "most": MOST})
        return [BlockedLane(*row) for row in cursor.fetchall()]
