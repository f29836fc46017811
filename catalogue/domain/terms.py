"""On what terms a store keeps its attributes: whose word counts, by which rule it is priced.

Terms are periods, so that an edit is judged by those of the time at which it was made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from catalogue.domain.attributes import attribute
from catalogue.domain.pricing import PriceRule
from catalogue.domain.version import Bounds
from catalogue.enums import Ownership


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose word counts for an attribute, for a time: in one store, or where it has no `own`."""

    attribute: str
    ownership: Ownership
    since: datetime
    until: datetime | None = None
    own: bool = False

    def held(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed for one store, now and of late. `currency` is the store's.

    `metafields` gives the types of those that the workspace keeps in step, by attribute.
    """

    currency: str = ""
    policies: tuple[Policy, ...] = ()
    rules: tuple[PriceRule, ...] = ()
    high_value: Mapping[str, bool] = field(default_factory=dict)
    metafields: Mapping[str, str] = field(default_factory=dict)

    def ownership(self, name: str) -> Ownership:
        """Whose word counts now."""
        return _own_first(p for p in self.policies if p.attribute == name and p.until is None)

    def ownership_at(self, name: str, time: datetime, bounds: Bounds | None = None) -> Ownership:
        """Whose word counted when an edit was made; where in doubt, not the store's everywhere."""
        start, end = bounds or (time, time)
        known = [policy for policy in self.policies if policy.attribute == name]
        turns = {t for p in known for t in (p.since, p.until) if t and start < t <= end}
        held = [_own_first(p for p in known if p.held(t)) for t in sorted({start, *turns})]
        return next((one for one in held if one is not Ownership.TWO_WAY), Ownership.TWO_WAY)

    def rule(self, name: str) -> PriceRule | None:
        """The rule that prices it now."""
        return next((r for r in self.rules if r.attribute == name and r.until is None), None)

    def ruled_at(self, name: str, time: datetime, bounds: Bounds | None = None) -> bool:
        """Whether a rule priced it when an edit was made, or may have."""
        start, end = bounds or (time, time)
        return any(
            rule.since <= end and (rule.until is None or start < rule.until)
            for rule in self.rules
            if rule.attribute == name
        )

    def worthy(self, name: str) -> bool:
        """Whether collisions over it are put before a person."""
        return self.high_value.get(name, attribute(name).high_value)


PLAIN = Terms()


def _own_first(policies: Iterable[Policy]) -> Ownership:
    """A store's own policy before the one for all."""
    found = min(policies, key=lambda policy: not policy.own, default=None)
    return found.ownership if found else Ownership.TWO_WAY
