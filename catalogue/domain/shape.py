"""A product's shape: its options and its variants with their values, both in order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

MOST_OPTIONS, MOST_VARIANTS = 3, 2048
MOST_IN_ONE_CALL = 250
DEFAULT_NAME, DEFAULT_VALUE = "Title", "Default Title"

Kind: TypeAlias = Literal[
    "rename_option",
    "rename_value",
    "add_option",
    "remove_option",
    "order_options",
    "order_values",
    "choose_values",
    "create_variants",
    "delete_variants",
    "order_variants",
]
Names: TypeAlias = tuple[str, ...]


class UnfitError(ValueError):
    """No step leads from the one shape to the other; the sentence is for a person."""


@dataclass(frozen=True, slots=True)
class Row:
    """A variant, by whatever key, with its value of every option."""

    key: str
    values: Names


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of a product's options, and its variants, both in order.

    `orders`: of each option all its values, in the order in which shoppers see them; empty where
    that is not known.
    """

    names: Names
    rows: tuple[Row, ...]
    orders: tuple[Names, ...] = ()

    @property
    def keys(self) -> Names:
        return tuple(row.key for row in self.rows)

    @property
    def is_default(self) -> bool:
        """Whether this is Shopify's way to say that a product has no options."""
        return self.names == (DEFAULT_NAME,) and [r.values for r in self.rows] == [(DEFAULT_VALUE,)]

    @property
    def options(self) -> Names:
        return () if self.is_default else self.names

    def values(self) -> dict[str, Names]:
        return {row.key: row.values for row in self.rows}


@dataclass(frozen=True, slots=True)
class Step:
    """One mutation. `at`: the place of an option; `places`: of all of them, in their new order."""

    kind: Kind
    at: int = 0
    name: str = ""
    old: str = ""
    places: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    keys: Names = ()
    orders: tuple[Names, ...] = ()

    def to_json(self) -> dict[str, Any]:
        rows = [[row.key, list(row.values)] for row in self.rows]
        plain = {"kind": self.kind, "at": self.at, "name": self.name, "old": self.old}
        orders = [list(names) for names in self.orders]
        lists = {"rows": rows, "keys": list(self.keys), "orders": orders}
        return {**plain, "places": list(self.places), **lists}


def check(shape: Shape) -> None:
    """Raise UnfitError where no product of Shopify can have this shape."""
    folded = [name.casefold() for name in shape.names]
    if not 1 <= len(folded) <= MOST_OPTIONS:
        raise UnfitError(f"A product has one to {MOST_OPTIONS} options.")
    if len(set(folded)) < len(folded):
        raise UnfitError("Two options have the same name.")
    if len(shape.rows) > MOST_VARIANTS:
        raise UnfitError(f"A product has at most {MOST_VARIANTS} variants.")
    for row in shape.rows:
        if len(row.values) != len(shape.names) or not all(row.values):
            said = " / ".join(row.values) or "A variant"
            raise UnfitError(f"“{said}” does not have a value of every option.")
    check_distinct(shape.rows)


def check_distinct(rows: Iterable[Row]) -> None:
    seen: dict[Names, str] = {}
    for row in rows:
        if seen.setdefault(fold(row.values), row.key) != row.key:
            raise UnfitError(f"Two variants are “{' / '.join(row.values)}”.")


def fold(values: Names) -> Names:
    return tuple(value.casefold() for value in values)


def without(words: Names, at: int) -> Names:
    return (*words[:at], *words[at + 1 :])
