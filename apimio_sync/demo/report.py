"""The demo's report: one line a step, with the time that it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WIDTH = 78


class StepFailedError(AssertionError):
    """A step of the demo did not hold."""


class Report:
    """Prints as it goes; `held` is False as soon as one step did not."""

    def __init__(self) -> None:
        self.held = True

    def title(self, text: str) -> None:
        self._print(f"\n{text}\n{'─' * min(len(text), WIDTH)}")

    def say(self, text: str) -> None:
        self._print(f"    {text}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A step with its time; one that raises StepFailedError is told, and the demo goes on."""
        started = time.monotonic()
        try:
            yield
        except StepFailedError as error:
            self.held = False
            self._print(f"  ✗ {text}\n      {error}")
        else:
            self._print(f"  ✓ {text}{_dots(text)}{time.monotonic() - started:6.2f} s")

    def progress(self, done: int, total: int) -> None:
        """A bar on a terminal, one line elsewhere."""
        if not sys.stdout.isatty():
            if total and done >= total:
                self.say(f"{done} of {total} products")
        elif total:
            filled = round(30 * done / total)
            bar = "█" * filled + "░" * (30 - filled)
            end = "\n" if done >= total else ""
            sys.stdout.write(f"\r    {bar} {done}/{total} products{end}")
            sys.stdout.flush()

    def _print(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  reads as a sentence
    if not holds:
        raise StepFailedError(otherwise)


def until(holds: Callable[[], bool], otherwise: str, *, seconds: float = 30.0) -> float:
    """Wait until something holds; the seconds it took. Raises StepFailedError."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise StepFailedError(f"{otherwise} (waited {seconds:.0f} s)")
        time.sleep(0.01)
    return time.monotonic() - started


def _dots(text: str) -> str:
    return " " + "·" * max(3, WIDTH - len(text) - 12) + " "
