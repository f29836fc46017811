"""Calls under way: stored ahead of a free thread, in the air, and just landed."""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from syncqueue.domain.handling import Answer, CallError, ErrorClass
from syncqueue.selectors.channels import ChannelView
from syncqueue.services.answered import Answered, answered, withdrawn
from syncqueue.services.calls import Flight, save_answers, send, start
from syncqueue.services.claim import Slot, renew
from syncqueue.services.rescue import absolve, keep_late
from syncqueue.services.settle import STOPPED, settle_batch

GRACE_SECONDS = 2.0
POOLED = 5  # channels that may share a worker, and one for calls that nobody waits for any longer
# So much is planned before a thread is free for it: more would grow old while slow calls are out.
AHEAD_SECONDS = 0.1
DEADLINE = CallError(ErrorClass.UNKNOWN, "deadline", "The call did not end by its deadline.")

Prepared = tuple[Flight, object]
Landed = tuple[Flight, Answer]
_pools: dict[int, ThreadPoolExecutor] = {}


def pool() -> ThreadPoolExecutor:
    """One pool a process (never one across a fork), whose threads keep their connections."""
    pid = os.getpid()
    if pid not in _pools:
        threads = settings.SYNCQUEUE["THREADS"]
        _pools[pid] = ThreadPoolExecutor(threads * POOLED, thread_name_prefix="call")
    return _pools[pid]


class Air:
    """One slice's calls of a channel: `ready` are stored and wait for a thread, others fly.

    Where the next call can't be paid for yet, `missing` is what it asks for.
    """

    def __init__(self, slot: Slot, view: ChannelView) -> None:
        self.slot, self.view, self.bucket = slot, view, view.bucket
        self.ready: deque[Prepared] = deque()
        self.flying: dict[Future[Answer], Flight] = {}
        self.missing = 0.0
        self.seconds = float("inf")  # that the last call took
        self.epoch = view.epoch  # when what is ready was planned
        self.turn = view.turns

    def __len__(self) -> int:
        return len(self.ready) + len(self.flying)

    def __iter__(self) -> Iterator[Flight]:
        yield from (flight for flight, _ in self.ready)
        yield from self.flying.values()

    @property
    def lane_ids(self) -> list[int]:
        return [lane_id for flight in self for lane_id in flight.lane_ids]

    @property
    def reserved(self) -> float:
        """The points that the calls in the air may still take."""
        return sum(flight.cost for flight in self.flying.values())

    @property
    def most(self) -> int:
        """How many calls may be under way: one a thread, and what those can begin in a moment."""
        threads: int = settings.SYNCQUEUE["THREADS"]
        return threads + min(threads, int(threads * AHEAD_SECONDS / self.seconds))

    def see(self, view: ChannelView) -> None:
        """Go by this from now on."""
        self.view, self.bucket = view, view.bucket

    def add(self, prepared: Iterable[Prepared]) -> None:
        """Take in what has just been planned and stored."""
        if self.epoch != self.view.epoch:
            self.withdraw()
            self.epoch = self.view.epoch
        self.ready.extend(prepared)

    def depart(self) -> int:
        """Start what threads are free for; says how many. What is void by now is withdrawn."""
        if not self.ready:
            return 0
        allowed = self.view.may_call(timezone.now())
        if allowed == 0 or self.epoch != self.view.epoch:
            self.withdraw()
            return 0
        going = list(self._payable(self._free(allowed)))
        if going:
            self._start(going)
        return len(going)

    def may_wait(self, flight: Flight, answer: Answer) -> bool:
        """Whether others may start before this is settled.

        Not where it failed, may end its worker, or tells for the first time what such calls cost.
        """
        unheard = answer.points is not None and not self.view.costs.proven(flight.handler)
        return answer.error is None and not flight.suspect and not unheard

    def withdraw(self) -> None:
        """Free the lanes of what has not been started; each is planned anew."""
        self._settle_withdrawn(flight for flight, _ in self.ready)
        self.ready.clear()

    def landed(self, seconds: float) -> list[Landed]:
        """Wait a moment for answers; calls that broke their deadline are waited for no longer."""
        done = wait(self.flying, timeout=seconds, return_when=FIRST_COMPLETED).done
        over = done | set(self._overdue())
        # In the order of their departure.
        return [self._land(future, DEADLINE) for future in tuple(self.flying) if future in over]

    def abandon(self) -> list[Landed]:
        """Wait for nothing any longer, because this node is stopped."""
        return [self._land(future, STOPPED) for future in tuple(self.flying)]

    def save(self, landed: Sequence[Landed], at: datetime) -> list[Answered]:
        """Save the raw answers, so that settling them can be repeated; what is still ours."""
        if not landed:
            return []
        batch: list[Answered] = []
        saved = save_answers(landed, at=at, token=self.slot.token)
        for (flight, answer), ours in zip(landed, saved, strict=True):
            if ours:
                batch += answered(flight, answer)
            else:
                keep_late(flight, answer)
                absolve(member.job for member in flight.members)
        return batch

    def renew(self, others: Iterable[int]) -> None:
        """Prolong the leases of all lanes; what is ready in lost ones is left to who has them."""
        lanes, now = [*self.lane_ids, *others], time.monotonic()
        ours = renew(lanes, token=self.slot.token, seconds=self.slot.lease) if lanes else set()
        ready, self.ready = self.ready, deque()
        for flight, context in ready:
            if ours.issuperset(flight.lane_ids):
                self.ready.append((replace(flight, held=now), context))
            else:
                absolve(member.job for member in flight.members)

    def _free(self, allowed: int | None) -> int:
        """The threads that are free, of as many calls as the channel's health lets fly.

        One whose call went well is free before that is settled.
        """
        threads: int = settings.SYNCQUEUE["THREADS"]
        busy = sum(
            not (future.done() and self.may_wait(flight, future.result()))
            for future, flight in self.flying.items()
        )
        return min(threads, threads if allowed is None else allowed) - busy

    def _payable(self, most: int) -> Iterator[Prepared]:
        """Up to so many of what is ready, in order, taken from the bucket as we know it."""
        now = timezone.now()
        for _ in range(min(most, len(self.ready))):
            cost = self.ready[0][0].cost
            if self.bucket is not None:
                if not self.bucket.affords(cost, now):
                    self.missing = cost
                    return
                self.bucket = self.bucket.taking(cost, now)
            yield self.ready.popleft()

    def _start(self, going: Sequence[Prepared]) -> None:
        now, trial = time.monotonic(), self.view.health.is_ill
        flights = [replace(flight, trial=trial, started=now) for flight, _ in going]
        started = start(flights, self.slot, epoch=self.epoch, turn=self.turn)
        for flight, (_, context) in zip(flights, going, strict=True):
            if flight.call_ids[0] in started:
                self.flying[pool().submit(send, flight, context, self.slot.lease)] = flight
        self._settle_withdrawn(one for one in flights if one.call_ids[0] not in started)

    def _settle_withdrawn(self, flights: Iterable[Flight]) -> None:
        batch = [one for flight in flights for one in withdrawn(flight)]
        settle_batch(self.slot.channel_id, batch, token=self.slot.token)

    def _land(self, future: Future[Answer], missing: CallError) -> Landed:
        flight = self.flying.pop(future)
        self.seconds = max(0.001, time.monotonic() - flight.started)
        return flight, future.result() if future.done() else Answer(error=missing)

    def _overdue(self) -> Iterator[Future[Answer]]:
        """Calls that broke their own deadline."""
        limit = time.monotonic() - settings.SYNCQUEUE["CALL_DEADLINE_SECONDS"] - GRACE_SECONDS
        return (future for future, flight in self.flying.items() if flight.started < limit)
