"""What a store should show: the canonical value, or its own where an override stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from catalogue.domain.attributes import Attribute
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import OverrideKind

Origin: TypeAlias = Literal["canonical", "override", "rule", "held", "unmanaged"]


@dataclass(frozen=True, slots=True)
class Effective:
    """What a store should show, why, and the version a write of it carries.

    `version` is never older than the tombstone of a cleared override, so that an edit made on what
    the clearing wrote is later than the clearing.
    """

    value: Value
    source: Origin
    version: Version | None

    @property
    def managed(self) -> bool:
        """Whether we write it: not what crosses currencies, not what a person must decide."""
        return self.source not in {"unmanaged", "held"}


UNMANAGED = Effective(None, "unmanaged", None)
_SOURCES: Mapping[OverrideKind, Origin] = {
    OverrideKind.PINNED: "override",
    OverrideKind.FOUND: "override",
    OverrideKind.RULE: "rule",
    OverrideKind.HELD: "held",
}


def effective(winner: Entry | None, override: Entry | None) -> Effective:
    """Canonical ⊕ override."""
    if override is not None and override.kind is not None and override.stands:
        return Effective(override.value, _SOURCES[override.kind], override.version)
    if winner is None:
        return UNMANAGED
    tombstone = override.version if override is not None else winner.version
    return Effective(winner.value, "canonical", max(winner.version, tombstone))


def managed(
    attribute: Attribute, canonical_currency: str, store_currency: str, override: Entry | None
) -> bool:
    """Whether we may write this attribute: money crosses into no other currency by itself."""
    if not attribute.money or canonical_currency == store_currency:
        return True
    return override is not None and override.stands
