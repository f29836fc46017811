"""A product's shape, its options and variants, and the next step from one shape to another.

Shopify has no mutation that changes a shape as a whole without naming every variant of it, and a
list that misses one would delete it. So the way is taken in steps, each planned on what the store
shows after the last; a step that finds the shape already there is none.
"""

from collections import Counter
from collections.abc import Collection

from catalogue.domain.shape import (
    MOST_IN_ONE_CALL,
    MOST_VARIANTS,
    Row,
    Shape,
    Step,
    UnfitError,
    check,
    check_distinct,
    fold,
    without,
)
from catalogue.domain.steps import apply


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
        or _value_order(wanted, shown)
        or _order(wanted, shown)
    )


def _same(wanted: Shape, shown: Shape) -> bool:
    have = shown.values()
    return (
        wanted.names == shown.names
        and wanted.orders == shown.orders
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
    surplus = [place for place in range(len(shown.options)) if place not in pairs]
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
    free = list(range(len(shown.options)))
    by_name = {shown.names[place].casefold(): place for place in free}
    pairs = [by_name.get(name.casefold()) for name in wanted.options]
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
    rest = [Row(row.key, without(row.values, at)) for row in shown.rows]
    try:
        check_distinct(rest)
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
    check_distinct(apply(step, shown).rows)
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
    taken = {fold(row.values) for row in shown.rows}
    for row in new:
        if fold(row.values) in taken:
            said = " / ".join(row.values)
            raise UnfitError(f"The store has a variant “{said}” that is not linked to ours.")
    if len(shown.rows) + len(new) > MOST_VARIANTS:
        raise UnfitError(f"The store would have more than {MOST_VARIANTS} variants.")
    return Step("create_variants", rows=tuple(new)) if new else None


def _value_order(wanted: Shape, shown: Shape) -> Step | None:
    """Variants follow the values, so they are put in order after this."""
    moved = wanted.orders != shown.orders and len(wanted.orders) == len(shown.names)
    return Step("order_values", orders=wanted.orders) if moved else None


def _order(wanted: Shape, shown: Shape) -> Step | None:
    ours = iter(wanted.keys)
    known = set(wanted.keys)
    keys = tuple(next(ours) if key in known else key for key in shown.keys)
    return Step("order_variants", keys=keys) if keys != shown.keys else None
