"""A channel as its pump sees it: health, pace and what was told to it meanwhile."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from syncqueue.domain.handling import Points
from syncqueue.domain.health import ChannelHealth
from syncqueue.domain.pace import Bucket, Costs
from syncqueue.enums import Health
from syncqueue.models import Channel

_LOOK = """
SELECT paused, epoch, woken_at IS NOT NULL, health, health_reason, health_by, failures,
       next_trial_at, climb, costs, turns,
       points_available, points_maximum, points_restore, points_at
FROM syncqueue_channel WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class ChannelView:
    """What the pump re-reads between its calls."""

    paused: bool
    epoch: int
    woken: bool
    health: ChannelHealth
    bucket: Bucket | None
    costs: Costs
    turns: int

    def may_call(self, now: datetime) -> int | None:
        return 0 if self.paused else self.health.may_call(now)


def look(channel_id: int) -> ChannelView:
    """Read what a pump must know of its channel; it does so between all its steps."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [channel_id])
        row = cursor.fetchone()
    if row is None:
        raise Channel.DoesNotExist(f"There is no channel {channel_id}.")
    paused, epoch, woken, health, *more, costs, turns, available, maximum, restore, points_at = row
    bucket = None
    if available is not None and points_at is not None:
        bucket = Bucket(Points(available, maximum or 0, restore or 1), points_at)
    known = Costs.from_json(json.loads(costs))
    return ChannelView(
        paused, epoch, woken, ChannelHealth(Health(health), *more), bucket, known, turns
    )
