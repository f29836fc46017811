"""Calls of several lanes that become one: what a handler allows, gathered and merged."""

from collections.abc import Sequence
from uuid import UUID

from syncqueue.domain.handling import Call, Merging, Retry, find_handler
from syncqueue.services.calls import Planned
from syncqueue.services.claim import Claimed, claim_alike
from syncqueue.services.planning import bug

MERGE_SECONDS = (
    0.25  # of planning for one merged call; whatever is not planned by then goes in the next
)


def is_merging(lane: Claimed) -> bool:
    """Whether the head's call may go together with those of other lanes."""
    head = lane.jobs[0]
    return not (head.solo or lane.suspect) and merging_of(head.handler) is not None


def merging_of(name: str) -> Merging | None:
    handler = find_handler(name)
    return handler if isinstance(handler, Merging) else None


def rides_along(lane: Claimed, before: Sequence[Claimed]) -> bool:
    """Whether a lane's call goes in one with those of lanes before it, and costs nothing more."""
    name = lane.jobs[0].handler
    handler = merging_of(name)
    if handler is None or not is_merging(lane):
        return False
    return sum(is_merging(one) and one.jobs[0].handler == name for one in before) % handler.most > 0


def gather(
    lanes: Sequence[Claimed], *, channel_id: int, token: UUID, jobs: int, seconds: float
) -> list[Claimed]:
    """Claim more due lanes of the first merging kind among these, as many as one call takes."""
    first = next(filter(is_merging, lanes), None)
    if first is None:
        return []
    name = first.jobs[0].handler
    handler = merging_of(name)
    alike = sum(is_merging(lane) and lane.jobs[0].handler == name for lane in lanes)
    if handler is None or alike >= handler.most:
        return []
    return claim_alike(
        channel_id,
        name,
        token=token,
        lanes=handler.most - alike,
        jobs=jobs,
        seconds=seconds,
    )


def grouped(planned: Sequence[Planned]) -> list[tuple[list[Planned], Call | Retry]]:
    """What goes together in one call, in the order of the plans, with that call."""
    groups: dict[tuple[str, str], list[Planned]] = {}
    singles: list[list[Planned]] = []
    for one in planned:
        key = (one.head.handler, one.call.merge)
        if not one.call.merge or not is_merging(one.lane):
            singles.append([one])
            continue
        groups.setdefault(key, []).append(one)
    chunks = [chunk for group in groups.values() for chunk in _chunks(group)]
    return [(group, _whole(group)) for group in (*singles, *chunks)]


def _chunks(group: list[Planned]) -> list[list[Planned]]:
    handler = merging_of(group[0].head.handler)
    most = handler.most if handler else 1
    return [group[start : start + most] for start in range(0, len(group), most)]


def _whole(group: list[Planned]) -> Call | Retry:
    handler = merging_of(group[0].head.handler)
    if len(group) == 1 or handler is None:
        return group[0].call
    try:
        return handler.merge([one.call for one in group])
    except Exception as error:  # noqa: BLE001  whatever it is, it becomes the jobs' failure
        return bug(error)
