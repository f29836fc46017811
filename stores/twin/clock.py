"""The twin's time: the real one pushed ahead, or a virtual one that stands until it is stepped."""

import time
from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]


class Clock:
    """Now, as the shops see it; only a reset leads back. All that Shopify times goes by it."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._stands: float | None = None

    @property
    def virtual(self) -> bool:
        return self._stands is not None

    def seconds(self) -> float:
        return time.time() + self._ahead if self._stands is None else self._stands

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def stand(self) -> None:
        """Stop: from now on time passes by `advance` only."""
        self._stands = self.seconds()

    def run(self) -> None:
        """Go on in real seconds, from the moment that was reached."""
        self._ahead, self._stands = self.seconds() - time.time(), None

    def reset(self) -> None:
        self._ahead, self._stands = 0.0, None

    def advance(self, by: timedelta) -> None:
        step = max(0.0, by.total_seconds())
        if self._stands is None:
            self._ahead += step
        else:
            self._stands += step

    def reach(self, moment: float) -> None:
        """Step a standing clock to a moment, exactly: no rounding leaves what is due undone."""
        if self._stands is not None:
            self._stands = max(self._stands, moment)
