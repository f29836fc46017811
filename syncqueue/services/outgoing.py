"""Planning the calls of a pump: claimed and stored in transactions, ahead of free threads."""

import time
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from syncqueue.domain.handling import Call
from syncqueue.enums import Kind
from syncqueue.errors import LostLease
from syncqueue.selectors.channels import look
from syncqueue.services.air import Air, Prepared
from syncqueue.services.calls import Planned, Whole, store
from syncqueue.services.claim import Claimed, Slot, claim, renew
from syncqueue.services.finish import Result, finish_all
from syncqueue.services.leftovers import FOLLOWERS, Leftovers
from syncqueue.services.merging import MERGE_SECONDS, gather, grouped, is_merging, rides_along
from syncqueue.services.planning import (
    Plan,
    bound_lock_waits,
    give_back,
    plan,
    plan_safely,
    result_of,
)
from syncqueue.services.rescue import absolve, begin_alone

LOWER_EVERY = 5  # one turn in five is the lower class's
PLAN_SECONDS = 0.01  # then what is planned is sent, before more is planned


class Outgoing:
    """The calls of one channel in one slice."""

    def __init__(self, channel_id: int, token: UUID, lease: float) -> None:
        self.slot = Slot(channel_id, token, lease)
        self.air = Air(self.slot, look(channel_id))
        self.left = Leftovers(self.slot, self.air)
        self.more = True  # may be due, as far as the last claim could tell

    def room(self) -> int:
        """How many calls may be planned. What may kill its worker flies alone, to hurt nobody."""
        if self.left.suspects or any(flight.suspect for flight in self.air):
            return 0 if len(self.air) else 1
        return self.air.most - len(self.air)

    def start_due(self, *, room: int) -> int:
        """Claim and plan up to `room` calls, and start those that threads are free for.

        Says how many lanes were worked on.
        """
        if self.left.suspects:
            self._try_alone(self.left.suspects.popleft())
            self.more = True
            return 1
        claimed = self._claim(room)
        self.more = len(claimed) >= room or any(lane.suspect for lane in claimed)
        self.left.rescue([lane for lane in claimed if lane.stale])
        self.left.suspects.extend(lane for lane in claimed if lane.suspect and not lane.stale)
        others = self.left.repeat([lane for lane in claimed if not lane.suspect])
        affordable = self._affordable(others)
        self._start(affordable)
        return len(claimed) - len(others) + len(affordable)

    def leave(self) -> None:
        """Give back what was not tried."""
        self.air.withdraw()
        self.left.leave()

    def renew(self) -> None:
        """Prolong the leases of all our lanes."""
        self.air.renew(lane.lane_id for lane in self.left.suspects)

    def _claim(self, room: int) -> list[Claimed]:
        claimed = claim(
            self.slot.channel_id,
            Kind.CALL,
            token=self.slot.token,
            lanes=room,
            jobs=FOLLOWERS,
            seconds=self.slot.lease,
            lower=self.air.turn % LOWER_EVERY == LOWER_EVERY - 1,
        )
        self.air.turn += bool(claimed)
        return claimed

    def _start(self, lanes: list[Claimed]) -> None:
        """Plan and send, those apart whose calls may go together with more of their kind."""
        merging = [lane for lane in lanes if is_merging(lane)]
        more = gather(
            merging,
            channel_id=self.slot.channel_id,
            token=self.slot.token,
            jobs=FOLLOWERS,
            seconds=self.slot.lease,
        )
        self._plan_and_send([lane for lane in lanes if lane not in merging], PLAN_SECONDS)
        self.more |= bool(merging)
        self._plan_and_send([*merging, *more], MERGE_SECONDS)

    def _try_alone(self, lane: Claimed) -> None:
        if not lane.stale and not self.left.repeat([lane]):
            return
        with suppress(LostLease):
            alone = begin_alone(lane, token=self.slot.token) if lane.stale else lane
            self._plan_and_send([alone], PLAN_SECONDS)

    def _affordable(self, lanes: list[Claimed]) -> list[Claimed]:
        """The first lanes whose calls the bucket pays for; the others are given back as they are.

        Nobody overtakes a dear call: it would wait for ever.
        """
        now, left, costs = timezone.now(), self.air.bucket, self.air.view.costs
        if left is None:
            return lanes
        left = left.taking(sum(flight.cost for flight, _ in self.air.ready), now)
        under_way = {flight.handler for flight in self.air}
        for place, lane in enumerate(lanes):
            handler = lane.jobs[0].handler
            if rides_along(lane, lanes[:place]):
                continue
            cost = costs.asked(handler)
            unproven = handler in under_way and not costs.proven(handler)
            if unproven or not left.affords(cost, now):
                self.air.missing = cost
                give_back(lanes[place:], token=self.slot.token)
                return lanes[:place]
            left = left.taking(cost, now)
            under_way.add(handler)
        return lanes

    def _plan_and_send(self, lanes: list[Claimed], seconds: float) -> None:
        while lanes:
            try:
                prepared, lanes = self._plan(lanes, seconds)
            except LostLease:
                token, lease = self.slot.token, self.slot.lease
                ours = renew([lane.lane_id for lane in lanes], token=token, seconds=lease)
                absolve(lane.jobs[0] for lane in lanes if lane.lane_id not in ours)
                lanes = [lane for lane in lanes if lane.lane_id in ours]
            else:
                self.air.add(prepared)
                self.air.depart()

    def _plan(self, lanes: list[Claimed], seconds: float) -> tuple[list[Prepared], list[Claimed]]:
        """Plan heads for a moment; says what is stored to be sent, and the lanes not reached.

        What needs a call is stored with its attempt; the rest is finished. Raises LostLease, with
        nothing stored, where another pump has taken one of the lanes over.
        """
        try:
            return self._plan_by(plan, lanes, seconds)
        except LostLease:
            raise
        except Exception:  # noqa: BLE001  again in savepoints, where it becomes its job's failure
            return self._plan_by(plan_safely, lanes, seconds)

    def _plan_by(
        self, ask: Plan, lanes: list[Claimed], seconds: float
    ) -> tuple[list[Prepared], list[Claimed]]:
        ends = time.monotonic() + seconds
        reached = 0
        planned: list[Planned] = []
        finished: dict[int, list[Result]] = {}
        with transaction.atomic():
            bound_lock_waits(flush=False)
            while reached < len(lanes) and (not reached or time.monotonic() < ends):
                lane = lanes[reached]
                reached += 1
                head = lane.jobs[0]
                given = ask(head, () if head.crashes else lane.jobs[1:])
                if isinstance(given, Call):
                    planned.append(Planned(lane, given))
                else:
                    finished[lane.lane_id] = [result_of(lane, given)]
            prepared = self._store(planned, finished)
        return prepared, lanes[reached:]

    def _store(
        self, planned: Sequence[Planned], finished: dict[int, list[Result]]
    ) -> list[Prepared]:
        """Store calls and results, if the lanes are still ours."""
        wholes: list[Whole] = []
        contexts: list[object] = []
        for group, whole in grouped(planned):
            if isinstance(whole, Call):
                cost = self.air.view.costs.asked(group[0].head.handler)
                wholes.append(Whole(group, whole.request, cost))
                contexts.append(whole.context)
            else:
                finished |= {one.lane.lane_id: [result_of(one.lane, whole)] for one in group}
        self.more |= bool(finished)  # whatever is next in their lanes
        flights = store(wholes, channel_id=self.slot.channel_id, token=self.slot.token)
        finish_all(finished, token=self.slot.token, now=timezone.now())
        lanes = [lane_id for flight in flights for lane_id in flight.lane_ids]
        if lanes:
            ours = renew(lanes, token=self.slot.token, seconds=self.slot.lease)
            if len(ours) < len(lanes):
                raise LostLease(ours)
        return list(zip(flights, contexts, strict=True))
