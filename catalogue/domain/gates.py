"""The gates: what a batch must pass before any of it is merged or queued.

A check is a pure function over the whole batch. Settings list them by name; a project adds its own.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from catalogue.domain.attributes import PICTURES, STOCK, attribute
from catalogue.domain.gallery import keys_in
from catalogue.domain.values import Value

SHIFTS = tuple(Decimal(times) for times in ("100", "10", "0.1", "0.01"))
NEAR = Decimal("0.02")  # rounding a price to its cents moves a small one by so much
_AMOUNT = re.compile(r"[-+]?\d+[.,]\d{2}")
_NAMES = ("title", "sku", "vendor")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still taken for a plain edit; `many` is how many alike are no accident any more."""

    price_floor: Decimal = Decimal("0.01")
    price_change_percent: Decimal = Decimal(60)
    many: int = 3
    required: frozenset[str] = frozenset({"title", "sku", "price"})
    stock_zeros: int = 10
    pictures_gone: int = 10


@dataclass(frozen=True, slots=True)
class Move:
    """One wish of a batch beside the value it would replace (None: there is none to compare).

    `base` is what stood before a rule that now gives way: a return to it is no jump.
    """

    what: str
    attribute: str
    before: Value
    after: Value
    base: Value = None

    @property
    def prices(self) -> tuple[Decimal, Decimal] | None:
        """The price from which the new one is judged, the nearer of both, and the new one."""
        if self.attribute == STOCK or not attribute(self.attribute).money:
            return None
        if not isinstance(self.after, str):
            return None
        stood = [Decimal(one) for one in (self.before, self.base) if isinstance(one, str)]
        known, after = [one for one in stood if one > 0], Decimal(self.after)
        nearest = min(known, key=lambda one: abs(after - one) / one, default=None)
        return None if nearest is None else (nearest, after)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a file as a whole was: its rows, those of the one before, and what was unreadable.

    Of `bad` rows nothing can be taken.
    """

    rows: int
    before: int | None = None
    unreadable: Mapping[str, int] = field(default_factory=dict)
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    moves: Sequence[Move]
    limits: Limits = Limits()
    feed: Feed | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a batch is held, in one sentence, and which of its moves are meant (none: the whole)."""

    reason: str
    places: tuple[int, ...] = ()


def stock_move(what: str, before: int, after: int) -> Move:
    """A move of stock, from one number to another."""
    return Move(what, STOCK, str(before), str(after))


Check: TypeAlias = Callable[[Batch], Iterable[Objection]]


def required_fields(batch: Batch) -> Iterator[Objection]:
    """What must be filled in is emptied."""
    emptied = [
        n
        for n, move in enumerate(batch.moves)
        if move.attribute in batch.limits.required and move.before and not move.after
    ]
    names = {batch.moves[n].attribute for n in emptied}
    for name in sorted(names):
        places = tuple(n for n in emptied if batch.moves[n].attribute == name)
        yield Objection(f"{attribute(name).label} would be emptied {_times(places)}.", places)


def price_floor(batch: Batch) -> Iterator[Objection]:
    """A price falls under what nothing is sold for."""
    floor = batch.limits.price_floor
    places = tuple(
        n
        for n, move in enumerate(batch.moves)
        if move.attribute == "price" and isinstance(move.after, str) and Decimal(move.after) < floor
    )
    if places:
        yield Objection(f"A price below {floor} is set {_times(places)}.", places)


def price_change(batch: Batch) -> Iterator[Objection]:
    """A price moves by more than a workspace's people would do in one step."""
    most = batch.limits.price_change_percent
    found = [(n, move.prices) for n, move in enumerate(batch.moves)]
    places = tuple(n for n, pair in found if pair and abs(pair[1] - pair[0]) * 100 > most * pair[0])
    if places:
        yield Objection(f"A price moves by more than {most} % {_times(places)}.", places)


def decimal_shift(batch: Batch) -> Iterator[Objection]:
    """Many prices move by the same power of ten: a decimal point has slipped."""
    shifted: dict[Decimal, list[int]] = defaultdict(list)
    for n, move in enumerate(batch.moves):
        times = _shift(move.prices)
        if times is not None:
            shifted[times].append(n)
    for times, places in sorted(shifted.items()):
        if len(places) >= batch.limits.many:
            yield Objection(
                f"{len(places)} prices become {times} times what they were: a decimal point has "
                "slipped.",
                tuple(places),
            )


def column_shift(batch: Batch) -> Iterator[Objection]:
    """A column stands where another belongs: prices among names, or no numbers among prices."""
    for name in _NAMES:
        places = tuple(
            n
            for n, move in enumerate(batch.moves)
            if move.attribute == name
            and _looks_like_amount(move.after) > _looks_like_amount(move.before)
        )
        if len(places) >= batch.limits.many:
            label = attribute(name).label
            yield Objection(f"{label} looks like a price {_times(places)}.", places)
    for name, count in sorted((batch.feed.unreadable if batch.feed else {}).items()):
        if count >= batch.limits.many:
            label = attribute(name).label
            yield Objection(f"{count} rows have a {label.lower()} that is none: a wrong column.")


def stock_to_zero(batch: Batch) -> Iterator[Objection]:
    """Many variants are sold out at a stroke: an empty column, a warehouse that gave no answer."""
    places = tuple(n for n, move in enumerate(batch.moves) if _sells_out(move))
    if len(places) >= batch.limits.stock_zeros:
        yield Objection(f"The stock of {len(places)} variants would be set to 0.", places)


def pictures_gone(batch: Batch) -> Iterator[Objection]:
    """Many pictures are taken off at once, or several products lose all of theirs."""
    lost = {n: _pictures_lost(move) for n, move in enumerate(batch.moves)}
    places = tuple(n for n, gone in lost.items() if gone)
    bare = [n for n in places if not batch.moves[n].after]
    count = sum(map(len, lost.values()))
    if count >= batch.limits.pictures_gone or len(bare) >= batch.limits.many:
        all_of = f", {len(bare)} of which lose all of theirs" if bare else ""
        products = "product" if len(places) == 1 else "products"
        yield Objection(
            f"{count} pictures would be taken off {len(places)} {products}{all_of}.", places
        )


def feed_size(batch: Batch) -> Iterator[Objection]:
    """A feed is empty, or has lost half of its rows since the last one of its name."""
    feed = batch.feed
    if feed is None:
        return
    if feed.rows == 0:
        yield Objection("The feed is empty.")
    elif feed.bad == feed.rows:
        yield Objection(f"None of its {feed.rows} rows can be taken.")
    elif feed.before and feed.rows * 2 < feed.before:
        yield Objection(f"The feed has {feed.rows} rows; the last one had {feed.before}.")


def object_to(batch: Batch, checks: Iterable[Check]) -> list[Objection]:
    """What any of the checks has against a batch; nothing: it may pass."""
    return [objection for check in checks for objection in check(batch)]


def _sells_out(move: Move) -> bool:
    return move.attribute == STOCK and int(str(move.before)) > 0 >= int(str(move.after))


def _pictures_lost(move: Move) -> set[str]:
    if move.attribute != PICTURES:
        return set()
    return {*keys_in(move.before)} - {*keys_in(move.after)}


def _shift(prices: tuple[Decimal, Decimal] | None) -> Decimal | None:
    if prices is None:
        return None
    before, after = prices
    near = (times for times in SHIFTS if abs(after - before * times) <= NEAR * before * times)
    return next(near, None)


def _looks_like_amount(value: Value) -> bool:
    return isinstance(value, str) and bool(_AMOUNT.fullmatch(value.strip()))


def _times(places: Sequence[int]) -> str:
    return "once" if len(places) == 1 else f"{len(places)} times"
