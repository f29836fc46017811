"""What a store should show: the canonical value, then its price rule, then its own value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from catalogue.domain.attributes import Attribute
from catalogue.domain.metafields import currency_of
from catalogue.domain.pricing import PriceRule
from catalogue.domain.registers import Entry
from catalogue.domain.terms import PLAIN, Terms
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import OverrideKind, Ownership, Source

Origin: TypeAlias = Literal[
    "canonical",
    "rule",
    "override",
    "kept",
    "layer",
    "held",
    "currency",
    "reference",
    "pictureless",
    "store",
    "ignored",
    "nothing",
]
_OWNED: Mapping[Ownership, Origin] = {
    Ownership.STORE: "store",
    Ownership.CREATE_ONLY: "store",
    Ownership.IGNORE: "ignored",
}
UNWRITTEN = frozenset[Origin](
    {"held", "currency", "reference", "pictureless", "store", "ignored", "nothing"}
)


@dataclass(frozen=True, slots=True)
class Effective:
    """What a store should show, why, and the version a write of it carries.

    `version` is never older than the tombstone of a cleared override, so that an edit made on what
    the clearing wrote is later than the clearing.
    """

    value: Value
    source: Origin
    version: Version | None = None

    @property
    def managed(self) -> bool:
        """Whether we write it: not what the store owns, nor what a person must decide."""
        return self.source not in UNWRITTEN


def effective(
    attribute: Attribute,
    winner: Entry | None,
    override: Entry | None,
    *,
    terms: Terms = PLAIN,
    currency: str = "",
) -> Effective:
    """Canonical ⊕ rule ⊕ override; `currency` is that of the canonical prices."""
    kind = override.kind if override is not None else None
    origin = origin_of(attribute, kind, terms, currency, winner.value if winner else None)
    if override is not None and origin in ("override", "kept", "held"):
        return Effective(override.value, origin, override.version)
    if origin in UNWRITTEN:
        return Effective(None, origin)
    if winner is None:
        return Effective(None, "nothing")
    rule = terms.rule(attribute.name) if origin == "rule" else None
    versions = [winner.version, *([override.version] if override else [])]
    if rule is None:
        return Effective(winner.value, "canonical", max(versions))
    versions.append(Version.of(rule.since, Source.MANUAL, f"rule:{rule.id}"))
    return Effective(rule.price(winner.value), "rule", max(versions))


def origin_of(
    attribute: Attribute,
    kind: OverrideKind | None,
    terms: Terms,
    currency: str,
    value: Value = None,
) -> Origin:
    """Where the value that a store should show comes from; `kind` is that of its own value.

    `value` is the canonical one, which matters where it says its own currency.
    """
    ownership = terms.ownership(attribute.name)
    if kind is OverrideKind.HELD:
        return "held"
    if ownership in _OWNED:
        return _OWNED[ownership]
    if kind is OverrideKind.KEPT:
        return "kept"
    if kind and (kind is not OverrideKind.FOUND or ownership is not Ownership.HUB):
        return "override"
    if attribute.money:
        return _of_money(terms.rule(attribute.name), terms.currency, currency)
    foreign = currency_of(value) not in ("", terms.currency)
    return "currency" if foreign else "canonical"


def _of_money(rule: PriceRule | None, store_currency: str, currency: str) -> Origin:
    """Money crosses into another currency by a rule from the right one, never by itself."""
    if rule is not None and rule.currency == currency:
        return "rule"
    return "canonical" if store_currency == currency else "currency"
