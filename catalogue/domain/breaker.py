"""When two parties keep rewriting one value, hold it: the breaker of a canonical attribute."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_WINS = 4
WINS_WITHIN = timedelta(minutes=10)
MOST_REPLACED = 1
REPLACED_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class StoreWin:
    """An edit from a store that became canonical; `our_write_at`: when we wrote what it replaced.

    None where it replaced no write of ours.
    """

    store: int
    at: datetime
    our_write_at: datetime | None = None

    @property
    def rewrote_us(self) -> bool:
        return self.our_write_at is not None and self.at - self.our_write_at <= REPLACED_WITHIN


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the attribute is held, in which stores, and why."""

    held: bool = False
    stores: frozenset[int] = frozenset()
    reason: str = ""


def judge(wins: Sequence[StoreWin], *, now: datetime) -> Judgement:
    """Look at the recent wins of stores over one attribute."""
    recent = [win for win in wins if timedelta(0) <= now - win.at <= WINS_WITHIN]
    stores = frozenset(win.store for win in recent)
    if len(recent) > MOST_WINS and len(stores) > 1:
        return Judgement(
            True,
            stores,
            f"{len(stores)} stores set this value {len(recent)} times within ten minutes.",
        )
    rewritten = Counter(win.store for win in recent if win.rewrote_us)
    stubborn = frozenset(store for store, times in rewritten.items() if times > MOST_REPLACED)
    if stubborn:
        return Judgement(
            True,
            stubborn,
            "The store replaced our write within a minute, and did so again.",
        )
    return Judgement()
