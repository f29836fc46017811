"""The order of what stands in two lists, whatever comes and goes."""

from collections.abc import Iterable, Mapping, Sequence


def in_order(keys: Iterable[str], order: Sequence[str]) -> list[str]:
    """The keys in a given order; those that it doesn't name stay behind, as they came."""
    rank: Mapping[str, int] = {key: place for place, key in enumerate(order)}
    return sorted(keys, key=lambda key: rank.get(key, len(rank)))


def reordered(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether what stands in both lists changed its order; coming and going is no reordering."""
    kept = set(before) & set(after)
    return [key for key in before if key in kept] != [key for key in after if key in kept]
