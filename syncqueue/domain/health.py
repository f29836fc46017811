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
DEGRADED_AFTER = 3
HOLDING = {ErrorClass.REVOKED, ErrorClass.FROZEN}
ANSWERED = {ErrorClass.REFUSED, ErrorClass.THROTTLED}


@dataclass(frozen=True)
class ChannelHealth:
    """Where a channel stands; `by` is empty for automation, `failures` are in a row."""

    health: Health = Health.HEALTHY
    reason: str = ""
    by: str = ""
    failures: int = 0
    next_trial_at: datetime | None = None

    def may_call(self, now: datetime) -> int | None:
        """How many calls may be in flight: None for no bound, 1 for a trial, 0 for none."""
        if self.health in (Health.HEALTHY, Health.DEGRADED):
            return None
        if self.health == Health.WAITING and self.next_trial_at and self.next_trial_at <= now:
            return 1
        return 0


def after_success(known: ChannelHealth) -> ChannelHealth:
    """An answer came: healthy again, unless the channel is held."""
    if known.health == Health.HELD:
        return known
    return ChannelHealth()


def after_failure(known: ChannelHealth, error: CallError, now: datetime) -> ChannelHealth:
    """What a failed call says about the channel.

    A refusal or a full bucket is an answer: the platform is there, whatever it thinks of the job.
    """
    if error.kind in HOLDING and known.health != Health.HELD:
        return ChannelHealth(Health.HELD, error.message)
    if error.kind in ANSWERED:
        return after_success(known)
    # Where the channel waits, this call was out already when the first one failed: nothing new.
    if known.health in (Health.HELD, Health.WAITING):
        return known
    if error.kind == ErrorClass.PLATFORM_DOWN or known.health in (Health.WAITING, Health.TRIAL):
        return _waiting(known, error, now)
    failures = known.failures + 1
    if failures < DEGRADED_AFTER:
        return replace(known, failures=failures)
    return ChannelHealth(Health.DEGRADED, error.message, failures=failures)


def start_trial(known: ChannelHealth) -> ChannelHealth:
    """One call goes out to see whether the platform is back."""
    return replace(known, health=Health.TRIAL, next_trial_at=None)


def hold(reason: str, by: str) -> ChannelHealth:
    """No calls until somebody releases the channel; `by` is empty when the platform held it."""
    return ChannelHealth(Health.HELD, reason, by)


def release(known: ChannelHealth, by: str) -> ChannelHealth:
    """Calls may go out again. Automation (`by` empty) can't release what a person held."""
    if known.health != Health.HELD or (known.by and not by):
        return known
    return ChannelHealth()


def _waiting(known: ChannelHealth, error: CallError, now: datetime) -> ChannelHealth:
    trials = known.failures if known.health in (Health.WAITING, Health.TRIAL) else 0
    pause = TRIAL_PAUSES[min(trials, len(TRIAL_PAUSES) - 1)]
    pause = max(pause, asked_pause(error.retry_after, longest=LONGEST_OUTAGE_PAUSE))
    return ChannelHealth(
        Health.WAITING,
        error.message,
        failures=trials + 1,
        next_trial_at=now + timedelta(seconds=pause),
    )
