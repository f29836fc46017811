"""The leaky bucket of points that one app has in one shop."""

from dataclasses import dataclass

__all__ = ["Bucket"]


@dataclass(slots=True)
class Bucket:
    """Times are seconds of the twin's clock; the shop's lock guards it."""

    restore: float
    available: float
    at: float
    seconds: float  # of points that it holds: nobody knows for sure (shopify-platform.md 11.3)

    @classmethod
    def full(cls, restore: float, now: float, seconds: float) -> "Bucket":
        return cls(restore, restore * seconds, now, seconds)

    @property
    def maximum(self) -> float:
        return self.restore * self.seconds

    def take(self, points: float, now: float) -> bool:
        """Whether the points were there; they are taken where they were."""
        self._refill(now)
        if points > self.available:
            return False
        self.available -= points
        return True

    def give_back(self, points: float, now: float) -> None:
        self._refill(now)
        self.available = min(self.maximum, self.available + points)

    def status(self) -> dict[str, float]:
        return {
            "maximumAvailable": float(self.maximum),
            "currentlyAvailable": int(self.available),
            "restoreRate": float(self.restore),
        }

    def _refill(self, now: float) -> None:
        grown = self.available + max(0.0, now - self.at) * self.restore
        self.available, self.at = min(self.maximum, grown), now
