"""What reaches us of a store: deliveries, answers and reads; and what we have sent to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from catalogue.domain.values import Value
from catalogue.domain.version import Version

CLOCK_SLACK = timedelta(seconds=2)
SECOND = timedelta(seconds=1)
READ_LAG = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Seen:
    """A delivery: the store's second, the unsigned trigger time, and when it reached us."""

    second: datetime
    triggered: datetime | None
    received: datetime
    delivery_id: str

    @property
    def instant(self) -> datetime:
        """When it was, by the store's clock: the trigger time where it can be believed."""
        latest = max(self.received, self.second + SECOND) + CLOCK_SLACK
        if self.triggered and self.second - CLOCK_SLACK <= self.triggered <= latest:
            return self.triggered
        return self.second


@dataclass(frozen=True, slots=True)
class ReadSeen:
    """An answer or a read: the store's second, when we asked and were answered, and a stable id."""

    second: datetime
    asked: datetime
    received: datetime
    id: str

    def may_precede(self, second: datetime, heard: datetime | None, *, old: bool) -> bool:
        """Whether another value, told by a delivery of the same second, may be the later one.

        It is not where we had heard of it before we asked; but what is `old`, because the store
        showed it before, a replica that lags may show still.
        """
        lag = READ_LAG if old else timedelta(0)
        return second == self.second and heard is not None and heard + lag >= self.asked


@dataclass(frozen=True, slots=True)
class Hint:
    """The earliest stored delivery (parked or queued) that shows the value just read.

    Without an `id`: the latest one that shows another value, which was set before; or after, where
    that is `unsure`.
    """

    time: datetime
    id: str = ""
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What our call sent for this attribute; `certain` unless its outcome was unknown."""

    value: Value
    version: Version
    planned: datetime
    certain: bool = True


@dataclass(frozen=True, slots=True)
class UnknownWrite:
    """A write that may still land, or has landed unseen."""

    value: Value
    sent_at: datetime
    version: Version
