"""What one attribute was seen to be in one store, and when: a grow-only set of sightings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from catalogue.domain import values
from catalogue.domain.sighting import Sighting, in_order
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import Via

KEEP = timedelta(hours=48)
Digest: TypeAlias = Callable[[Value], str]
"""Names a value of one attribute by its normal form."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sightings of the nearest second before a second, at it, and of the nearest after it."""

    before: tuple[Sighting, ...] = ()
    same: tuple[Sighting, ...] = ()
    after: tuple[Sighting, ...] = ()

    def holding(self, value_hash: str) -> tuple[Sighting, ...]:
        return tuple(s for s in (*self.before, *self.same, *self.after) if s.hash == value_hash)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One attribute in one store: what was observed last, and the journal behind it.

    `past` keeps the values of the hashes that the journal still names.
    """

    value: Value
    hash: str
    accepted_from: str | None = None
    sightings: tuple[Sighting, ...] = ()
    past: Mapping[str, Value] = field(default_factory=dict)

    @classmethod
    def first(cls, value: Value, sighting: Sighting) -> Leaf:
        return cls(value, sighting.hash, None, (sighting,))

    @property
    def as_of(self) -> datetime | None:
        """The newest second at which this attribute itself was seen."""
        return self.sightings[-1].second if self.sightings else None

    def written(self, second: datetime) -> set[str]:
        """The values that we wrote in a second of the store's."""
        return {sighting.hash for sighting in self.at(second) if sighting.via is Via.WRITE}

    def shows(self, value_hash: str) -> bool:
        """Whether the store is known to show this: what it renders, or what it accepted."""
        return value_hash in (self.hash, self.accepted_from)

    def value_of(self, value_hash: str) -> Value:
        return self.value if value_hash == self.hash else self.past[value_hash]

    def neighbours(self, second: datetime) -> Neighbours:
        before = max((s.second for s in self.sightings if s.second < second), default=None)
        after = min((s.second for s in self.sightings if s.second > second), default=None)
        return Neighbours(self.at(before), self.at(second), self.at(after))

    def at(self, second: datetime | None) -> tuple[Sighting, ...]:
        return tuple(s for s in self.sightings if s.second == second)

    def with_sighting(self, sighting: Sighting, value: Value) -> Leaf:
        """Insert into the set; the same sighting again adds at most the version it lacked."""
        kept = {s.key: s for s in self.sightings}
        known = kept.get(sighting.key, sighting)
        if sighting.version and (known.version is None or known.version < sighting.version):
            known = replace(known, version=sighting.version, after=sighting.after)
        kept[sighting.key] = known
        return _pruned(
            replace(
                self,
                sightings=tuple(kept[key] for key in sorted(kept)),
                past={**self.past, sighting.hash: value},
            )
        )

    def with_voice(self, sighting: Sighting, version: Version | None) -> Leaf:
        """Say of a sighting in the set that it was this edit, or none."""
        changed = (
            replace(one, version=version) if one.key == sighting.key else one
            for one in self.sightings
        )
        return replace(self, sightings=tuple(changed))

    def observing(self, value: Value, value_hash: str, accepted_from: str | None = None) -> Leaf:
        past = {**self.past, self.hash: self.value}
        return _pruned(
            replace(self, value=value, hash=value_hash, accepted_from=accepted_from, past=past)
        )

    def runs(self) -> list[list[Sighting]]:
        """The journal in the store's order, as stretches of one value."""
        stretches: list[list[Sighting]] = []
        for sighting in in_order(self.sightings):
            if stretches and stretches[-1][-1].hash == sighting.hash:
                stretches[-1].append(sighting)
            else:
                stretches.append([sighting])
        return stretches

    def end_of(self, second: datetime) -> datetime:
        """The latest instant inside a second of which we know; what a call finds now is later."""
        return max((s.triggered or s.after or second for s in self.at(second)), default=second)

    def to_json(self) -> dict[str, Any]:
        return {
            "form": values.NORMALISER_VERSION,
            "value": self.value,
            "hash": self.hash,
            "accepted_from": self.accepted_from,
            "sightings": [s.to_json() for s in self.sightings],
            "past": dict(self.past),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Leaf:
        return cls(
            data["value"],
            data["hash"],
            data["accepted_from"],
            tuple(Sighting.from_json(s) for s in data["sightings"]),
            dict(data["past"]),
        )

    @classmethod
    def stored(cls, data: Mapping[str, Any], digest: Digest) -> Leaf:
        """A leaf as it was stored, in the normal form of today: a newer form is no edit."""
        leaf = cls.from_json(data)
        is_of_today = data.get("form", 1) == values.NORMALISER_VERSION
        return leaf if is_of_today else leaf.in_form(digest)

    def in_form(self, digest: Digest) -> Leaf:
        """Name every value anew. What was sent is not kept, so a rendering of it is sent again."""
        known = {**self.past, self.hash: self.value}
        names = {old: digest(value) for old, value in known.items()}
        renamed = (replace(s, hash=names[s.hash]) for s in self.sightings)
        return replace(
            self,
            hash=names[self.hash],
            accepted_from=None,
            sightings=tuple(sorted({s.key: s for s in renamed}.values(), key=lambda s: s.key)),
            past={names[old]: value for old, value in self.past.items()},
        )


def _pruned(leaf: Leaf) -> Leaf:
    """Forget what is older than two days before the newest.

    The last second before that stays as the ground on which the first edit after it stands: a
    value that nobody touched for weeks is a value all the same.
    """
    newest = leaf.as_of
    if newest is None:
        return leaf
    horizon = newest - KEEP
    ground = max((s.second for s in leaf.sightings if s.second < horizon), default=None)
    kept = tuple(s for s in leaf.sightings if s.second >= horizon or s.second == ground)
    wanted = {s.hash for s in kept} - {leaf.hash}
    past = {known: value for known, value in leaf.past.items() if known in wanted}
    return replace(leaf, sightings=kept, past=past)
