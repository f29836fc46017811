"""Who holds a value: the canonical register and each store's override timeline.

Both are grow-only sets of entries with a pure reading, so that the same entries give the same
answer in whatever order they arrived. An edit from a store is read by that store's timeline as it
stood at the edit's own time: where an override stood, the override moves, else it is a candidate
for the canonical value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

from catalogue.domain.values import Value
from catalogue.domain.version import Bounds, Version
from catalogue.enums import OverrideKind

Op: TypeAlias = Literal["edit", "set", "clear"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: an edit (of the hub where `store` is None), or an override set or cleared.

    An edit that a read has found has no instant of its own, only `bounds`.
    """

    version: Version
    op: Op
    store: int | None = None
    value: Value = None
    kind: OverrideKind | None = None
    bounds: Bounds | None = None

    def __post_init__(self) -> None:
        if self.op == "set" and (self.kind is None or self.store is None):
            raise ValueError("An override needs its store and its kind.")

    @property
    def stands(self) -> bool:
        """Whether this is an override; a clear, its tombstone, is of no kind."""
        return self.kind is not None

    @property
    def latest(self) -> datetime:
        """The last instant at which it may have been made."""
        return max(self.bounds[1], self.version.time) if self.bounds else self.version.time

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version.to_json(),
            "op": self.op,
            "store": self.store,
            "value": self.value,
            "kind": self.kind.value if self.kind else None,
            "bounds": [bound.isoformat() for bound in self.bounds] if self.bounds else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        kind = OverrideKind(data["kind"]) if data["kind"] else None
        version = Version.from_json(data["version"])
        bounds = _bounds(data.get("bounds"))
        return cls(version, data["op"], data["store"], data["value"], kind, bounds)


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened to one attribute's override in one store, and the store's edits around it."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Timeline:
        return cls(_set_of(entries))

    def add(self, entry: Entry) -> Timeline:
        return self.merge(Timeline((entry,)))

    def without(self, version: Version) -> Timeline:
        return Timeline(tuple(entry for entry in self.entries if entry.version != version))

    def merge(self, other: Timeline) -> Timeline:
        return Timeline.of((*self.entries, *other.entries))

    @property
    def newest(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    def standing(self, at: datetime | None = None) -> Entry | None:
        """The override (or the tombstone of a cleared one) that stood at an instant, or stands."""
        standing = None
        for _, after in self._walk():
            if at is not None and after is not None and after.version.time > at:
                break
            standing = after
        return standing

    def candidates(self) -> tuple[Entry, ...]:
        """The store's edits that no override caught: they compete for the canonical value.

        What may have been made while an override stood is none: it must not reach other stores.
        """
        return tuple(
            entry
            for entry, after in self._walk()
            if entry.op == "edit"
            and (after is None or not after.stands)
            and not self._may_be_caught(entry)
        )

    def _may_be_caught(self, edit: Entry) -> bool:
        """Whether an override stood anywhere between the bounds of an edit.

        One that was cleared there stood before, even if that has been forgotten.
        """
        if edit.bounds is None:
            return False
        since = edit.bounds[0]
        before = self.standing(since)
        return (before is not None and before.stands) or any(
            entry.op != "edit" and since < entry.version.time <= edit.latest
            for entry in self.entries
        )

    def held(self) -> tuple[Entry, ...]:
        """The edits that a held override keeps for a person: neither spread nor written back."""
        return tuple(
            entry
            for entry, after in self._walk()
            if entry.op == "edit" and after is not None and after.kind is OverrideKind.HELD
        )

    def compact(self, horizon: datetime) -> Timeline:
        """Drop what is older than the horizon and can decide nothing any more."""
        standing, candidates = self.standing(horizon), self.candidates()
        # the override at the horizon may be an edit that moved a set one: keep it as set
        kept = [replace(standing, op="set") if standing and standing.stands else standing]
        kept += [entry for entry in self.entries if entry.latest > horizon]
        known = Timeline.of(entry for entry in kept if entry is not None)
        ground = _newest_until(horizon, candidates)
        return known if ground is None else Timeline.of((*known.entries, ground))

    def _walk(self) -> Iterator[tuple[Entry, Entry | None]]:
        """Each entry with what stands after it."""
        standing: Entry | None = None
        for entry in self.entries:
            if entry.op != "edit":
                standing = entry
            elif standing and standing.stands and standing.kind is not OverrideKind.HELD:
                standing = replace(entry, kind=OverrideKind.PINNED)
            yield entry, standing

    def to_json(self) -> list[dict[str, Any]]:
        return [entry.to_json() for entry in self.entries]

    @classmethod
    def from_json(cls, data: Iterable[Mapping[str, Any]]) -> Timeline:
        return cls.of(Entry.from_json(entry) for entry in data)


@dataclass(frozen=True, slots=True)
class CanonicalRegister:
    """The candidates for a canonical value, of the hub and of every store; the newest wins."""

    entries: tuple[Entry, ...] = ()

    @property
    def winner(self) -> Entry | None:
        return max(self.entries, key=_version, default=None)

    def of_store(self, store: int | None) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.store == store)

    def add(self, entry: Entry) -> CanonicalRegister:
        return self.merge(CanonicalRegister((entry,)))

    def without(self, store: int | None, version: Version) -> CanonicalRegister:
        gone = (store, version)
        kept = (entry for entry in self.entries if (entry.store, entry.version) != gone)
        return CanonicalRegister(tuple(kept))

    def merge(self, other: CanonicalRegister) -> CanonicalRegister:
        return CanonicalRegister(_set_of((*self.entries, *other.entries)))

    def with_candidates(self, store: int, candidates: Iterable[Entry]) -> CanonicalRegister:
        """Replace a store's candidates by those its timeline names."""
        others = (entry for entry in self.entries if entry.store != store)
        return CanonicalRegister(_set_of((*others, *candidates)))

    def compact(self, horizon: datetime) -> CanonicalRegister:
        """Keep what is recent, and what each origin had set before: a late override may need it."""
        recent = [entry for entry in self.entries if entry.latest > horizon]
        origins = {entry.store for entry in self.entries}
        grounds = [_newest_until(horizon, self.of_store(store)) for store in origins]
        return CanonicalRegister(_set_of((*recent, *filter(None, grounds))))

    def to_json(self) -> list[dict[str, Any]]:
        return [entry.to_json() for entry in self.entries]

    @classmethod
    def from_json(cls, data: Iterable[Mapping[str, Any]]) -> CanonicalRegister:
        return cls(_set_of(Entry.from_json(entry) for entry in data))


@dataclass(frozen=True, slots=True)
class Routed:
    """Both registers after an entry; a store without any override has no timeline."""

    register: CanonicalRegister
    timeline: Timeline | None


def route(register: CanonicalRegister, timeline: Timeline | None, entry: Entry) -> Routed:
    """Take in one act: the one way in which registers change."""
    if entry.store is None or (timeline is None and entry.op == "edit"):
        return Routed(register.add(entry), timeline)
    # the first override of a store begins its timeline with the edits known until then
    begun = timeline if timeline is not None else Timeline(register.of_store(entry.store))
    grown = begun.add(entry)
    return Routed(register.with_candidates(entry.store, grown.candidates()), grown)


def forget(
    register: CanonicalRegister, timeline: Timeline | None, store: int | None, version: Version
) -> Routed:
    """Take out an act of a store that is about to be taken in as of another time."""
    remaining = timeline.without(version) if timeline is not None else None
    return Routed(register.without(store, version), remaining)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the registers say: the canonical winner, and what stands in each store."""

    value: Value
    version: Version | None
    overrides: Mapping[int, Entry | None]


def resolve(register: CanonicalRegister, timelines: Mapping[int, Timeline]) -> Resolved:
    """Read the registers as a whole."""
    for store, timeline in timelines.items():
        register = register.with_candidates(store, timeline.candidates())
    winner = register.winner
    overrides = {store: timeline.standing() for store, timeline in timelines.items()}
    if winner is None:
        return Resolved(None, None, overrides)
    return Resolved(winner.value, winner.version, overrides)


def _bounds(data: list[str] | None) -> Bounds | None:
    if data is None:
        return None
    since, until = map(datetime.fromisoformat, data)
    return since, until


def _version(entry: Entry) -> Version:
    return entry.version


def _newest_until(horizon: datetime, entries: Iterable[Entry]) -> Entry | None:
    past = (entry for entry in entries if entry.latest <= horizon)
    return max(past, key=_version, default=None)


def _set_of(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """A set in version order; the same act twice is one, by version, store and kind of act."""
    distinct = {(entry.version, entry.store or 0, entry.op): entry for entry in entries}
    return tuple(distinct[key] for key in sorted(distinct))
