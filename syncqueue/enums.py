"""The words of the engine's states, plain enough for the pure domain."""

from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """The two kinds of lanes: deciding what came in, and calling the platform."""

    IN = "in"
    CALL = "call"


class Priority(IntEnum):
    BULK = 0
    INTERACTIVE = 1


class Policy(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Health(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    WAITING = "waiting"
    TRIAL = "trial"
    HELD = "held"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    DEAD_LETTERED = "dead_lettered"
    CANCELLED = "cancelled"


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING, JobState.RETRYING, JobState.WAITING)


class Outcome(StrEnum):
    """What a finished job came to."""

    APPLIED = "applied"
    WRITTEN = "written"
    CARRIED = "carried"
    ECHO = "echo"
    STALE = "stale"
    SUPERSEDED = "superseded"
    NOTHING_TO_DO = "nothing_to_do"
    REJECTED = "rejected"
    HELD = "held"


class AttemptOutcome(StrEnum):
    """How one try ended; `withdrawn` was planned but never sent."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    THROTTLED = "throttled"
    WAITING = "waiting"
    CRASHED = "crashed"
    LATE = "late"
    UNKNOWN = "unknown"
    PARKED = "parked"
    WITHDRAWN = "withdrawn"


class CallState(StrEnum):
    """`repeating`: nobody heard the answer, the same call goes again; `withdrawn`: never sent.

    `unknown`: nobody heard the answer, and nobody asks any more.
    """

    PLANNED = "planned"
    SENT = "sent"
    ANSWERED = "answered"
    REPEATING = "repeating"
    SETTLED = "settled"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


OPEN_CALL_STATES = (
    CallState.PLANNED,
    CallState.SENT,
    CallState.ANSWERED,
    CallState.REPEATING,
)


class ReplayState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class ErrorClass(StrEnum):
    """What a failed call means for its job and its channel."""

    TRANSIENT = "transient"
    PLATFORM_DOWN = "platform_down"
    THROTTLED = "throttled"
    REFUSED = "refused"
    REVOKED = "revoked"
    FROZEN = "frozen"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
