"""What must be written: effective values minus what the store is known to show."""

from collections.abc import Mapping
from typing import TypeAlias

from catalogue.domain.attributes import attribute, fingerprint
from catalogue.domain.journal import Leaf
from catalogue.domain.values import Value

LeafKey: TypeAlias = tuple[int | None, str]
"""The variant (None for the product itself) and the name of the attribute."""


def difference(
    effective: Mapping[LeafKey, Value], observed: Mapping[LeafKey, Leaf]
) -> dict[LeafKey, Value]:
    """Give the leaves to write, in normal form; a rendering of what we sent counts as written."""
    return {
        key: attribute(key[1]).normalise(value)
        for key, value in effective.items()
        if key not in observed or not observed[key].shows(fingerprint(attribute(key[1]), value))
    }
