"""The pump of one channel: its slot, its `in` lanes, its calls, until empty or the slice ends."""

import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from syncqueue.domain.health import start_trial
from syncqueue.domain.pace import Bucket
from syncqueue.enums import Health
from syncqueue.models import Channel, Lane
from syncqueue.selectors.channels import ChannelView, look
from syncqueue.services.channel import store_health
from syncqueue.services.claim import give_slot_back, renew, take_slot
from syncqueue.services.incoming import decide_due
from syncqueue.services.outgoing import Outgoing
from syncqueue.services.settle import settle_batch
from syncqueue.services.wake import others_wait, wake
from syncqueue.stopping import asked_to_stop

# How long the main thread sleeps at most while calls are in flight: then it looks for new work.
NAP_SECONDS = 0.01
LONGEST_SLICES = 3
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


def run_pump(channel_id: int, *, slice_seconds: float | None = None) -> PumpReport:
    """Work on one channel until nothing is due or the slice ends; wakes itself if more is due."""
    token, lease = uuid4(), settings.SYNCQUEUE["LEASE_SECONDS"]
    if not take_slot(channel_id, token=token, seconds=lease):
        return PumpReport(channel_id, busy=True)
    pump = _Pump(channel_id, token, lease)
    pump.clear_trial()
    turn = _Turn(slice_seconds or settings.SYNCQUEUE["SLICE_SECONDS"])
    try:
        while pump.step(may_start=turn.goes_on()) and not asked_to_stop():
            pass
    finally:
        pump.land()
        more = give_slot_back(channel_id, token=token, calls_from=pump.calls_from)
    if more:
        wake([channel_id], stale=0.0)
    return pump.report


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
        self.started = time.monotonic()
        self.ends = self.started + seconds

    def goes_on(self) -> bool:
        now = time.monotonic()
        last = self.started + LONGEST_SLICES * self.seconds
        if self.ends <= now < last and not others_wait():
            self.ends = min(last, now + self.seconds)
        return now < self.ends and not asked_to_stop()


class _Pump:
    """One slice's state: what is in flight and when the leases were renewed."""

    def __init__(self, channel_id: int, token: UUID, lease: float) -> None:
        self.channel_id, self.token, self.lease = channel_id, token, lease
        self.report = PumpReport(channel_id)
        self.out = Outgoing(channel_id, token, lease)
        self.calls_from: datetime | None = None
        self.renewed = time.monotonic()
        self.ours = self.fresh = True

    def step(self, *, may_start: bool) -> bool:
        """One round; False when there is nothing left to do in this slice."""
        view = look(self.channel_id)
        self.fresh |= self.calls_from is not None and self.calls_from <= timezone.now()
        worked = 0
        if may_start and self.ours and not view.paused and (self.fresh or view.woken):
            self.fresh = False
            if view.woken:
                self._hear()
            worked = decide_due(self.channel_id, token=self.token, seconds=self.lease)
            self.report.decided += worked
            worked += self._start(view)
        self._settle()
        self._renew()
        self.fresh |= worked > 0
        return bool(worked or self.out.flights)

    def land(self) -> None:
        """Wait for what is in the air; a started call is always settled here."""
        gives_up = time.monotonic() + LAND_SECONDS
        while self.out.flights:
            self._settle()
            self._renew()
            if asked_to_stop() and time.monotonic() > gives_up:
                settle_batch(self.channel_id, self.out.abandon(), token=self.token)
        self.out.leave()

    def clear_trial(self) -> None:
        """A trial that nobody is making any more (its pump died) is due again."""
        known = look(self.channel_id).health
        if known.health == Health.TRIAL:
            again = replace(known, health=Health.WAITING, next_trial_at=timezone.now())
            store_health(self.channel_id, known, again)

    def _start(self, view: ChannelView) -> int:
        now = timezone.now()
        self.calls_from = view.health.next_trial_at
        allowed = view.may_call(now)
        room = self.out.room()
        if allowed is not None:
            room = min(room, allowed - len(self.out.flights))
        if view.bucket is not None and not view.bucket.affords(view.costs.least, now):
            self._wait_for_points(view.bucket, view.costs.least, now)
            return 0
        if room <= 0:
            return 0
        trial = view.health.health == Health.WAITING
        if trial and not self._begin_trial(view):
            return 0
        started = self.out.start_due(room=room, view=view)
        if view.bucket is not None and self.out.missing:
            self._wait_for_points(view.bucket, self.out.missing, now)
        self.report.calls += started
        if trial and not self.out.flights:
            self._end_trial(view)
        return started

    def _wait_for_points(self, bucket: Bucket, cost: float, now: datetime) -> None:
        self.calls_from = now + timedelta(seconds=bucket.wait(cost, now))

    def _begin_trial(self, view: ChannelView) -> bool:
        return store_health(self.channel_id, view.health, start_trial(view.health))

    def _end_trial(self, view: ChannelView) -> None:
        """The trial's job needed no call: the channel waits on, for a job that does."""
        known = look(self.channel_id).health
        store_health(self.channel_id, known, view.health)

    def _settle(self) -> None:
        if not self.out.flights:
            return
        done = wait(self.out.flights, timeout=NAP_SECONDS, return_when=FIRST_COMPLETED).done
        if ended := [*done, *self.out.overdue()]:
            answered = self.out.collect(ended)
            settle_batch(self.channel_id, answered, token=self.token, reserved=self.out.reserved)
            self.fresh = True

    def _hear(self) -> None:
        Channel.objects.filter(pk=self.channel_id, slot_token=self.token).update(woken_at=None)

    def _renew(self) -> None:
        if time.monotonic() - self.renewed < self.lease / 3:
            return
        self.renewed = time.monotonic()
        self.ours = take_slot(self.channel_id, token=self.token, seconds=self.lease)
        self.fresh = True  # taking the slot has cleared the flag of a wake-up
        if self.out.lanes:
            renew(self.out.lanes, token=self.token, seconds=self.lease)
