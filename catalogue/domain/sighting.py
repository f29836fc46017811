"""One look at one attribute in one store, and the order in which the store went through them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, TypeAlias

from catalogue.domain.version import TICK, Version
from catalogue.enums import Via

NO_TRIGGER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A value at a second of the store's clock; `version` where it was an edit or our write.

    A webhook knows when it was triggered, a call only what it came `after`: the store's clock, too.
    `heard` is on ours: when a delivery or an answer reached us, or when our write was planned.
    """

    second: datetime
    triggered: datetime | None
    hash: str
    via: Via
    version: Version | None = None
    id: str = ""
    after: datetime | None = None
    heard: datetime | None = None

    @property
    def key(self) -> tuple[datetime, datetime, str, Via]:
        """What makes two sightings one, and their order: what has no trigger stands last."""
        return (self.second, self.triggered or self.second + NO_TRIGGER, self.hash, self.via)

    @property
    def time(self) -> datetime:
        """When it was, never in our own future, however fast the store's clock is."""
        known = self.triggered or self.second
        return min(known, self.heard) if self.heard else known

    @property
    def earliest(self) -> datetime:
        """A lower bound of its instant inside the second."""
        return self.triggered or self.after or self.second

    def explains(self, other: Sighting) -> bool:
        """Whether a sighting of the same value may be of this edit or write.

        What we had heard before we planned a write is not its echo.
        """
        foreseen = self.via is Via.WRITE and other.via is Via.HOOK
        early = foreseen and self.heard and other.heard and other.heard < self.heard
        return self.version is not None and not early

    def to_json(self) -> dict[str, Any]:
        return {
            "second": self.second.isoformat(),
            "triggered": self.triggered.isoformat() if self.triggered else None,
            "hash": self.hash,
            "via": self.via.value,
            "version": self.version.to_json() if self.version else None,
            "id": self.id,
            "after": self.after.isoformat() if self.after else None,
            "heard": self.heard.isoformat() if self.heard else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sighting:
        version = data["version"]
        return cls(
            datetime.fromisoformat(data["second"]),
            _instant(data["triggered"]),
            data["hash"],
            Via(data["via"]),
            Version.from_json(version) if version else None,
            data["id"],
            _instant(data["after"]),
            _instant(data.get("heard")),
        )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


Places: TypeAlias = dict[tuple[datetime, datetime, str, Via], datetime]


def in_order(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Put sightings in the store's own order: by second, and inside it as well as can be told."""
    ordered: list[Sighting] = []
    for _, group in groupby(sorted(sightings, key=lambda s: s.key), key=lambda s: s.second):
        alike = list(group)
        places = _places(alike)
        ordered += sorted(alike, key=lambda s: (places[s.key], s.hash, s.via))
    return ordered


def _places(group: Sequence[Sighting]) -> Places:
    """Say when each sighting of one second was true; a call doesn't know it by itself."""
    places = {s.key: s.triggered for s in group if s.triggered}
    calls = sorted((s for s in group if not s.triggered), key=lambda s: s.earliest)
    changing = [s for s in calls if s.version]
    _place_at_echoes(changing, group, places)
    limit = group[0].second + NO_TRIGGER
    for call in reversed(changing):
        # without an echo a change closes the second, but comes before the next call
        limit = places.setdefault(call.key, limit - TICK)
    for read in calls:
        if not read.version:
            # what a read confirmed is as old as the change that it confirms, no older than itself
            confirmed = [places[s.key] for s in changing if s.hash == read.hash]
            places[read.key] = max([read.earliest, *confirmed])
    return places


def _place_at_echoes(
    changing: Sequence[Sighting], group: Sequence[Sighting], places: Places
) -> None:
    """Calls come one after the other: each stands at its first echo after the one before it."""
    before = group[0].second
    for call in changing:
        since = max(before, call.earliest)
        echoes = [s.triggered for s in group if s.triggered and s.hash == call.hash]
        echo = min((instant for instant in echoes if instant >= since), default=None)
        if echo:
            places[call.key] = before = echo
