"""When a failed job is tried again: two named lists, jitter passed in."""

from syncqueue.enums import Policy

MINUTE, HOUR = 60.0, 3600.0
DELAYS: dict[Policy, tuple[float, ...]] = {
    Policy.INBOUND: (
        0.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR,
    ),
    Policy.OUTBOUND: (MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR),
}  # fmt: skip
JITTER = 0.1


def most_attempts(policy: Policy) -> int:
    """How many tries a job has before it is a dead letter."""
    return len(DELAYS[policy]) + 1


def asked_pause(seconds: float | None, *, longest: float) -> float:
    """How long the platform asks us to wait, within bounds."""
    return min(max(seconds or 0.0, 0.0), longest)


def delay(policy: Policy, spent: int, *, jitter: float) -> float | None:
    """Seconds until the next try after `spent` attempts (from 1), or None: a dead letter.

    `jitter` in [-1, 1] moves the delay by up to a tenth either way.
    """
    steps = DELAYS[policy]
    if spent > len(steps):
        return None
    return steps[spent - 1] * (1 + JITTER * jitter)
