"""What one attribute was seen to be in one store, and when: a grow-only set of sightings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import Via

KEEP = timedelta(hours=48)


NO_TRIGGER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A value at a second of the store's clock; `version` where it was an edit or our write.

    A webhook knows when it was triggered, a call only what it came `after`.
    """

    second: datetime
    triggered: datetime | None
    hash: str
    via: Via
    version: Version | None = None
    id: str = ""
    after: datetime | None = None

    @property
    def key(self) -> tuple[datetime, datetime, str, Via]:
        """What makes two sightings one, and their order: what has no trigger stands last."""
        return (self.second, self.triggered or self.second + NO_TRIGGER, self.hash, self.via)

    @property
    def time(self) -> datetime:
        return self.triggered or self.second

    def to_json(self) -> dict[str, Any]:
        return {
            "second": self.second.isoformat(),
            "triggered": self.triggered.isoformat() if self.triggered else None,
            "hash": self.hash,
            "via": self.via.value,
            "version": self.version.to_json() if self.version else None,
            "id": self.id,
            "after": self.after.isoformat() if self.after else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sighting:
        triggered, version, after = data["triggered"], data["version"], data["after"]
        return cls(
            datetime.fromisoformat(data["second"]),
            datetime.fromisoformat(triggered) if triggered else None,
            data["hash"],
            Via(data["via"]),
            Version.from_json(version) if version else None,
            data["id"],
            datetime.fromisoformat(after) if after else None,
        )


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
        versions = [s.version for s in (known, sighting) if s.version]
        after = max(filter(None, (known.after, sighting.after)), default=None)
        kept[sighting.key] = replace(known, version=max(versions, default=None), after=after)
        return _pruned(
            replace(
                self,
                sightings=tuple(kept[key] for key in sorted(kept)),
                past={**self.past, sighting.hash: value},
            )
        )

    def observing(self, value: Value, value_hash: str, accepted_from: str | None = None) -> Leaf:
        past = {**self.past, self.hash: self.value}
        return _pruned(
            replace(self, value=value, hash=value_hash, accepted_from=accepted_from, past=past)
        )

    def runs(self) -> list[list[Sighting]]:
        """The journal in the store's order, as stretches of one value."""
        stretches: list[list[Sighting]] = []
        for sighting in sorted(self.sightings, key=self._place):
            if stretches and stretches[-1][-1].hash == sighting.hash:
                stretches[-1].append(sighting)
            else:
                stretches.append([sighting])
        return stretches

    def end_of(self, second: datetime) -> datetime:
        """The latest instant inside a second of which we know; what a call finds now is later."""
        return max((s.triggered or s.after or second for s in self.at(second)), default=second)

    def _place(self, sighting: Sighting) -> tuple[datetime, datetime, datetime, str]:
        """Tell where in its second a sighting stands; a write or a read doesn't say so itself."""
        second, after = sighting.second, sighting.after or sighting.second
        if sighting.triggered:
            return (second, sighting.triggered, after, sighting.hash)
        alike = [s for s in self.at(second) if s.hash == sighting.hash]
        if not any(s.version for s in alike if s.triggered is None):
            return (second, after, after, sighting.hash)  # a read that found nothing new
        # a write stands where its echo does, and closes the second until that comes
        echoes = [s.triggered for s in alike if s.triggered and s.triggered > after]
        return (second, min(echoes, default=second + NO_TRIGGER), after, sighting.hash)

    def to_json(self) -> dict[str, Any]:
        return {
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


def _pruned(leaf: Leaf) -> Leaf:
    """Forget what is older than two days before the newest; the newest itself always stays."""
    newest = leaf.as_of
    kept = tuple(s for s in leaf.sightings if newest is None or s.second >= newest - KEEP)
    wanted = {s.hash for s in kept} - {leaf.hash}
    past = {known: value for known, value in leaf.past.items() if known in wanted}
    return replace(leaf, sightings=kept, past=past)
