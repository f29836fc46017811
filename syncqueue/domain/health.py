"""The health of a channel as pure transitions; `services` store each with one guarded UPDATE.

Automation never undoes a person: what somebody held, only somebody releases.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncqueue.domain.backoff import asked_pause
from syncqueue.domain.handling import CallError, ErrorClass
from syncqueue.enums import Health

TRIAL_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
LONGEST_OUTAGE_PAUSE = 300.0  # where the platform asks for more, it is tried all the same
# Failures in a row that time may cure, each without any answer.
DEGRADED_AFTER, WAITING_AFTER = 3, 8
FIRST_CALLS, MOST_CALLS = 2, 16  # in flight while it climbs back; beyond the last, no bound
HOLDING = {ErrorClass.REVOKED, ErrorClass.FROZEN}
ANSWERED = {ErrorClass.REFUSED, ErrorClass.THROTTLED}


@dataclass(frozen=True)
class ChannelHealth:
    """Where a channel stands; `by` is empty for automation, `failures` are in a row.

    `climb` is how many calls may be in flight while it climbs back; None is no bound.
    """

    health: Health = Health.HEALTHY
    reason: str = ""
    by: str = ""
    failures: int = 0
    next_trial_at: datetime | None = None
    climb: int | None = None

    def may_call(self, now: datetime) -> int | None:
        """How many calls may be in flight: None for no bound, 1 for a trial, 0 for none."""
        if self.health in (Health.HEALTHY, Health.DEGRADED):
            return self.climb
        if self.health == Health.WAITING and self.next_trial_at and self.next_trial_at <= now:
            return 1
        return 0

    @property
    def is_ill(self) -> bool:
        """Whether the platform is taken to be away: a call that is lost now says nothing new."""
        return self.health in (Health.WAITING, Health.TRIAL)


def after_success(known: ChannelHealth) -> ChannelHealth:
    """An answer came: after an outage more and more calls may go, unless the channel is held."""
    if known.health == Health.HELD:
        return known
    if known.is_ill:
        return ChannelHealth(reason="Shopify is back; climbing to full pace.", climb=FIRST_CALLS)
    if known.climb and known.climb < MOST_CALLS:
        return ChannelHealth(reason=known.reason, climb=2 * known.climb)
    return ChannelHealth()


def after_failure(known: ChannelHealth, error: CallError, now: datetime) -> ChannelHealth:
    """What a failed call says about the channel.

    A refusal or a full bucket is an answer: the platform is there, whatever it thinks of the job.
    """
    if error.kind in HOLDING:
        return hold(known, error.message, "")
    if error.kind in ANSWERED:
        return after_success(known)
    # Where the channel waits, this call was out already when the first one failed: nothing new.
    if known.health in (Health.HELD, Health.WAITING) or error.kind == ErrorClass.NOT_SENT:
        return known
    if error.kind == ErrorClass.PLATFORM_DOWN or known.health == Health.TRIAL:
        return _waiting(known, error, error.message, now)
    return _failing(known, error, now)


def _failing(known: ChannelHealth, error: CallError, now: datetime) -> ChannelHealth:
    """One more call was lost, for a reason that time may cure."""
    failures = known.failures + 1
    if failures >= WAITING_AFTER:
        return _waiting(known, error, f"{failures} calls in a row failed: {error.message}", now)
    if failures < DEGRADED_AFTER:
        return replace(known, failures=failures)
    return replace(known, health=Health.DEGRADED, reason=error.message, failures=failures)


def start_trial(known: ChannelHealth) -> ChannelHealth:
    """One call goes out to see whether the platform is back."""
    return replace(known, health=Health.TRIAL, next_trial_at=None)


def hold(known: ChannelHealth, reason: str, by: str) -> ChannelHealth:
    """No calls until somebody releases the channel; `by` is empty when the platform held it.

    Automation leaves what a person held as it is.
    """
    if known.health == Health.HELD and known.by and not by:
        return known
    return ChannelHealth(Health.HELD, reason, by)


def release(known: ChannelHealth, by: str) -> ChannelHealth:
    """Calls may go out again. Automation (`by` empty) can't release what a person held."""
    if known.health != Health.HELD or (known.by and not by):
        return known
    return ChannelHealth(reason=f"Released by {by}." if by else "")


def _waiting(known: ChannelHealth, error: CallError, reason: str, now: datetime) -> ChannelHealth:
    trials = known.failures if known.is_ill else 0
    pause = TRIAL_PAUSES[min(trials, len(TRIAL_PAUSES) - 1)]
    pause = max(pause, asked_pause(error.retry_after, longest=LONGEST_OUTAGE_PAUSE))
    return ChannelHealth(
        Health.WAITING,
        reason,
        failures=trials + 1,
        next_trial_at=now + timedelta(seconds=pause),
    )
