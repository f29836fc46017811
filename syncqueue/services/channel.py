"""A channel as its pump and people move it: health, holds, pauses, and the bucket of points."""

import json
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from syncqueue.domain.handling import Points
from syncqueue.domain.health import ChannelHealth
from syncqueue.domain.health import hold as held
from syncqueue.domain.health import release as released
from syncqueue.domain.pace import Costs
from syncqueue.enums import Health
from syncqueue.models import Channel
from syncqueue.services.unflushed import NO_FLUSH
from syncqueue.services.wake import wake

_STORE_POINTS = f"""
UPDATE syncqueue_channel SET points_available = %s, points_maximum = %s, points_restore = %s,
                             points_at = %s
WHERE id = %s AND {NO_FLUSH}
"""  # noqa: S608
_STORE_COSTS = "UPDATE syncqueue_channel SET costs = %s WHERE id = %s"


def health_of(channel: Channel) -> ChannelHealth:
    return ChannelHealth(
        Health(channel.health),
        channel.health_reason,
        channel.health_by,
        channel.failures,
        channel.next_trial_at,
        channel.climb,
    )


def store_health(channel_id: int, known: ChannelHealth, new: ChannelHealth) -> bool:
    """Store a transition of automation; False where somebody else moved the channel first."""
    if new == known:
        return True
    rows = Channel.objects.filter(pk=channel_id, health=known.health, health_by=known.by)
    return bool(rows.update(**_columns(new, known)))


def store_costs(channel_id: int, costs: Costs) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_STORE_COSTS, [json.dumps(costs.to_json()), channel_id])


def store_points(channel_id: int, points: Points, at: datetime) -> None:
    values: list[Any] = [points.available, points.maximum, points.restore, at, channel_id]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_POINTS, values)


def hold(channel_id: int, *, reason: str, by: str) -> None:
    """Send no calls until somebody releases the channel; deliveries are still decided."""
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        known = health_of(channel)
        _store(channel, held(known, reason, by))


def release(channel_id: int, *, by: str) -> bool:
    """Let calls go out again; False where automation asks and a person held."""
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        known = health_of(channel)
        new = released(known, by)
        _store(channel, new)
        transaction.on_commit(lambda: wake([channel_id]))
    return new != known


def pause(channel_id: int) -> None:
    """Stop both kinds of lanes; what is in the air lands, what was planned is withdrawn."""
    _set_paused(channel_id, paused=True)


def resume(channel_id: int) -> None:
    """Let both kinds of lanes go on."""
    _set_paused(channel_id, paused=False)
    transaction.on_commit(lambda: wake([channel_id]))


def _set_paused(channel_id: int, *, paused: bool) -> None:
    Channel.objects.filter(pk=channel_id).update(paused=paused, epoch=F("epoch") + 1, woken_at=None)


def _store(channel: Channel, new: ChannelHealth) -> None:
    Channel.objects.filter(pk=channel.pk).update(
        epoch=F("epoch") + 1, woken_at=None, **_columns(new, health_of(channel))
    )


def _columns(new: ChannelHealth, known: ChannelHealth) -> dict[str, Any]:
    moved = {"health_at": timezone.now()} if new.health != known.health else {}
    return {
        "health": new.health,
        "health_reason": new.reason,
        "health_by": new.by,
        "failures": new.failures,
        "next_trial_at": new.next_trial_at,
        "climb": new.climb,
        **moved,
    }
