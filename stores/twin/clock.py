"""The twin's time: the real one, which the control API can push forward."""

import time
from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]


class Clock:
    """Now, as the shops see it; only a reset leads back."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def seconds(self) -> float:
        return time.time() + self._ahead

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def reset(self) -> None:
        self._ahead = 0.0

    def advance(self, by: timedelta) -> None:
        self._ahead += max(0.0, by.total_seconds())
