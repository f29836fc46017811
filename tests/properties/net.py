"""How bad the world is, and the clock by which everything in it happens."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.properties.shops import START

TIME_OUT = 3.0
LONGEST_LAG = 1.5
LONGEST_SETTLING = 1.0
A_DAY = 26 * 3600.0


def seconds(value: float) -> timedelta:
    return timedelta(microseconds=round(value * 1_000_000))


@dataclass(frozen=True)
class Net:
    """Delays, misfortunes, and how much people do. `late`: what one delivery in twenty takes.

    `busy`: how often the hub takes in an answer a while after it has landed.
    """

    delay: float = 0.4
    late: float = 0.0
    double: float = 0.0
    drop: float = 0.0
    lost: float = 0.0
    ghost: float = 0.0
    lag: float = 0.0
    busy: float = 0.0
    skew: float = 0.0
    answers: tuple[float, ...] = (0.02, 0.06, 1.5)
    span: float = 12.0
    edits: int = 6
    touches: int = 6
    flips: int = 2
    hub_edits: int = 2
    overrides: int = 3


class Clock:
    """Virtual time: what is to happen, in order."""

    def __init__(self) -> None:
        self.now = START
        self.events: list[tuple[datetime, int, Callable[[], None]]] = []
        self.order = itertools.count()

    def later(self, delay: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds(delay), next(self.order), act))

    def drain(self) -> None:
        for spent in itertools.count():
            assert spent < 20_000, "the world does not come to rest"
            if not self.events:
                return
            self.now, _, act = heapq.heappop(self.events)
            act()


@dataclass
class Post:
    """Carries what shops tell: late, twice or never."""

    clock: Clock
    rng: random.Random
    net: Net

    def carry(self, deliver: Callable[[], None]) -> None:
        for _ in range(self._copies()):
            late = self.net.late and self.rng.random() < 0.05
            delay = self.net.late if late else self.rng.uniform(0.01, self.net.delay)
            self.clock.later(delay, deliver)

    def _copies(self) -> int:
        if self.rng.random() < self.net.drop:
            return 0
        return 2 if self.rng.random() < self.net.double else 1
