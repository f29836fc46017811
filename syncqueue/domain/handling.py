"""The contract between the engine and its handlers: what they see, and what they may return."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self
from uuid import UUID


class ErrorClass(StrEnum):
    """What a failed call means for its job and its channel."""

    TRANSIENT = "transient"
    PLATFORM_DOWN = "platform_down"
    THROTTLED = "throttled"
    REFUSED = "refused"
    REVOKED = "revoked"
    FROZEN = "frozen"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class JobView:
    """A job as its handler sees it; `attempts` counts those spent."""

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
    solo: bool = False


@dataclass(frozen=True)
class Settled:
    """Done: the handler has written all that follows from it."""

    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Parked:
    """Waits for something else of its resource; spends no attempt."""

    reason: str
    seconds: float = 30.0


@dataclass(frozen=True)
class Call:
    """A call to make: `request` is stored before it is sent, `context` (secrets) never is."""

    request: dict[str, Any]
    context: object = field(repr=False)
    passengers: tuple[int, ...] = ()
    guard: str = "none"
    cost: float = 10.0


@dataclass(frozen=True)
class Refused:
    """Time cannot cure it: a dead letter at once."""

    code: str
    message: str


@dataclass(frozen=True)
class Retry:
    """A failure that time may cure: spends an attempt, next try by the job's policy."""

    code: str
    message: str


@dataclass(frozen=True)
class Again:
    """Plan once more after `seconds`; spends no attempt."""

    reason: str
    seconds: float = 0.0


@dataclass(frozen=True)
class CallError:
    """Why a call failed; `retry_after` in seconds where the platform named one."""

    kind: ErrorClass
    code: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Points:
    """The platform's bucket after an answer; `restore` in points a second."""

    available: float
    maximum: float
    restore: float


@dataclass(frozen=True)
class Answer:
    """What came back; exactly one of `body` and `error` tells, the other is None."""

    body: dict[str, Any] | None = None
    error: CallError | None = None
    http_status: int | None = None
    request_id: str = ""
    cost: float | None = None
    points: Points | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        error, points = stored["error"], stored["points"]
        return cls(
            **{
                **stored,
                "error": error and CallError(**{**error, "kind": ErrorClass(error["kind"])}),
                "points": points and Points(**points),
            }
        )


Planned = Settled | Parked | Call | Refused | Retry
Disposition = Settled | Again | Refused | Retry


class Handler(Protocol):
    """One kind of work. An inbound handler only plans; it never calls."""

    def plan(
        self, job: JobView, followers: Sequence[JobView], *, now: datetime
    ) -> Planned:  # SQL only, inside a transaction
        ...

    def send(
        self, request: dict[str, Any], context: object
    ) -> Answer:  # HTTP only, in a thread; expected failures come back as `Answer.error`
        ...

    def settle(
        self,
        job: JobView,
        passengers: Sequence[JobView],
        request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Disposition | None:  # SQL only; None leaves a failure to the engine's rule for its class
        ...


_handlers: dict[str, Handler] = {}


def register(name: str, handler: Handler) -> None:
    """Make a handler known; a second one under the same name is a programming error."""
    if _handlers.setdefault(name, handler) is not handler:
        raise ValueError(f"Two handlers are called {name}.")


def handler_for(name: str) -> Handler | None:
    """The handler of that name, or None: then its job is dead-lettered with the reason."""
    return _handlers.get(name)
