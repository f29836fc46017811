"""What was left open: by pumps that died, and calls that go again as they were stored."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from syncqueue.domain.handling import Answer, CallError, ErrorClass, Parked
from syncqueue.errors import LostLease
from syncqueue.services.air import Air
from syncqueue.services.answered import answered
from syncqueue.services.claim import Claimed, Slot, claim_these, let_go, renew
from syncqueue.services.planning import give_back, park
from syncqueue.services.repeat import Stored, context_of, may_repeat, reopen, to_repeat
from syncqueue.services.rescue import bury, left_call, take_over
from syncqueue.services.settle import settle_batch

FOLLOWERS = 25
OTHERS_SECONDS = 1.0  # a call of several lanes waits for those that are not free yet
NOT_FREE = Parked("The call's other lanes are not free yet.", OTHERS_SECONDS)
EXPIRED = CallError(ErrorClass.UNKNOWN, "expired", "The call is too old to be sent again.")


class Leftovers:
    """Settles what dead pumps left open; whatever has no open call is a suspect."""

    def __init__(self, slot: Slot, air: Air) -> None:
        self.slot, self.air = slot, air
        self.suspects: deque[Claimed] = deque()

    def leave(self) -> None:
        """Give back what was not tried, as it was found."""
        token = self.slot.token
        let_go([lane.lane_id for lane in self.suspects if lane.stale], token=token)
        give_back([lane for lane in self.suspects if not lane.stale], token=token)

    def rescue(self, lanes: Sequence[Claimed]) -> None:
        """Settle what was left in these lanes."""
        mine = {lane.lane_id: lane for lane in lanes}
        while mine:
            lane = next(iter(mine.values()))
            try:
                self._rescue_one(lane, mine)
            except LostLease:
                continue
            finally:
                mine.pop(lane.lane_id, None)

    def repeat(self, lanes: Sequence[Claimed]) -> list[Claimed]:
        """Send again what nobody heard of, before anything else of its lanes; the other lanes."""
        mine = {lane.lane_id: lane for lane in (*lanes, *self.suspects)}
        for call in to_repeat(lanes):
            theirs = self._lanes_of(call, mine)
            if len(theirs) < len(call.rows):
                park(theirs.values(), NOT_FREE, token=self.slot.token)
            else:
                self._repeat_one(call, theirs)
        self.suspects = deque(lane for lane in self.suspects if lane.lane_id in mine)
        return [lane for lane in lanes if lane.lane_id in mine]

    def _rescue_one(self, lane: Claimed, mine: dict[int, Claimed]) -> None:
        left, token = left_call(lane), self.slot.token
        if not (left and left.only_planned) and bury(lane, token=token):
            return
        if left is None:
            self.suspects.append(lane)
            return
        lanes = self._lanes_of(left, mine)
        if len(lanes) < len(left.rows):
            # Under our token until then, and stale again afterwards.
            renew(list(lanes), token=token, seconds=OTHERS_SECONDS)
            return
        answer = take_over(left, token=token)
        settle_batch(self.slot.channel_id, answered(left.flight(lanes), answer), token=token)

    def _repeat_one(self, call: Stored, lanes: dict[int, Claimed]) -> None:
        now, flight, token = timezone.now(), call.flight(lanes), self.slot.token
        flight = replace(flight, cost=self.air.view.costs.asked(flight.handler))
        if not may_repeat(flight, now):
            batch = answered(flight, Answer(error=EXPIRED))
            settle_batch(self.slot.channel_id, batch, token=token)
            return
        if self.air.bucket and not self.air.bucket.affords(flight.cost, now):
            self.air.missing = flight.cost
            give_back(lanes.values(), token=token)
            return
        context = context_of(flight, now)
        if isinstance(context, Parked):
            park(lanes.values(), context, token=token)
            return
        reopen(flight, token=token)
        self.air.add([(flight, context)])
        self.air.depart()

    def _lanes_of(self, call: Stored, mine: dict[int, Claimed]) -> dict[int, Claimed]:
        """The lanes of a stored call as far as they are to be had; taken out of `mine`."""
        missing = [lane_id for lane_id in call.lane_ids if lane_id not in mine]
        found = {lane_id: mine.pop(lane_id) for lane_id in call.lane_ids if lane_id in mine}
        if missing:
            slot = self.slot
            more = claim_these(missing, token=slot.token, jobs=FOLLOWERS, seconds=slot.lease)
            found |= {lane.lane_id: lane for lane in more}
        return found
