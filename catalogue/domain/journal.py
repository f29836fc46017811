"""What one attribute was seen to be in one store, and when: a grow-only set of sightings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from catalogue.domain.values import Value
from catalogue.domain.version import TICK, Version
from catalogue.enums import Via

KEEP = timedelta(hours=48)


NO_TRIGGER = timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)


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

    def observing(self, value: Value, value_hash: str, accepted_from: str | None = None) -> Leaf:
        past = {**self.past, self.hash: self.value}
        return _pruned(
            replace(self, value=value, hash=value_hash, accepted_from=accepted_from, past=past)
        )

    def voiced(self, run: Sequence[Sighting]) -> bool:
        """Whether a run is accounted for: by an edit or a write, its own or of the same second."""
        return any(s.version for s in run) or all(
            s.via is Via.READ and any(o.version and o.hash == s.hash for o in self.at(s.second))
            for s in run
        )

    def runs(self) -> list[list[Sighting]]:
        """The journal in the store's order, as stretches of one value."""
        stretches: list[list[Sighting]] = []
        for sighting in self._ordered():
            if stretches and stretches[-1][-1].hash == sighting.hash:
                stretches[-1].append(sighting)
            else:
                stretches.append([sighting])
        return stretches

    def end_of(self, second: datetime) -> datetime:
        """The latest instant inside a second of which we know; what a call finds now is later."""
        return max((s.triggered or s.after or second for s in self.at(second)), default=second)

    def _ordered(self) -> list[Sighting]:
        places: dict[Sighting, tuple[datetime, datetime]] = {}
        limit, second = NEVER, NEVER
        for sighting in sorted(self.sightings, key=_came, reverse=True):
            if sighting.second != second:
                second, limit = sighting.second, sighting.second + NO_TRIGGER
            if sighting.triggered or sighting.version is None:
                # a read that found nothing new stands as early as it may
                places[sighting] = (second, _came(sighting)[1])
                continue
            # a write stands where its echo does, else at the end, but before the next call
            limit = min(limit - TICK, self._echo_of(sighting) or limit)
            places[sighting] = (second, limit)
        return sorted(self.sightings, key=lambda s: (*places[s], s.hash, s.via))

    def _echo_of(self, sighting: Sighting) -> datetime | None:
        alike = (s.triggered for s in self.at(sighting.second) if s.hash == sighting.hash)
        after = _came(sighting)[1]
        return min((instant for instant in alike if instant and instant >= after), default=None)

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


def _came(sighting: Sighting) -> tuple[datetime, datetime]:
    return (sighting.second, sighting.triggered or sighting.after or sighting.second)


def _pruned(leaf: Leaf) -> Leaf:
    """Forget what is older than two days before the newest; the newest itself always stays."""
    newest = leaf.as_of
    kept = tuple(s for s in leaf.sightings if newest is None or s.second >= newest - KEEP)
    wanted = {s.hash for s in kept} - {leaf.hash}
    past = {known: value for known, value in leaf.past.items() if known in wanted}
    return replace(leaf, sightings=kept, past=past)
