"""The platform's leaky bucket as we last saw it, and how long to wait for points."""

from dataclasses import dataclass, replace
from datetime import datetime

from syncqueue.domain.handling import Points

CALL_COST = 50.0  # what a call is taken to cost before it is planned


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

    def taking(self, cost: float, now: datetime) -> "Bucket":
        """The bucket after a call is started, before its answer tells the truth."""
        left = self.available(now) - cost
        return Bucket(replace(self.points, available=left), now)
