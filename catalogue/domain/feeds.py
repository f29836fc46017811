"""What a sheet of products says: its columns by their headers, its rows by our own attributes.

A row names a variant by our id, or by SKU. An empty cell leaves a value alone; the word `(clear)`
empties it. A column that names a store, as in `price@my-shop`, sets that store's own value;
there, the word `(follow)` gives it up. A column `Stock@place` counts the stock of that place, and
`Stock` that of the only one. Columns that are nothing of ours are ignored and named.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from catalogue.domain.attributes import ATTRIBUTES, BadValueError
from catalogue.domain.cleaning import clean
from catalogue.domain.stock import MOST
from catalogue.domain.values import Value

CLEAR, FOLLOW = "(clear)", "(follow)"
Key: TypeAlias = Literal["id", "sku"]
Target: TypeAlias = tuple[str, int | None]
"""An attribute, and the store whose own value is meant; None for the canonical one."""


def spelled(title: str) -> str:
    """A header, or the name of a store, whatever its spelling."""
    return re.sub(r"[\W_]+", " ", title).strip().lower()


_NAMES = {
    spelled(spelling): name
    for name, declared in ATTRIBUTES.items()
    for spelling in (name, declared.label)
}
_IDS = ("id", "variant id")
_STOCK = ("stock", "quantity")
# What Shopify's own files say of stock: it is as old as the file, so nobody has counted it.
_EXPORTED = (
    *("variant inventory qty", "inventory quantity", "available", "on hand"),
    *("available not editable", "on hand current", "on hand new"),
)
_DIGITS = len(str(MOST))


class BadFeedError(ValueError):
    """A file that cannot be read as products, in one sentence."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the key and the attributes stand, and which headers mean nothing to us."""

    key: Key
    place: int
    attributes: Mapping[int, Target]
    ignored: tuple[str, ...] = ()
    stocks: Mapping[int, str] = field(default_factory=dict)  # to the spelled name of a place, or ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: whom it is about, what it sets, and what is wrong with it, in words."""

    number: int
    key: str
    values: Mapping[Target, Value]
    follows: tuple[Target, ...] = ()
    problems: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = field(default=())
    stocks: Mapping[str, int] = field(default_factory=dict)


def columns_of(
    header: Sequence[str], stores: Mapping[str, int] | None = None, *, every: int | None = None
) -> Columns:
    """Read a header; `stores` by their spelled names, `every`: the store of all other columns.

    Raises BadFeedError where no row could be told from another, or a store is none of ours.
    """
    names = [spelled(title) for title in header]
    ids = [place for place, name in enumerate(names) if name in _IDS]
    skus = [place for place, name in enumerate(names) if _NAMES.get(name) == "sku"]
    if not ids and not skus:
        raise BadFeedError("There is no column “SKU” or “ID”: nobody knows whom a row is about.")
    place = (ids or skus)[0]
    counts = {n: _stock(title, every) for n, title in enumerate(header)}
    stocks = {n: name for n, name in counts.items() if name is not None}
    found = {n: _target(title, stores or {}, every) for n, title in enumerate(header) if n != place}
    known = {n: target for n, target in found.items() if target is not None}
    twice = [
        n
        for columns in (known, stocks)
        for n, meant in columns.items()
        if list(columns.values()).count(meant) > 1
    ]
    if twice or len(ids) > 1 or (not ids and len(skus) > 1):
        raise BadFeedError(f"The column “{header[twice[0] if twice else place]}” stands twice.")
    meant = {place, *known, *stocks}
    ignored = [header[n] for n in range(len(names)) if n not in meant and names[n]]
    return Columns("id" if ids else "sku", place, known, tuple(ignored), stocks)


def exported_stock(titles: Sequence[str]) -> list[str]:
    """Those of the ignored columns that say what a store showed when it was exported."""
    return [title for title in titles if spelled(title) in _EXPORTED]


def _stock(title: str, every: int | None) -> str | None:
    """Whose stock a column counts, spelled; None where it counts none."""
    word, _, place = title.partition("@")
    if spelled(word) not in _STOCK:
        return None
    return spelled(place) or ("" if every is None else f"id {every}")


def _target(title: str, stores: Mapping[str, int], every: int | None) -> Target | None:
    """What a column sets; None where it means nothing to us."""
    attribute_name, at, store = title.partition("@")
    name = _NAMES.get(spelled(attribute_name))
    if name is None:
        return None
    if at and spelled(store) not in stores:
        raise BadFeedError(f"“{title.strip()}” names a store that is none of this workspace.")
    store_id = stores[spelled(store)] if at else every
    return None if store_id is None and ATTRIBUTES[name].per_store else (name, store_id)


def read_row(columns: Columns, number: int, cells: Sequence[str]) -> Row | None:
    """Read one row; None where it is empty."""
    if not any(cell.strip() for cell in cells):
        return None
    key = _cell(cells, columns.place)
    values: dict[Target, Value] = {}
    problems, unreadable, follows = [], [], []
    for place, target in columns.attributes.items():
        text = _cell(cells, place)
        if not text:
            continue
        if text.lower() == FOLLOW and target[1] is not None:
            follows.append(target)
            continue
        try:
            values[target] = clean(target[0], None if text.lower() == CLEAR else text)
        except BadValueError as error:
            problems.append(str(error))
            unreadable.append(target[0])
    stocks = {}
    for place, name in columns.stocks.items():
        if text := _cell(cells, place):
            try:
                stocks[name] = _pieces(text)
            except BadValueError as error:
                problems.append(str(error))
                unreadable.append("stock")
    if not key:
        problems.insert(0, f"It has no {'SKU' if columns.key == 'sku' else 'ID'}.")
    return Row(number, key, values, tuple(follows), tuple(problems), tuple(unreadable), stocks)


def _pieces(text: str) -> int:
    whole = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    if not whole or int(text) > MOST:
        raise BadValueError(f"Stock: “{text}” is no whole number from 0 to {MOST:,}.")
    return int(text)


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""
