"""A product's shape, its options and variants, and the next step from one shape to another.

Shopify has no mutation that changes a shape as a whole without naming every variant of it, and a
list that misses one would delete it. So the way is taken in steps, each planned on what the store
shows after the last; a step that finds the shape already there is none.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """The names of a product's options, and its variants, both in order."""

    names: Names
    rows: tuple[Row, ...]

    @property
    def keys(self) -> Names:
        return tuple(row.key for row in self.rows)

    @property
    def is_default(self) -> bool:
        """Whether this is Shopify's way to say that a product has no options."""
        return self.names == (DEFAULT_NAME,) and [r.values for r in self.rows] == [(DEFAULT_VALUE,)]

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

    def to_json(self) -> dict[str, Any]:
        rows = [[row.key, list(row.values)] for row in self.rows]
        plain = {"kind": self.kind, "at": self.at, "name": self.name, "old": self.old}
        return {**plain, "places": list(self.places), "rows": rows, "keys": list(self.keys)}


def next_step(wanted: Shape, shown: Shape, *, doomed: Collection[str] = ()) -> Step | None:
    """The first step from what a store shows to what it should; None where it shows it.

    Variants that are shown and not wanted are strangers: only `doomed` ones are deleted. Raises
    UnfitError where no step leads there.
    """
    check(wanted)
    going = [row for row in shown.rows if row.key in doomed]
    if going and len(going) < len(shown.rows):
        return Step("delete_variants", keys=tuple(r.key for r in going[:MOST_IN_ONE_CALL]))
    if not set(wanted.keys) - set(shown.keys) and _same(wanted, shown):
        return None
    return (
        _option_step(wanted, shown)
        or _value_step(wanted, shown)
        or _creation(wanted, shown)
        or _order(wanted, shown)
    )


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
    _check_distinct(shape.rows)


def _check_distinct(rows: Iterable[Row]) -> None:
    seen: dict[Names, str] = {}
    for row in rows:
        if seen.setdefault(_fold(row.values), row.key) != row.key:
            raise UnfitError(f"Two variants are “{' / '.join(row.values)}”.")


def _same(wanted: Shape, shown: Shape) -> bool:
    have = shown.values()
    return (
        wanted.names == shown.names
        and all(have.get(row.key) == row.values for row in wanted.rows)
        and [key for key in shown.keys if key in set(wanted.keys)] == list(wanted.keys)
    )


def _option_step(wanted: Shape, shown: Shape) -> Step | None:
    if wanted.is_default and shown.is_default:
        return None
    pairs = pair_options(wanted, shown)
    for at, place in enumerate(pairs):
        if place is not None and shown.names[place] != wanted.names[at]:
            return Step("rename_option", at=place, name=wanted.names[at])
    surplus = [place for place in range(len(_options(shown))) if place not in pairs]
    if surplus:
        return _removal(shown, surplus[0])
    missing = [at for at, place in enumerate(pairs) if place is None]
    if missing:
        return Step("add_option", name=wanted.names[missing[0]], old=_usual(wanted, missing[0]))
    places = tuple(place for place in pairs if place is not None)
    if places != tuple(range(len(places))):
        return Step("order_options", places=places)
    return None


def pair_options(wanted: Shape, shown: Shape) -> list[int | None]:
    """For each option wanted its place in the store: by name, else where most values agree."""
    free = list(range(len(_options(shown))))
    by_name = {shown.names[place].casefold(): place for place in free}
    pairs = [by_name.get(name.casefold()) for name in _options(wanted)]
    free = [place for place in free if place not in pairs]
    for _ in range(min(len(free), pairs.count(None))):
        open_ones = [at for at, place in enumerate(pairs) if place is None]
        _, at, place = max(
            (_agreement(wanted, shown, at, place), -at, -place)
            for at in open_ones
            for place in free
        )
        pairs[-at] = -place
        free.remove(-place)
    return pairs


def _options(shape: Shape) -> Names:
    return () if shape.is_default else shape.names


def _agreement(wanted: Shape, shown: Shape, at: int, place: int) -> int:
    have = shown.values()
    return sum(
        row.values[at].casefold() == have[row.key][place].casefold()
        for row in wanted.rows
        if row.key in have
    )


def _usual(shape: Shape, at: int) -> str:
    """The value that most variants have; of several the first."""
    return Counter(row.values[at] for row in shape.rows).most_common(1)[0][0]


def _removal(shown: Shape, at: int) -> Step:
    rest = [Row(row.key, _without(row.values, at)) for row in shown.rows]
    try:
        _check_distinct(rest)
    except UnfitError as error:
        option = shown.names[at]
        raise UnfitError(
            f"Without its option “{option}” the store could not tell: {error}"
        ) from error
    return Step("remove_option", at=at)


def _value_step(wanted: Shape, shown: Shape) -> Step | None:
    have = shown.values()
    moving = [r for r in wanted.rows if r.key in have and have[r.key] != r.values]
    for row in moving:
        for at, (old, new) in enumerate(zip(have[row.key], row.values, strict=True)):
            if old != new and _is_renaming(wanted, shown, at, old, new):
                return Step("rename_value", at=at, old=old, name=new)
    if not moving:
        return None
    step = Step("choose_values", rows=tuple(moving[:MOST_IN_ONE_CALL]))
    _check_distinct(apply(step, shown).rows)
    return step


def _is_renaming(wanted: Shape, shown: Shape, at: int, old: str, new: str) -> bool:
    """Whether every variant that has the one value is to have the other, which nobody has yet."""
    targets = wanted.values()
    holders = [row.key for row in shown.rows if row.values[at] == old]
    taken = {row.values[at].casefold() for row in shown.rows if row.values[at] != old}
    return new.casefold() not in taken and all(
        key in targets and targets[key][at] == new for key in holders
    )


def _creation(wanted: Shape, shown: Shape) -> Step | None:
    known = set(shown.keys)
    new = [row for row in wanted.rows if row.key not in known][:MOST_IN_ONE_CALL]
    taken = {_fold(row.values) for row in shown.rows}
    for row in new:
        if _fold(row.values) in taken:
            said = " / ".join(row.values)
            raise UnfitError(f"The store has a variant “{said}” that is not linked to ours.")
    if len(shown.rows) + len(new) > MOST_VARIANTS:
        raise UnfitError(f"The store would have more than {MOST_VARIANTS} variants.")
    return Step("create_variants", rows=tuple(new)) if new else None


def _order(wanted: Shape, shown: Shape) -> Step | None:
    ours = iter(wanted.keys)
    known = set(wanted.keys)
    keys = tuple(next(ours) if key in known else key for key in shown.keys)
    return Step("order_variants", keys=keys) if keys != shown.keys else None


def apply(step: Step, shown: Shape) -> Shape:
    """What a store shows after a step: what an answer or a read is expected to say."""
    return _APPLY[step.kind](step, shown)


def _rename_option(step: Step, shown: Shape) -> Shape:
    names = tuple(step.name if at == step.at else old for at, old in enumerate(shown.names))
    return replace(shown, names=names)


def _rename_value(step: Step, shown: Shape) -> Shape:
    def renamed(values: Names) -> Names:
        at = step.at
        return (*values[:at], step.name, *values[at + 1 :]) if values[at] == step.old else values

    return replace(shown, rows=tuple(Row(row.key, renamed(row.values)) for row in shown.rows))


def _add_option(step: Step, shown: Shape) -> Shape:
    """Every variant gets the value; the option that stood for none gives way."""
    names = (*_options(shown), step.name)
    rows = (Row(r.key, () if shown.is_default else r.values) for r in shown.rows)
    return Shape(names, tuple(Row(row.key, (*row.values, step.old)) for row in rows))


def _remove_option(step: Step, shown: Shape) -> Shape:
    if len(shown.names) == 1:
        return Shape((DEFAULT_NAME,), tuple(Row(r.key, (DEFAULT_VALUE,)) for r in shown.rows))
    rows = tuple(Row(row.key, _without(row.values, step.at)) for row in shown.rows)
    return Shape(_without(shown.names, step.at), rows)


def _order_options(step: Step, shown: Shape) -> Shape:
    def ordered(words: Names) -> Names:
        return tuple(words[place] for place in step.places)

    return Shape(ordered(shown.names), tuple(Row(r.key, ordered(r.values)) for r in shown.rows))


def _choose_values(step: Step, shown: Shape) -> Shape:
    chosen = {row.key: row for row in step.rows}
    return replace(shown, rows=tuple(chosen.get(row.key, row) for row in shown.rows))


def _create_variants(step: Step, shown: Shape) -> Shape:
    return replace(shown, rows=(*shown.rows, *step.rows))


def _delete_variants(step: Step, shown: Shape) -> Shape:
    return replace(shown, rows=tuple(row for row in shown.rows if row.key not in step.keys))


def _order_variants(step: Step, shown: Shape) -> Shape:
    rows = {row.key: row for row in shown.rows}
    return replace(shown, rows=tuple(rows[key] for key in step.keys))


_APPLY = {
    "rename_option": _rename_option,
    "rename_value": _rename_value,
    "add_option": _add_option,
    "remove_option": _remove_option,
    "order_options": _order_options,
    "choose_values": _choose_values,
    "create_variants": _create_variants,
    "delete_variants": _delete_variants,
    "order_variants": _order_variants,
}


def in_order(keys: Iterable[str], order: Sequence[str]) -> list[str]:
    """The keys in a given order; those that it doesn't name stay behind, as they came."""
    rank: Mapping[str, int] = {key: place for place, key in enumerate(order)}
    return sorted(keys, key=lambda key: rank.get(key, len(rank)))


def reordered(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether what stands in both lists changed its order; coming and going is no reordering."""
    kept = set(before) & set(after)
    return [key for key in before if key in kept] != [key for key in after if key in kept]


def _fold(values: Names) -> Names:
    return tuple(value.casefold() for value in values)


def _without(words: Names, at: int) -> Names:
    return (*words[:at], *words[at + 1 :])
