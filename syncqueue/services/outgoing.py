"""The calls of a pump: planned and stored in a transaction, sent in threads, settled in batches."""

import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from syncqueue.domain import handling
from syncqueue.domain.handling import Answer, CallError, ErrorClass, Parked
from syncqueue.domain.pace import Costs
from syncqueue.enums import Kind
from syncqueue.errors import LostLease
from syncqueue.selectors.channels import ChannelView
from syncqueue.services.answered import Answered, answered, withdrawn
from syncqueue.services.calls import Flight, Planned, save_answer, send, start, store
from syncqueue.services.claim import Claimed, claim, claim_these, let_go, renew
from syncqueue.services.finish import Result, finish_all, finish_lanes, verdict
from syncqueue.services.merging import MERGE_SECONDS, gather, grouped, is_merging, rides_along
from syncqueue.services.planning import bound_lock_waits, plan_safely
from syncqueue.services.repeat import Stored, context_of, may_repeat, reopen, to_repeat
from syncqueue.services.rescue import (
    absolve,
    begin_alone,
    bury,
    keep_late,
    left_call,
    take_over,
)
from syncqueue.services.settle import STOPPED, settle_batch

FOLLOWERS = 25
LOWER_EVERY = 5  # one turn in five is the lower class's
GRACE_SECONDS = 2.0
POOLED = 5  # channels that may share a worker, and one for calls that nobody waits for any longer
PLAN_SECONDS = 0.01  # then what is planned is sent, before more is planned
OTHERS_SECONDS = 1.0  # a call of several lanes waits for those that are not free yet
EXPIRED = CallError(ErrorClass.UNKNOWN, "expired", "The call is too old to be sent again.")
DEADLINE = CallError(ErrorClass.UNKNOWN, "deadline", "The call did not end by its deadline.")

Prepared = tuple[Flight, object]
_pools: dict[int, ThreadPoolExecutor] = {}


def pool() -> ThreadPoolExecutor:
    """One pool a process (never one across a fork), whose threads keep their connections."""
    pid = os.getpid()
    if pid not in _pools:
        threads = settings.SYNCQUEUE["THREADS"]
        _pools[pid] = ThreadPoolExecutor(threads * POOLED, thread_name_prefix="call")
    return _pools[pid]


class Outgoing:
    """The calls of one channel in one slice."""

    def __init__(self, channel_id: int, token: UUID, lease: float) -> None:
        self.channel_id, self.token, self.lease = channel_id, token, lease
        self.flights: dict[Future[Answer], Flight] = {}
        self.suspects: deque[Claimed] = deque()
        self.missing = 0.0

    @property
    def lanes(self) -> list[int]:
        """The lanes that are ours: with a call in the air, or waiting to be tried alone."""
        flying = [lane_id for flight in self.flights.values() for lane_id in flight.lane_ids]
        return [*flying, *(lane.lane_id for lane in self.suspects)]

    @property
    def reserved(self) -> float:
        """The points that the calls in flight may still take."""
        return sum(flight.cost for flight in self.flights.values())

    def room(self) -> int:
        """How many calls may start. What may kill its worker flies alone, to hurt nobody else."""
        if self.suspects or any(flight.suspect for flight in self.flights.values()):
            return 0 if self.flights else 1
        threads: int = settings.SYNCQUEUE["THREADS"]
        return threads - len(self.flights)

    def start_due(self, *, room: int, view: ChannelView) -> int:
        """Claim, plan and send up to `room` calls; says how many lanes were worked on.

        Where the next lane's call can't be paid for yet, `missing` is what it asks for.
        """
        self.missing = 0.0
        if self.suspects:
            self._try_alone(self.suspects.popleft(), view)
            return 1
        claimed = claim(
            self.channel_id,
            Kind.CALL,
            token=self.token,
            lanes=room,
            jobs=FOLLOWERS,
            seconds=self.lease,
            lower=view.turns % LOWER_EVERY == LOWER_EVERY - 1,
        )
        self._rescue([lane for lane in claimed if lane.stale])
        self.suspects.extend(lane for lane in claimed if lane.suspect and not lane.stale)
        trusted = [lane for lane in claimed if not lane.suspect]
        left = self._repeat(trusted, view)
        affordable = self._affordable(left, view)
        self._start(affordable, view)
        return len(claimed) - len(left) + len(affordable)

    def leave(self) -> None:
        """Give back what was not tried, as it was found."""
        let_go([lane.lane_id for lane in self.suspects if lane.stale], token=self.token)
        self._give_back([lane for lane in self.suspects if not lane.stale])

    def collect(self, done: Iterable[Future[Answer]]) -> list[Answered]:
        """Save the raw answers of finished calls, so that settling them can be repeated."""
        return self._collect(done, DEADLINE)

    def abandon(self) -> list[Answered]:
        """Wait for nothing any longer, because this node is stopped."""
        return self._collect(list(self.flights), STOPPED)

    def _collect(self, done: Iterable[Future[Answer]], missing: CallError) -> list[Answered]:
        batch: list[Answered] = []
        for future in done:
            flight = self.flights.pop(future)
            answer = future.result() if future.done() else Answer(error=missing)
            if save_answer(flight, answer, at=timezone.now(), token=self.token):
                batch += answered(flight, answer)
            else:
                keep_late(flight, answer)
                absolve(member.job for member in flight.members)
        return batch

    def overdue(self) -> list[Future[Answer]]:
        """Calls that broke their own deadline: nobody waits for them any longer."""
        limit = time.monotonic() - settings.SYNCQUEUE["CALL_DEADLINE_SECONDS"] - GRACE_SECONDS
        return [future for future, flight in self.flights.items() if flight.started < limit]

    def _start(self, lanes: list[Claimed], view: ChannelView) -> None:
        """Plan and send, those apart whose calls may go together with more of their kind."""
        merging = [lane for lane in lanes if is_merging(lane)]
        more = gather(
            merging,
            channel_id=self.channel_id,
            token=self.token,
            jobs=FOLLOWERS,
            seconds=self.lease,
        )
        self._plan_and_send([lane for lane in lanes if lane not in merging], view, PLAN_SECONDS)
        self._plan_and_send([*merging, *more], view, MERGE_SECONDS)

    def _try_alone(self, lane: Claimed, view: ChannelView) -> None:
        if not lane.stale and not self._repeat([lane], view):
            return
        with suppress(LostLease):
            alone = begin_alone(lane, token=self.token) if lane.stale else lane
            self._plan_and_send([alone], view, PLAN_SECONDS)

    def _affordable(self, lanes: list[Claimed], view: ChannelView) -> list[Claimed]:
        """The first lanes whose calls the bucket pays for; the others are given back as they are.

        Nobody overtakes a dear call: it would wait for ever.
        """
        now, left = timezone.now(), view.bucket
        flying = {flight.handler for flight in self.flights.values()}
        for place, lane in enumerate(lanes if left else ()):
            handler = lane.jobs[0].handler
            if rides_along(lane, lanes[:place]):
                continue
            cost = view.costs.asked(handler)
            unproven = handler in flying and not view.costs.proven(handler)
            if left is None or unproven or not left.affords(cost, now):
                self.missing = cost
                self._give_back(lanes[place:])
                return lanes[:place]
            left = left.taking(cost, now)
            flying.add(handler)
        return lanes

    def _give_back(self, lanes: Sequence[Claimed]) -> None:
        untouched: dict[int, list[Result]] = {lane.lane_id: [] for lane in lanes}
        finish_lanes(untouched, token=self.token, now=timezone.now())

    def _plan_and_send(self, lanes: list[Claimed], view: ChannelView, seconds: float) -> None:
        while lanes:
            try:
                prepared, lanes = self._plan(lanes, view.costs, seconds)
            except LostLease:
                ours = renew([lane.lane_id for lane in lanes], token=self.token, seconds=self.lease)
                absolve(lane.jobs[0] for lane in lanes if lane.lane_id not in ours)
                lanes = [lane for lane in lanes if lane.lane_id in ours]
            else:
                self._send(prepared, view)

    def _plan(
        self, lanes: list[Claimed], costs: Costs, seconds: float
    ) -> tuple[list[Prepared], list[Claimed]]:
        """Plan heads for a moment; says what is stored to be sent, and the lanes not reached.

        What needs a call is stored with its attempt; the rest is finished. Raises LostLease, with
        nothing stored, where another pump has taken one of the lanes over.
        """
        ends = time.monotonic() + seconds
        reached = 0
        planned: list[Planned] = []
        finished: dict[int, list[Result]] = {}
        with transaction.atomic():
            bound_lock_waits()
            while reached < len(lanes) and (not reached or time.monotonic() < ends):
                lane = lanes[reached]
                reached += 1
                head = lane.jobs[0]
                given = plan_safely(head, () if head.crashes else lane.jobs[1:])
                if isinstance(given, handling.Call):
                    planned.append(Planned(lane, given))
                else:
                    finished[lane.lane_id] = [_result(lane, given)]
            prepared: list[Prepared] = []
            for group, whole in grouped(planned):
                if isinstance(whole, handling.Call):
                    prepared.append((self._store(group, whole, costs), whole.context))
                else:
                    finished |= {one.lane.lane_id: [_result(one.lane, whole)] for one in group}
            finish_all(finished, token=self.token, now=timezone.now())
            self._hold([flight for flight, _ in prepared])
        return prepared, lanes[reached:]

    def _store(self, group: Sequence[Planned], whole: handling.Call, costs: Costs) -> Flight:
        cost = costs.asked(group[0].head.handler)
        return store(group, whole, channel_id=self.channel_id, token=self.token, cost=cost)

    def _send(self, prepared: Sequence[Prepared], view: ChannelView) -> None:
        if not prepared:
            return
        flights = [replace(flight, trial=view.health.is_ill) for flight, _ in prepared]
        started = start(flights, channel_id=self.channel_id, epoch=view.epoch)
        for flight, (_, context) in zip(flights, prepared, strict=True):
            if flight.call_ids[0] in started:
                self.flights[pool().submit(send, flight, context, self.lease)] = flight
        left = [flight for flight in flights if flight.call_ids[0] not in started]
        if left:
            batch = [one for flight in left for one in withdrawn(flight)]
            settle_batch(self.channel_id, batch, token=self.token)

    def _hold(self, flights: Iterable[Flight]) -> None:
        lanes = [lane_id for flight in flights for lane_id in flight.lane_ids]
        ours = renew(lanes, token=self.token, seconds=self.lease)
        if len(ours) < len(lanes):
            raise LostLease(ours)

    def _repeat(self, lanes: list[Claimed], view: ChannelView) -> list[Claimed]:
        """Send again what nobody heard of, before anything else of its lanes; the other lanes."""
        mine = {lane.lane_id: lane for lane in (*lanes, *self.suspects)}
        for call in to_repeat(lanes):
            theirs = self._lanes_of(call, mine)
            if len(theirs) < len(call.rows):
                self._park(theirs.values(), "The call's other lanes are not free yet.")
            else:
                self._repeat_one(call, theirs, view)
        self.suspects = deque(lane for lane in self.suspects if lane.lane_id in mine)
        return [lane for lane in lanes if lane.lane_id in mine]

    def _repeat_one(self, call: Stored, lanes: dict[int, Claimed], view: ChannelView) -> None:
        now, flight = timezone.now(), call.flight(lanes)
        flight = replace(flight, cost=view.costs.asked(flight.handler))
        if not may_repeat(flight, now):
            batch = answered(flight, Answer(error=EXPIRED))
            settle_batch(self.channel_id, batch, token=self.token)
            return
        if view.bucket and not view.bucket.affords(flight.cost, now):
            self.missing = flight.cost
            self._give_back(list(lanes.values()))
            return
        context = context_of(flight, now)
        if isinstance(context, Parked):
            self._park(lanes.values(), context.reason, context.seconds)
            return
        reopen(flight, token=self.token)
        self._send([(flight, context)], view)

    def _rescue(self, lanes: list[Claimed]) -> None:
        """Settle what dead pumps left open; whatever has no open call is a suspect."""
        mine = {lane.lane_id: lane for lane in lanes}
        while mine:
            lane = next(iter(mine.values()))
            try:
                self._rescue_one(lane, mine)
            except LostLease:
                continue
            finally:
                mine.pop(lane.lane_id, None)

    def _rescue_one(self, lane: Claimed, mine: dict[int, Claimed]) -> None:
        if bury(lane, token=self.token):
            return
        left = left_call(lane)
        if left is None:
            self.suspects.append(lane)
            return
        lanes = self._lanes_of(left, mine)
        if len(lanes) < len(left.rows):
            # Under our token until then, and stale again afterwards.
            renew(list(lanes), token=self.token, seconds=OTHERS_SECONDS)
            return
        answer = take_over(left, token=self.token)
        if answer is None:
            self.suspects.extend(lanes.values())
            return
        settle_batch(self.channel_id, answered(left.flight(lanes), answer), token=self.token)

    def _lanes_of(self, call: Stored, mine: dict[int, Claimed]) -> dict[int, Claimed]:
        """The lanes of a stored call as far as they are to be had; taken out of `mine`."""
        missing = [lane_id for lane_id in call.lane_ids if lane_id not in mine]
        found = {lane_id: mine.pop(lane_id) for lane_id in call.lane_ids if lane_id in mine}
        if missing:
            more = claim_these(missing, token=self.token, jobs=FOLLOWERS, seconds=self.lease)
            found |= {lane.lane_id: lane for lane in more}
        return found

    def _park(self, lanes: Iterable[Claimed], reason: str, seconds: float = OTHERS_SECONDS) -> None:
        parked = {lane.lane_id: [_result(lane, Parked(reason, seconds))] for lane in lanes}
        finish_lanes(parked, token=self.token, now=timezone.now())


def _result(
    lane: Claimed,
    given: handling.Settled | Parked | handling.Refused | handling.Retry | handling.Cancelled,
) -> Result:
    """What becomes of a head that needs no call; a suspect's attempt is open already."""
    head = lane.jobs[0]
    return Result.of(head, verdict(head, given, now=timezone.now()), opened=lane.stale)
