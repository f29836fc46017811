"""The contract between the engine and the apps above: jobs, what a handler may say, answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from syncqueue.domain.storable import is_storable, storable
from syncqueue.enums import ErrorClass, Outcome
from syncqueue.errors import UnknownHandler

__all__ = [
    "Again",
    "Answer",
    "Call",
    "CallError",
    "Cancelled",
    "ErrorClass",
    "Handler",
    "JobView",
    "Merging",
    "Outcome",
    "Parked",
    "Planned",
    "Points",
    "Refused",
    "Repeatable",
    "Retry",
    "Settled",
    "SqlOnly",
    "handler_for",
    "register",
]


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as its handler sees it; `jitter` in [-1, 1] was drawn when it was claimed."""

    id: int
    channel_id: int
    lane_id: int
    kind: str
    key: str
    handler: str
    payload: dict[str, Any]
    attempts: int
    cause_id: UUID
    created_at: datetime
    solo: bool
    policy: str = "outbound"
    tries: int = 0
    crashes: int = 0
    jitter: float = 0.0
    cancel_by: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """The job is done; what it had to store is stored."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """The job waits without spending an attempt; `make_due` wakes it earlier."""

    reason: str
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call to store and send. `context` (tokens) stays in memory; passengers are job ids.

    Calls of a `Merging` handler with the same `merge`, if any, may be sent as one.
    """

    request: dict[str, Any]
    context: object = field(repr=False)
    passengers: tuple[int, ...] = ()
    guard: str = "none"
    merge: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Time cannot cure it: dead letter at once."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Retry:
    """An attempt is spent; the next one comes by the job's policy."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Somebody ended the job; the engine's own word, no handler's."""

    by: str


@dataclass(frozen=True, slots=True)
class Again:
    """Plan once more; no attempt is spent."""

    reason: str
    seconds: float = 0.0


Planned = Settled | Parked | Call | Refused | Retry | Cancelled
Verdict = Settled | Again | Refused | Retry


@dataclass(frozen=True, slots=True)
class CallError:
    kind: ErrorClass
    code: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """The platform's own account of the budget left."""

    available: float
    maximum: float
    restore: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one call, or why nothing did.

    `asked` points had to be there for it, `cost` were used, `points` are left.
    """

    body: dict[str, Any] | None = None
    error: CallError | None = None
    http_status: int | None = None
    request_id: str = ""
    asked: int | None = None
    cost: int | None = None
    points: Points | None = None
    seconds: float = 0.0

    def storable(self) -> "Answer":
        """The same without characters that no table holds."""
        data = self.to_json()
        return self if is_storable(data) else Answer.from_json(storable(data))

    def to_json(self) -> dict[str, Any]:
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        error, points = self.error, self.points
        return {**data, "error": error and asdict(error), "points": points and asdict(points)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Answer":
        error, points = data["error"], data["points"]
        return cls(
            **{
                **data,
                "error": error and CallError(**{**error, "kind": ErrorClass(error["kind"])}),
                "points": points and Points(**points),
            }
        )


class Handler(Protocol):
    """What an app registers under a name.

    `plan` and `settle` run SQL in the pump's main thread, inside its transaction; `send` does
    HTTP only, in a thread, and returns expected failures as `Answer.error`. What it sends has one
    more key than what was planned: `idempotency_key`, that of the stored call.
    """

    def plan(self, job: JobView, followers: Sequence[JobView], *, now: datetime) -> Planned: ...

    def send(self, request: dict[str, Any], context: object) -> Answer: ...

    def settle(
        self,
        job: JobView,
        passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        """Store what the answer says; None leaves the job to the engine's default."""


@runtime_checkable
class Merging(Protocol):
    """A handler whose calls of several lanes may go together, up to `most` in one request.

    `settle` is then asked for each of them, with the request that its own plan made and the whole
    answer.
    """

    most: int

    def merge(self, calls: Sequence[Call]) -> Call:
        """One call of them all, in their order; nothing but their requests decides it."""

    def refused(self, request: dict[str, Any], answer: Answer) -> Collection[int]:
        """The places of those because of which the platform refused the whole request.

        Empty where it was accepted. `settle` decides the named ones; the others go again without
        them.
        """


@runtime_checkable
class Repeatable(Protocol):
    """A handler whose calls the platform carries out once, however often they come.

    It does so by their `idempotency_key`, for a day. So a call of unknown outcome is sent again
    as it was stored, before anything else of its lanes.
    """

    def context(self, job: JobView, *, now: datetime) -> object:
        """What `send` needs and nobody stores; `Parked` where it can't be had yet."""


class SqlOnly:
    """Base of handlers that never call: those of `in` lanes."""

    def send(self, _request: dict[str, Any], _context: object) -> Answer:
        raise TypeError(f"{type(self).__name__} sends nothing.")

    def settle(
        self,
        _job: JobView,
        _passengers: Sequence[JobView],
        _call_request: dict[str, Any],
        _answer: Answer,
        *,
        now: datetime,  # noqa: ARG002  named by the contract
    ) -> Verdict | None:
        raise TypeError(f"{type(self).__name__} settles nothing.")


_handlers: dict[str, Handler] = {}


def register(name: str, handler: Handler) -> None:
    _handlers[name] = handler


def find_handler(name: str) -> Handler | None:
    return _handlers.get(name)


def handler_for(name: str) -> Handler:
    try:
        return _handlers[name]
    except KeyError:
        raise UnknownHandler(f"No handler is registered as “{name}”.") from None
