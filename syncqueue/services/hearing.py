"""What answers say of the channel: its health, its points, and what its calls cost."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from syncqueue.domain.backoff import asked_pause
from syncqueue.domain.handling import ErrorClass, Points
from syncqueue.domain.health import after_failure, after_success
from syncqueue.domain.pace import Costs
from syncqueue.enums import Health
from syncqueue.selectors.channels import look
from syncqueue.services.answered import Answered
from syncqueue.services.channel import store_costs, store_health, store_points
from syncqueue.services.outage import give_back

LONGEST_THROTTLE = 60.0
OURS = {"bug", "crashed", "stopped"}  # failures of ours say nothing of the platform
UNTOLD = Points(available=0.0, maximum=1000.0, restore=50.0)


def tell_channel(channel_id: int, batch: Sequence[Answered], *, reserved: float) -> None:
    """Move the channel by what the platform said; `reserved` points are of calls in flight."""
    view = look(channel_id)
    health, costs = view.health, view.costs
    for one in batch:
        error = one.answer.error
        if one.answer.points is not None:
            costs = costs.after(one.job.handler, one.answer.asked, one.answer.cost)
        if error is None:
            health = after_success(health)
        elif error.code not in OURS:
            health = after_failure(health, error, timezone.now())
    store_health(channel_id, view.health, health)
    lost = sum(_is_lost(one) for one in batch)
    if lost and health.health == Health.WAITING:
        before = 0 if view.health.is_ill else view.health.failures
        give_back(channel_id, losses=before + lost, reason=health.reason)
    if costs != view.costs:
        store_costs(channel_id, costs)
    told = [(left, one.at) for one in batch if (left := _points_after(one, costs))]
    if told:
        points, at = min(told, key=lambda pair: pair[0].available)
        store_points(channel_id, replace(points, available=points.available - reserved), at)


def _is_lost(one: Answered) -> bool:
    error = one.answer.error
    return error is not None and error.kind is ErrorClass.TRANSIENT and error.code not in OURS


def _points_after(one: Answered, costs: Costs) -> Points | None:
    """The bucket as the platform tells it; empty for as long as it asked us to wait."""
    error, points = one.answer.error, one.answer.points
    if error is None or error.kind is not ErrorClass.THROTTLED:
        return points
    known = points or UNTOLD
    pause = asked_pause(error.retry_after, longest=LONGEST_THROTTLE)
    left = costs.asked(one.job.handler) - pause * known.restore
    return replace(known, available=min(known.available, left))
