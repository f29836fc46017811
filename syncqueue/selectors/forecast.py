"""How long a store's backlog of calls will take at the pace that its points allow."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from syncqueue.domain.handling import Points
from syncqueue.domain.pace import Bucket, Costs, duration

# A lane is one call, whatever waits in it; what the lanes' heads are is told by a sample.
_BACKLOG = """
SELECT channel.id, due.lanes, sample.heads, channel.costs, channel.points_at,
       channel.points_available, channel.points_maximum, channel.points_restore
FROM syncqueue_channel AS channel
CROSS JOIN LATERAL (
  SELECT count(*) AS lanes FROM syncqueue_lane
  WHERE channel_id = channel.id AND kind = 'call' AND due_at <= statement_timestamp()
) AS due
CROSS JOIN LATERAL (
  SELECT jsonb_agg(head.handler) AS heads FROM (
    SELECT id FROM syncqueue_lane
    WHERE channel_id = channel.id AND kind = 'call' AND due_at <= statement_timestamp()
    LIMIT 200) AS lane
  CROSS JOIN LATERAL (
    SELECT handler FROM syncqueue_job
    WHERE lane_id = lane.id AND state IN ('queued', 'running', 'retrying', 'waiting')
    ORDER BY id LIMIT 1) AS head
) AS sample
WHERE channel.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`calls` are due; `seconds` is how long they take, None where no points were told yet."""

    calls: int
    points: float
    restore: float
    seconds: float | None

    @property
    def words(self) -> str:
        if not self.calls or self.seconds is None:
            return ""
        return (
            f"{self.calls} calls are due: {duration(self.seconds)} at {self.restore:.0f} points "
            "a second"
        )


def forecasts(channel_ids: Collection[int]) -> dict[int, Forecast]:
    """The forecast of every channel, by its id."""
    with connection.cursor() as cursor:
        cursor.execute(_BACKLOG, [list(channel_ids)])
        return {row[0]: _forecast(*row[1:]) for row in cursor.fetchall()}


def _forecast(
    lanes: int, heads: str | None, costs: str, points_at: datetime | None, *points: float
) -> Forecast:
    known = Costs.from_json(json.loads(costs))
    sample = json.loads(heads) if heads else []
    spent = lanes * sum(known.used(name) for name in sample) / max(1, len(sample))
    if points_at is None or None in points:
        return Forecast(lanes, spent, 0.0, None)
    bucket = Bucket(Points(*points), points_at)
    return Forecast(lanes, spent, points[2], bucket.drain(spent, timezone.now()))
