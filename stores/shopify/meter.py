"""What the requests of one call ask for and cost together: each request of a thread is metered."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from stores.shopify.types import Points

__all__ = ["Meter", "metered", "note"]


@dataclass(slots=True)
class Meter:
    """Over all requests, None where Shopify told nothing; `points` is the last account.

    A request runs only if what it asks for is there, and gives back what it does not use. So
    `asked` is what must be there for the dearest, after those before it have used theirs:
    https://shopify.dev/docs/api/usage/limits#the-leaky-bucket-algorithm
    """

    asked: int | None = None
    cost: int | None = None
    points: Points | None = None


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Meter the requests that this thread sends meanwhile."""
    meter = Meter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


def note(asked: int | None, cost: int | None, points: Points | None) -> None:
    """Add one request to the meter that is running, if any."""
    meter = _meter.get()
    if meter is None:
        return
    if asked is not None:
        meter.asked = max(meter.asked or 0, (meter.cost or 0) + asked)
    if cost is not None:
        meter.cost = (meter.cost or 0) + cost
    meter.points = points or meter.points
