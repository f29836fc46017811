"""Snapshots of stock and its places, and what is written of them: the port's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ItemSnapshot:
    """An inventory item as a webhook told it."""

    gid: str
    updated_at: datetime
    node: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Location:
    gid: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class LevelSnapshot:
    """An item at a location as a store told it; nothing is `available` of what isn't tracked.

    `closed`: the location itself was switched off, or is gone.
    """

    item: str
    location: str
    available: int | None
    updated_at: datetime | None
    stocked: bool = True
    closed: bool = False


@dataclass(frozen=True, slots=True)
class LevelChange:
    """One entry of a stock write: a delta or a quantity, from the number that is expected."""

    item: str
    location: str
    amount: int
    expect: int | None


@dataclass(frozen=True, slots=True)
class StockError:
    """A refusal in Shopify's words; `index` is that of the change it is about."""

    index: int | None
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class StockWritten:
    """What became of a stock write: taken whole, `at` the store's time, or refused whole."""

    at: datetime | None
    errors: tuple[StockError, ...]
