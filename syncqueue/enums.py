"""The states of the engine, in the words that its users read."""

from django.db.models import IntegerChoices, TextChoices


class Health(TextChoices):
    """What a channel may do with its calls; deciding deliveries goes on in all of them."""

    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Degraded"
    WAITING = "waiting", "Waiting on Shopify"
    TRIAL = "trial", "Trying one call"
    HELD = "held", "Held"


class Kind(TextChoices):
    """Two lanes a resource: deciding (SQL only) and calling (one in flight)."""

    IN = "in", "Inbound"
    CALL = "call", "Call"


class State(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    RETRYING = "retrying", "Retrying"
    WAITING = "waiting", "Queued — waiting on Shopify"
    SUCCEEDED = "succeeded", "Succeeded"
    DEAD_LETTERED = "dead_lettered", "Dead-lettered"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (State.QUEUED, State.RUNNING, State.RETRYING, State.WAITING)
FINISHED_STATES = (State.SUCCEEDED, State.DEAD_LETTERED, State.CANCELLED)


class Outcome(TextChoices):
    APPLIED = "applied", "Applied"
    WRITTEN = "written", "Written"
    CARRIED = "carried", "Carried by another job's attempt"
    ECHO = "echo", "Our own write coming back"
    STALE = "stale", "Older than what is known"
    SUPERSEDED = "superseded", "Superseded"
    NOTHING_TO_DO = "nothing_to_do", "Nothing to do"
    REJECTED = "rejected", "Rejected"
    HELD = "held", "Held for a person"


class AttemptOutcome(TextChoices):
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Refused"
    THROTTLED = "throttled", "Throttled"
    WAITING = "waiting", "Waiting on Shopify"
    CRASHED = "crashed", "Crashed"
    LATE = "late", "Late answer"
    UNKNOWN = "unknown", "Outcome unknown"
    WITHDRAWN = "withdrawn", "Withdrawn before it was sent"


class CallState(TextChoices):
    PLANNED = "planned", "Planned"
    SENT = "sent", "Sent"
    ANSWERED = "answered", "Answered"
    SETTLED = "settled", "Settled"
    UNKNOWN = "unknown", "Outcome unknown"


class Policy(TextChoices):
    """The named retry lists of `domain.backoff`."""

    INBOUND = "inbound", "Inbound"
    OUTBOUND = "outbound", "Outbound"


class Priority(IntegerChoices):
    BULK = 0, "Bulk"
    INTERACTIVE = 1, "Interactive"
