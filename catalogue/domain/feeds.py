"""What a sheet of products says: its columns by their headers, its rows by our own attributes.

A row names a variant by our id, or by SKU. An empty cell leaves a value alone; the word `(clear)`
empties it. Columns that are no attribute of ours are ignored, and named.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from catalogue.domain.attributes import ATTRIBUTES, BadValueError, clean
from catalogue.domain.values import Value

CLEAR = "(clear)"
Key: TypeAlias = Literal["id", "sku"]
_NAMES = {
    re.sub(r"[\W_]+", " ", spelling).strip().lower(): name
    for name, declared in ATTRIBUTES.items()
    for spelling in (name, declared.label)
}
_IDS = ("id", "variant id")


class BadFeedError(ValueError):
    """A file that cannot be read as products, in one sentence."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the key and the attributes stand, and which headers mean nothing to us."""

    key: Key
    place: int
    attributes: Mapping[int, str]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: whom it is about, what it sets, and what is wrong with it, in words."""

    number: int
    key: str
    values: Mapping[str, Value]
    problems: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = field(default=())


def columns_of(header: Sequence[str]) -> Columns:
    """Read a header. Raises BadFeedError where no row could be told from another."""
    names = [re.sub(r"[\W_]+", " ", title).strip().lower() for title in header]
    ids = [place for place, name in enumerate(names) if name in _IDS]
    skus = [place for place, name in enumerate(names) if _NAMES.get(name) == "sku"]
    if not ids and not skus:
        raise BadFeedError("There is no column “SKU” or “ID”: nobody knows whom a row is about.")
    place = (ids or skus)[0]
    known = {n: _NAMES[name] for n, name in enumerate(names) if name in _NAMES and n != place}
    twice = [name for name in known.values() if list(known.values()).count(name) > 1]
    if twice or len(ids) > 1 or (not ids and len(skus) > 1):
        raise BadFeedError(f"The column “{header[place] if not twice else twice[0]}” stands twice.")
    ignored = [header[n] for n in range(len(names)) if n != place and n not in known and names[n]]
    return Columns("id" if ids else "sku", place, known, tuple(ignored))


def read_row(columns: Columns, number: int, cells: Sequence[str]) -> Row | None:
    """Read one row; None where it is empty."""
    if not any(cell.strip() for cell in cells):
        return None
    key = _cell(cells, columns.place)
    values: dict[str, Value] = {}
    problems, unreadable = [], []
    for place, name in columns.attributes.items():
        text = _cell(cells, place)
        if not text:
            continue
        try:
            values[name] = clean(name, None if text.lower() == CLEAR else text)
        except BadValueError as error:
            problems.append(str(error))
            unreadable.append(name)
    if not key:
        problems.insert(0, f"It has no {'SKU' if columns.key == 'sku' else 'ID'}.")
    return Row(number, key, values, tuple(problems), tuple(unreadable))


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""
