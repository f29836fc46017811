"""The order of the values of a product's options: an entry an option, as “S | M | L”.

Which values there are, the variants say. Here only the order counts of those that stand on both
sides, so that values may come, go and be renamed without anybody being told to reorder.
"""

import re
from collections.abc import Iterable, Sequence

from catalogue.domain.order import reordered
from catalogue.domain.values import BadValueError, Value, text

_BAR = re.compile(r"(?<!\\)\|")


def normalise(raw: object) -> Value:
    """An entry for each option, of the names of its values; people write one a line."""
    given = raw.splitlines() if isinstance(raw, str) else raw
    if not isinstance(given, list | tuple):
        raise BadValueError("for each option the names of its values are needed, as S | M | L")
    entries = [split(one) if isinstance(one, str) else _names(one) for one in given]
    return [join(names) for names in entries if names]


def join(names: Iterable[str]) -> str:
    return " | ".join(name.replace("|", r"\|") for name in names)


def split(entry: str) -> list[str]:
    parts = (part.replace(r"\|", "|").strip() for part in _BAR.split(entry))
    return [part for part in parts if part]


def rearranged(before: Value, after: Value) -> bool:
    """Whether values that stand in both changed their order."""
    known = lists_of(before)
    return any(reordered(_like(known, names), names) for names in lists_of(after))


def arranged(shown: Value, wanted: Value) -> Value:
    """What a store should show: its own values, in the places that they have, as wanted."""
    known = lists_of(wanted)
    return [join(_placed(names, _like(known, names))) for names in lists_of(shown)]


def woven(known: Value, theirs: Value) -> Value:
    """A store's order with the values in it that the store doesn't have, where they stood."""
    ours = lists_of(known)
    return [join(_with_others(_like(ours, names), names)) for names in lists_of(theirs)]


def lists_of(value: Value) -> list[list[str]]:
    return [split(str(entry)) for entry in value] if isinstance(value, list) else []


def _like(known: Sequence[list[str]], names: Sequence[str]) -> list[str]:
    """The option of the other side that shares most values: names and places may have moved."""
    return max(known, key=lambda one: len({*one} & {*names}), default=[])


def _placed(names: Sequence[str], order: Sequence[str]) -> list[str]:
    turn = iter([name for name in order if name in names])
    return [next(turn) if name in order else name for name in names]


def _with_others(known: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Each value that they lack stays behind the one that it followed."""
    found = list(theirs)
    for place, name in enumerate(known):
        if name not in found:
            before = [one for one in known[:place] if one in found]
            found.insert(found.index(before[-1]) + 1 if before else 0, name)
    return found


def _names(raw: object) -> list[str]:
    if not isinstance(raw, list | tuple) or not all(isinstance(name, str) for name in raw):
        raise BadValueError("for each option the names of its values are needed, as S | M | L")
    return [str(text(name)) for name in raw]
