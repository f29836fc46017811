"""What is to happen later, by the twin's clock: retries, delays, deadlines, a rogue's next move."""

import heapq
import itertools
import sys
import threading
import time
from collections.abc import Callable

from stores.twin.clock import Clock

__all__ = ["Agenda", "settle"]

NAP_SECONDS = 0.25  # how soon a clock that nobody announced as pushed is noticed
STOP_SECONDS = 5.0
Action = Callable[[], None]


class Agenda:
    """Short actions at their moments, in order, on one thread that the first one starts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._acting = self._stopped = False

    def after(self, seconds: float, action: Action) -> None:
        """Let something happen so many seconds of the twin's clock from now."""
        moment = self._clock.seconds() + seconds
        with self._changed:
            if self._stopped:
                return
            heapq.heappush(self._waiting, (moment, next(self._order), action))
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True, name="twin-agenda")
                self._thread.start()

    def next_due(self) -> float | None:
        """The moment of what comes first, in seconds of the twin's clock."""
        with self._changed:
            return self._waiting[0][0] if self._waiting else None

    def idle(self) -> bool:
        """Whether nothing is being done and nothing is due; more may be waiting."""
        with self._changed:
            return not self._acting and not self._is_due()

    def wake(self) -> None:
        """The clock was moved: look again."""
        with self._changed:
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._waiting.clear()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._waiting[0][0] <= self._clock.seconds()

    def _work(self) -> None:
        while (action := self._next()) is not None:
            try:
                action()
            except Exception:  # noqa: BLE001  a fault of one action must not end all that follow
                sys.excepthook(*sys.exc_info())
            finally:
                with self._changed:
                    self._acting = False

    def _next(self) -> Action | None:
        with self._changed:
            while not self._stopped:
                if self._is_due():
                    self._acting = True
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(self._patience())
        return None

    def _patience(self) -> float | None:
        """How long to wait: a standing clock announces its steps, a pushed one may not."""
        if not self._waiting:
            return None
        return min(max(0.001, self._waiting[0][0] - self._clock.seconds()), NAP_SECONDS)


def settle(is_quiet: Callable[[], bool], *, seconds: float) -> None:
    """Wait in real time until nothing moves. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while not is_quiet():
        if time.monotonic() > until:
            raise TimeoutError("The twin does not come to rest.")
        time.sleep(0.002)
