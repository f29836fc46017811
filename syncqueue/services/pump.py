"""The pump of one channel: its slot, its `in` lanes, its calls, until empty or the slice ends."""

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from syncqueue.domain.health import start_trial
from syncqueue.enums import Health
from syncqueue.models import Channel, Lane
from syncqueue.selectors.channels import ChannelView, look
from syncqueue.services.answered import Answered
from syncqueue.services.channel import store_health
from syncqueue.services.claim import give_slot_back, take_slot
from syncqueue.services.incoming import decide_due
from syncqueue.services.outgoing import Outgoing
from syncqueue.services.settle import settle_batch
from syncqueue.services.wake import others_wait, wake
from syncqueue.stopping import asked_to_stop

# How long the main thread sleeps at most while calls are in flight: then it looks for new work. An
# answer ends the nap; a look costs a millisecond of a core.
NAP_SECONDS = 0.02
DECIDE_SECONDS = 0.5  # deliveries that nobody was woken for are looked for so often
LONGEST_SLICES = 3
# So many channels share a worker at most; it asks so often, and so long after its task began, which
# may last a minute with a slice and the slowest call after that.
MOST_ABOARD = 4
ASK_SECONDS, GUESTS_SECONDS = 0.1, 20.0
LONGEST_WAITING = """
SELECT id FROM syncqueue_channel
WHERE woken_at IS NOT NULL AND slot_until IS NULL AND NOT paused
  AND next_due_at <= statement_timestamp()
ORDER BY woken_at LIMIT 1
"""
LAND_SECONDS = 4.0  # for calls in flight when the node is asked to stop


@dataclass(slots=True)
class PumpReport:
    """What one slice did; `busy` where another pump holds the channel's slot."""

    channel_id: int
    decided: int = 0
    calls: int = 0
    busy: bool = False

    @property
    def worked(self) -> int:
        return self.decided + self.calls


def run_pump(
    channel_id: int, *, slice_seconds: float | None = None, guests: bool = False
) -> PumpReport:
    """Work on one channel until nothing is due or the slice ends; wakes itself if more is due.

    With `guests` other channels are worked on, too, as long as this one does nothing but wait for
    its answers and wake-ups wait for a worker: a slow store holds no worker.
    """
    host = _board(channel_id, slice_seconds or settings.SYNCQUEUE["SLICE_SECONDS"])
    if host is None:
        return PumpReport(channel_id, busy=True)
    with ExitStack() as stack:
        stack.callback(host.leave)
        aboard = [host]
        while aboard:
            for pump in tuple(aboard):
                if not pump.goes_on(NAP_SECONDS / len(aboard)):
                    aboard.remove(pump)
                    pump.leave()
            if guests and (guest := _guest(aboard, host.turn)):
                stack.callback(guest.leave)
                aboard.append(guest)
    return host.report


def _board(channel_id: int, seconds: float) -> "_Pump | None":
    """A pump that holds the channel's slot; None where another one does."""
    token, lease = uuid4(), settings.SYNCQUEUE["LEASE_SECONDS"]
    if not take_slot(channel_id, token=token, seconds=lease):
        return None
    pump = _Pump(channel_id, token, lease, _Turn(seconds))
    pump.clear_trial()
    return pump


def _guest(aboard: Sequence["_Pump"], turn: "_Turn") -> "_Pump | None":
    """The pump of the channel that has waited longest for a worker, if there is time for it."""
    full = len(aboard) >= MOST_ABOARD or not all(pump.only_waits for pump in aboard)
    if not aboard or full or not turn.may_ask() or not others_wait():
        return None
    with connection.cursor() as cursor:
        cursor.execute(LONGEST_WAITING)
        row = cursor.fetchone()
    return _board(row[0], turn.seconds) if row else None


def drain(channel_ids: Iterable[int] | None = None, *, timeout: float = 30.0) -> int:
    """Pump here, without a cluster, until nothing is due; says how many jobs were worked on."""
    ends, worked = time.monotonic() + timeout, 0
    while due := _due_channels(channel_ids):
        done = sum(run_pump(channel_id).worked for channel_id in due)
        worked += done
        if time.monotonic() > ends:
            raise TimeoutError(f"The channels {due} still have work due after {timeout} s.")
        if not done:
            time.sleep(NAP_SECONDS)
    return worked


def _due_channels(channel_ids: Iterable[int] | None) -> list[int]:
    now = timezone.now()
    calls = Q(channel__health__in=[Health.HEALTHY, Health.DEGRADED]) | Q(
        channel__health=Health.WAITING, channel__next_trial_at__lte=now
    )
    lanes = Lane.objects.filter(Q(kind="in") | calls, due_at__lte=now, channel__paused=False)
    if channel_ids is not None:
        lanes = lanes.filter(channel__in=list(channel_ids))
    return sorted(set(lanes.values_list("channel_id", flat=True)))


class _Turn:
    """How long one pump may go on: a slice, and up to three while no other channel waits."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.started = self.asked = time.monotonic()
        self.ends = self.started + seconds

    def may_ask(self) -> bool:
        """Whether to look for a guest: now and then, and not late in a worker's minute."""
        now = time.monotonic()
        if now - self.asked < ASK_SECONDS or now - self.started > GUESTS_SECONDS:
            return False
        self.asked = now
        return not asked_to_stop()

    def goes_on(self) -> bool:
        now = time.monotonic()
        last = self.started + LONGEST_SLICES * self.seconds
        if self.ends <= now < last and not others_wait():
            self.ends = min(last, now + self.seconds)
        return now < self.ends and not asked_to_stop()


class _Pump:
    """One slice's state: what is under way and when the leases were renewed."""

    def __init__(self, channel_id: int, token: UUID, lease: float, turn: _Turn) -> None:
        self.channel_id, self.token, self.lease, self.turn = channel_id, token, lease, turn
        self.only_waits = self.left = False
        self.report = PumpReport(channel_id)
        self.out = Outgoing(channel_id, token, lease)
        self.air = self.out.air
        self.calls_from: datetime | None = None
        self.renewed = time.monotonic()
        self.ours = self.fresh = True
        self.decide_at = 0.0

    def goes_on(self, nap: float) -> bool:
        """One round; False when there is nothing left to do in this slice."""
        return self._step(nap, may_plan=self.turn.goes_on()) and not asked_to_stop()

    def leave(self) -> None:
        """Land what is in the air and give the slot back; done once."""
        if self.left:
            return
        self.left = True
        try:
            self._land()
        finally:
            more = give_slot_back(self.channel_id, token=self.token, calls_from=self.calls_from)
        if more:
            wake([self.channel_id], stale=0.0)

    def _step(self, nap: float, *, may_plan: bool) -> bool:
        landed, at = self.air.landed(nap), timezone.now()
        self.fresh |= bool(landed) and self.out.more
        if not all(self.air.may_wait(*one) for one in landed):
            self._settle(self.air.save(landed, at))
            landed = []
        started = self._depart()
        answered = self.air.save(landed, at)
        self.fresh |= self.calls_from is not None and self.calls_from <= timezone.now()
        worked = 0
        view = self.air.view
        if may_plan and self.ours and not view.paused and (self.fresh or view.woken):
            worked = self._work(view)
        self._settle(answered)
        self._renew()
        self.only_waits = bool(self.air.flying) and not worked
        # What was settled may have made its lanes due again: one more round sees.
        return bool(worked or started or answered or self.air.flying)

    def _depart(self) -> int:
        """Look at the channel, and start what is ready as far as it still allows that."""
        self.air.see(look(self.channel_id))
        if started := self.air.depart():
            self.air.see(look(self.channel_id))
        return started

    def _work(self, view: ChannelView) -> int:
        """Decide what came in, and plan calls; says how much of both."""
        self.fresh = False
        if view.woken:
            self._hear()
        decided = 0
        if view.woken or time.monotonic() >= self.decide_at:
            decided = decide_due(self.channel_id, token=self.token, seconds=self.lease)
            self.decide_at = time.monotonic() + (0.0 if decided else DECIDE_SECONDS)
            self.report.decided += decided
        started = self._start(view)
        self.fresh |= decided > 0 or (started > 0 and self.out.more)
        return decided + started

    def _land(self) -> None:
        """Wait for what is in the air; a started call is always settled here."""
        self.out.leave()
        gives_up = time.monotonic() + LAND_SECONDS
        while self.air.flying:
            self._settle(self.air.save(self.air.landed(NAP_SECONDS), timezone.now()))
            self._renew()
            if asked_to_stop() and time.monotonic() > gives_up:
                self._settle(self.air.save(self.air.abandon(), timezone.now()))

    def clear_trial(self) -> None:
        """A trial that nobody is making any more (its pump died) is due again."""
        known = self.air.view.health
        if known.health == Health.TRIAL:
            again = replace(known, health=Health.WAITING, next_trial_at=timezone.now())
            store_health(self.channel_id, known, again)

    def _start(self, view: ChannelView) -> int:
        now = timezone.now()
        self.calls_from, self.air.missing = view.health.next_trial_at, 0.0
        allowed = view.may_call(now)
        room = self.out.room()
        if allowed is not None:
            room = min(room, allowed - len(self.air))
        if view.bucket is not None and not view.bucket.affords(view.costs.least, now):
            self._wait_for_points(view, view.costs.least)
            return 0
        if room <= 0:
            return 0
        trial = view.health.health == Health.WAITING
        if trial and not self._begin_trial(view):
            return 0
        started = self.out.start_due(room=room)
        if self.air.missing:
            self._wait_for_points(view, self.air.missing)
        self.report.calls += started
        if trial and not self.air.flying:
            self._end_trial(view)
        return started

    def _wait_for_points(self, view: ChannelView, cost: float) -> None:
        if view.bucket is not None:
            now = timezone.now()
            self.calls_from = now + timedelta(seconds=view.bucket.wait(cost, now))

    def _begin_trial(self, view: ChannelView) -> bool:
        return store_health(self.channel_id, view.health, start_trial(view.health))

    def _end_trial(self, view: ChannelView) -> None:
        """The trial's job needed no call: the channel waits on, for a job that does."""
        known = look(self.channel_id).health
        store_health(self.channel_id, known, view.health)

    def _settle(self, answered: list[Answered]) -> None:
        if answered:
            settle_batch(self.channel_id, answered, token=self.token, reserved=self.air.reserved)
            self.fresh = True

    def _hear(self) -> None:
        Channel.objects.filter(pk=self.channel_id, slot_token=self.token).update(woken_at=None)

    def _renew(self) -> None:
        if time.monotonic() - self.renewed < self.lease / 3:
            return
        self.renewed = time.monotonic()
        self.ours = take_slot(self.channel_id, token=self.token, seconds=self.lease)
        self.fresh, self.decide_at = True, 0.0  # taking the slot has cleared a wake-up's flag
        self.out.renew()
