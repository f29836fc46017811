"""Breadth first through every state that can be reached; the shortest way to what must not be."""

import functools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.model.queue import Step, settled_down, steps
from tests.model.state import DEAD_PUMP, Lane, Pump, Rules, State


@dataclass
class Explored:
    """All states with the way there; `wrong` is the first that must not be."""

    came_from: dict[State, Step | None] = field(default_factory=dict)
    wrong: State | None = None

    def way_to(self, state: State) -> list[str]:
        way: list[str] = []
        while step := self.came_from[state]:
            deed, state = step
            way.append(str(deed))
        return way[::-1]


def explore(rules: Rules, *, wanted: str = "") -> Explored:
    """Everything, or up to the first wrong state that has the wanted words."""
    found = Explored({State(): None})
    waiting = deque(found.came_from)
    while waiting:
        state = waiting.popleft()
        for deed, reached in steps(state, rules):
            after = normal(reached, rules)
            if after in found.came_from:
                continue
            found.came_from[after] = (deed, state)
            if not after.wrong:
                waiting.append(after)
            elif wanted in after.wrong:
                found.wrong = after
                return found
    return found


def stuck(found: Explored, rules: Rules) -> Iterator[State]:
    """The states from which no way leads to a settled one any more."""
    before: dict[State, list[State]] = {}
    for state in found.came_from:
        for _, after in steps(state, rules):
            before.setdefault(normal(after, rules), []).append(state)
    good = [state for state in found.came_from if settled_down(state)]
    seen = set(good)
    while good:
        for state in before.get(good.pop(), ()):
            if state not in seen:
                seen.add(state)
                good.append(state)
    return (state for state in found.came_from if state not in seen)


def normal(state: State, rules: Rules) -> State:
    """One of all the states that differ in nothing that matters while every protection is on."""
    if rules != Rules(fate=rules.fate):
        return state
    for number, job in enumerate(state.jobs):
        if job.state in ("done", "dead") and (job.crashes or state.deaths[number]):
            state = state.job(number, crashes=0).died(number, 0)
    for worker, pump in enumerate(state.pumps):
        if pump and state.lanes[pump.lane].token != worker:
            # Whatever it was doing, it will find that the lane is lost, and no more.
            state = state.pump(worker, Pump(pump.lane, pump.job, "planned"))
        elif pump and pump.late and pump.step not in ("planned", "started"):
            state = state.pump(worker, pump._replace(late=False))  # it matters only to a sender
    return min(state, _swapped(state), key=hash)


def _swapped(state: State) -> State:
    """The same with the workers' names exchanged."""
    lanes = tuple(_swapped_lane(lane) for lane in state.lanes)
    return state._replace(lanes=lanes, pumps=state.pumps[::-1])


@functools.cache
def _swapped_lane(lane: Lane) -> Lane:
    other = {0: 1, 1: 0}
    call = lane.call and lane.call._replace(token=other.get(lane.call.token, DEAD_PUMP))
    return lane._replace(token=other.get(lane.token, lane.token), call=call)
