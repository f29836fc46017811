"""Stock of one variant in one place, as pure rules over what is known and what is seen.

A pool holds a quantity; each member, a level of one store, is known to show a number. What others
did to a level moves the pool by the difference, what we did moves the level alone, so at any moment
quantity = first quantity + all that was counted + all that was adjusted in the hub.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from catalogue.enums import JoinChoice, StockVerdict

MOST = 1_000_000_000  # what Shopify takes as a level
MOST_STALE = 3
KEY_LIFE = timedelta(hours=24)
# An answer tells when the adjustment was recorded, which may be the second after the one in which
# the level moved: so what is one second old proves nothing, neither a webhook nor a read.
SLACK = timedelta(seconds=1)

Role: TypeAlias = Literal["partner", "owner", "mirror"]
"""A partner's movements count; an owner's level is the pool; a mirror's is overwritten."""


@dataclass(frozen=True, slots=True)
class Level:
    """What one store is known to show, and the newest second of its clock that was taken in."""

    shows: int
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A level as its store told it in a webhook or a read."""

    available: int
    second: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The pool as one member stands to it. `buffer` is kept back from this store.

    `unpushed`: rises counted in other members that this one has not been written yet.
    """

    quantity: int
    buffer: int = 0
    role: Role = "partner"
    unpushed: Collection[int] = ()

    def target(self, shows: int) -> int:
        """What the store should show.

        Never pushed below 0; and a level at or below 0 is not raised while there is nothing to
        sell, because the next restock would hide an oversell.
        """
        if self.role == "owner":
            return shows
        left = self.quantity - self.buffer
        return left if left > 0 else min(shows, 0)


@dataclass(frozen=True, slots=True)
class Sighted:
    """What a sighting means: the level after it, and by how much the pool moves.

    `question` is why a person must look before anything is pushed.
    """

    verdict: StockVerdict
    level: Level
    counted: int = 0
    question: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """Adjust a level by `delta`, provided that it is at `expect` (None: whatever it is)."""

    delta: int
    expect: int | None


Step: TypeAlias = Push | Literal["resend", "read", "nothing"]


def decide_hook(level: Level, seen: Seen, standing: Standing) -> Sighted:
    """Decide a webhook. Only while no call about the level is open or of unknown outcome."""
    if level.as_of is None or seen.second > level.as_of:
        return _take(level, seen, standing)
    if seen.available == level.shows:
        return Sighted(StockVerdict.SAME, level)
    late = seen.second < level.as_of - SLACK
    return Sighted(StockVerdict.STALE if late else StockVerdict.NEEDS_READ, level)


def decide_read(level: Level, seen: Seen, standing: Standing) -> Sighted:
    """Take in a read: it is right whatever came before, unless it lags (stale: read again)."""
    if level.as_of is not None and seen.second < level.as_of - SLACK:
        return Sighted(StockVerdict.STALE, level)
    return _take(level, seen, standing)


def decide_expired(level: Level, seen: Seen, standing: Standing, delta: int) -> Sighted:
    """Take in the read after a push that nobody heard of and whose key has lost its life.

    Whether it was applied can't be known: the lower quantity of the two is taken.
    """
    moved = seen.available - level.shows
    counted = min(moved, moved - delta) if standing.role == "partner" else 0
    after = Level(seen.available, _later(level.as_of, seen.second))
    question = (
        f"Nobody heard for a day whether a push of {delta:+d} was applied. "
        "The lower number was taken: please count."
    )
    return Sighted(StockVerdict.AMBIGUOUS, after, counted, question)


def _take(level: Level, seen: Seen, standing: Standing) -> Sighted:
    moved = seen.available - level.shows
    after = Level(seen.available, _later(level.as_of, seen.second))
    if not moved:
        return Sighted(StockVerdict.SAME, after)
    if standing.role == "mirror":
        return Sighted(StockVerdict.MIRRORED, after)
    rose = moved > 0 and standing.role == "partner"
    if rose and seen.available == standing.target(level.shows):
        return Sighted(StockVerdict.CONVERGED, after)
    question = (
        f"Two stores went up by {moved} at about the same time: one delivery or recount entered "
        "twice, or two?"
        if rose and moved in standing.unpushed
        else ""
    )
    return Sighted(StockVerdict.COUNTED, after, moved, question)


def next_step(
    level: Level,
    standing: Standing,
    *,
    unknown: timedelta | None = None,
    needs_read: bool = False,
    stale: int = 0,
) -> Step:
    """What the call lane does now. `unknown`: the age of a push whose outcome nobody heard.

    `stale`: how often in a row the store had moved before our push came.
    """
    if unknown is not None and unknown < KEY_LIFE:
        return "resend"
    if unknown is not None or needs_read:
        return "read"
    delta = standing.target(level.shows) - level.shows
    if not delta:
        return "nothing"
    return Push(delta, None if stale >= MOST_STALE else level.shows)


def pushed(level: Level, delta: int, at: datetime | None) -> Level:
    """The level after our push was taken; `at` is when, by the store's clock.

    A delta adds up with whatever else has moved the level: so it moves only what is known of it.
    """
    as_of = level.as_of if at is None else _later(level.as_of, at)
    return Level(level.shows + delta, as_of)


@dataclass(frozen=True, slots=True)
class Joined:
    """What joining makes of the level that joins and of the pool."""

    level: int
    quantity: int


def join(choice: JoinChoice, standing: Standing, *, theirs: int, shows: int) -> Joined:
    """The numbers of a join. `theirs` is the quantity of the joiner's own pool."""
    match choice:
        case JoinChoice.TAKE_POOL:
            quantity = standing.quantity
        case JoinChoice.TAKE_STORE:
            quantity = theirs
        case JoinChoice.ADD:
            quantity = standing.quantity + theirs
    after = Standing(quantity, standing.buffer, standing.role)
    return Joined(after.target(shows), quantity)


def _later(known: datetime | None, seen: datetime) -> datetime:
    return seen if known is None else max(known, seen)
