"""The platform's leaky bucket as we last saw it, and what calls of each kind ask of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from syncqueue.domain.handling import Points

CALL_COST = 50.0  # what a call is taken to ask for and to use before any of its kind was made
FORGET = 0.01  # by so much of itself a dear call is forgotten with every cheaper one


@dataclass(frozen=True)
class Bucket:
    """Points as of an instant; they flow back at `points.restore` a second up to the maximum."""

    points: Points
    at: datetime

    def available(self, now: datetime) -> float:
        elapsed = max(0.0, (now - self.at).total_seconds())
        return min(self.points.maximum, self.points.available + elapsed * self.points.restore)

    def wait(self, cost: float, now: datetime) -> float:
        """Seconds until `cost` points are there; a cost above the maximum waits for a full one."""
        missing = min(cost, self.points.maximum) - self.available(now)
        return max(0.0, missing / self.points.restore)

    def drain(self, points: float, now: datetime) -> float:
        """Seconds until a backlog of so many points is worked off, however many they are."""
        return max(0.0, (points - self.available(now)) / self.points.restore)

    def affords(self, cost: float, now: datetime) -> bool:
        return self.available(now) >= min(cost, self.points.maximum)

    def taking(self, cost: float, now: datetime) -> "Bucket":
        """The bucket after a call is started, before its answer tells the truth."""
        left = self.available(now) - cost
        return Bucket(replace(self.points, available=left), now)


@dataclass(frozen=True)
class Costs:
    """By handler: the points that must be there for a call, and those that it uses on average.

    A call runs only where the points it asks for are there; what it doesn't use comes back. So
    the dearest call counts until many cheaper ones have made it be forgotten.
    """

    known: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Costs":
        return cls({name: (float(asked), float(used)) for name, (asked, used) in data.items()})

    def to_json(self) -> dict[str, list[float]]:
        return {name: [round(a, 1), round(u, 1)] for name, (a, u) in self.known.items()}

    def proven(self, handler: str) -> bool:
        """Whether any call of this kind was answered: the first one flies alone."""
        return handler in self.known

    def asked(self, handler: str) -> float:
        return self.known.get(handler, (CALL_COST, CALL_COST))[0]

    def used(self, handler: str) -> float:
        return self.known.get(handler, (CALL_COST, CALL_COST))[1]

    @property
    def least(self) -> float:
        """What the cheapest call asks for: with less than that nothing can be sent."""
        return min((asked for asked, _ in self.known.values()), default=CALL_COST)

    def after(self, handler: str, asked: int | None, used: int | None) -> "Costs":
        """What is known after one more answer; None where the platform told nothing."""
        if asked is None:
            return Costs({handler: (CALL_COST, CALL_COST), **self.known})
        before_asked, before_used = self.known.get(handler, (float(asked), float(used or asked)))
        new_asked = max(float(asked), before_asked * (1 - FORGET))
        new_used = before_used if used is None else 0.9 * before_used + 0.1 * used
        return Costs({**self.known, handler: (new_asked, new_used)})


def duration(seconds: float) -> str:
    """A length of time as operators say it."""
    for limit, size, unit in ((90, 1, "second"), (5400, 60, "minute"), (129_600, 3600, "hour")):
        if seconds < limit:
            count = max(1, round(seconds / size))
            return f"about {count} {unit}{'s' * (count > 1)}"
    return f"about {round(seconds / 86_400)} days"
