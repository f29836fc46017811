"""When two parties keep rewriting one value, hold it: the breaker of an attribute."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_WINS = 4
WINS_WITHIN = timedelta(minutes=10)
MOST_REPLACED = 1
REPLACED_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class StoreEdit:
    """An edit from a store; `our_write_at`: when we wrote what it replaced, None where we had not.

    One that has not won is written over again.
    """

    store: int
    at: datetime
    our_write_at: datetime | None
    won: bool

    @property
    def rewrote_us(self) -> bool:
        return self.our_write_at is not None and self.at - self.our_write_at <= REPLACED_WITHIN


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the attribute is held, in which stores, and why."""

    held: bool = False
    stores: frozenset[int] = frozenset()
    reason: str = ""


def judge(edits: Sequence[StoreEdit], *, now: datetime) -> Judgement:
    """Look at the recent edits of stores over one attribute."""
    recent = [edit for edit in edits if timedelta(0) <= now - edit.at <= WINS_WITHIN]
    wins = [edit for edit in recent if edit.won]
    stores = frozenset(edit.store for edit in wins)
    if len(wins) > MOST_WINS and len(stores) > 1:
        return Judgement(True, stores, f"{len(stores)} stores set this value {_rate(wins)}.")
    # one for each write of ours: two edits after the same write are no answer to us
    rewriting = {(edit.store, edit.our_write_at): edit for edit in recent if edit.rewrote_us}
    times = Counter(store for store, _ in rewriting)
    stubborn = frozenset(store for store, count in times.items() if count > MOST_REPLACED)
    if stubborn:
        rate = _rate([edit for edit in rewriting.values() if edit.store in stubborn])
        return Judgement(True, stubborn, f"The store replaced our write within a minute, {rate}.")
    return Judgement()


def _rate(edits: Sequence[StoreEdit]) -> str:
    """How often in how long a time, as `5 times in 3 minutes`."""
    instants = [edit.at for edit in edits]
    seconds = (max(instants) - min(instants)).total_seconds()
    span = f"{round(seconds / 60)} minutes" if seconds >= 90 else f"{round(seconds)} seconds"  # noqa: PLR2004
    return f"{len(edits)} times in {span}"
