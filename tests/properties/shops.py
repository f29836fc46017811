"""Shops as plain models of what Shopify keeps, and the account of what people truly did in them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from catalogue.domain.registers import CanonicalRegister, Entry, Routed, Timeline, forget, route
from catalogue.domain.version import Version
from catalogue.enums import Source

LEAVES = ("title", "description")
START = datetime(2026, 10, 5, 12, 0, 0, tzinfo=UTC)
FIRST = {"title": "v", "description": "<p>v</p>"}
ORIGIN = Version.of(START - timedelta(seconds=60), Source.IMPORT, "import")


def bare(value: object) -> str:
    return str(value).removeprefix("<p>").removesuffix("</p>")


@dataclass(frozen=True)
class Snapshot:
    second: datetime
    at: datetime
    values: dict[str, str]


@dataclass
class Shop:
    """One store as Shopify keeps it; it re-renders descriptions, and some reads of it lag."""

    id: int
    values: dict[str, str] = field(default_factory=lambda: dict(FIRST))
    updated: datetime = START
    past: list[Snapshot] = field(default_factory=list)

    def snapshot(self, at: datetime) -> Snapshot:
        return Snapshot(self.updated.replace(microsecond=0), at, dict(self.values))

    def apply(self, changes: dict[str, str], at: datetime) -> Snapshot:
        self.past.append(self.snapshot(at))
        for leaf, value in changes.items():
            self.values[leaf] = f"<p>{bare(value)}</p>" if leaf == "description" else value
        self.updated = at
        return self.snapshot(at)

    def replica(self, at: datetime, lag: timedelta) -> Snapshot:
        """What a replica shows that is behind: the state that was replaced after that instant."""
        return next((old for old in self.past if old.at > at - lag), self.snapshot(at))


@dataclass
class TrueEdit:
    """What somebody in a shop really did."""

    store: int
    leaf: str
    value: str
    at: datetime
    delivered: bool = False


@dataclass
class Registers:
    """The canonical register of every attribute, and the overrides of every store."""

    canonical: dict[str, CanonicalRegister] = field(default_factory=dict)
    timelines: dict[tuple[int, str], Timeline] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for leaf, value in FIRST.items():
            self.canonical[leaf] = CanonicalRegister().add(Entry(ORIGIN, "edit", None, value))

    def take(
        self,
        leaf: str,
        entry: Entry,
        *,
        horizon: datetime | None = None,
        redates: Version | None = None,
    ) -> None:
        known = Routed(self.canonical[leaf], self.timelines.get((entry.store, leaf)))
        if redates is not None:
            known = forget(known.register, known.timeline, entry.store, redates)
        routed = route(known.register, known.timeline, entry)
        timeline = routed.timeline
        self.canonical[leaf] = routed.register.compact(horizon) if horizon else routed.register
        if timeline is not None:
            timeline = timeline.compact(horizon) if horizon else timeline
            self.timelines[entry.store, leaf] = timeline

    def standing(self, store: int, leaf: str) -> Entry | None:
        timeline = self.timelines.get((store, leaf))
        return timeline.standing() if timeline else None


@dataclass
class Oracle:
    """Everything in the order in which it truly happened, and what the hub wrote where.

    `registers` go by the hub's clock, however wrong, `by_true_time` by the clock of the world.
    """

    registers: Registers = field(default_factory=Registers)
    by_true_time: Registers = field(default_factory=Registers)
    edits: list[TrueEdit] = field(default_factory=list)
    acts: int = 0
    written: list[tuple[int, str, str, datetime]] = field(default_factory=list)

    def merchant_sets(self, shop: Shop, leaf: str, value: str, at: datetime) -> TrueEdit:
        edit = TrueEdit(shop.id, leaf, value, at)
        self.edits.append(edit)
        version = Version.of(at, Source.SYNC, f"true{len(self.edits):06}")
        self._take(leaf, Entry(version, "edit", shop.id, value), at)
        return edit

    def hub_acts(self, leaf: str, entry: Entry, at: datetime) -> None:
        self._take(leaf, entry, at)

    def _take(self, leaf: str, entry: Entry, at: datetime) -> None:
        self.acts += 1
        self.registers.take(leaf, entry)
        self.by_true_time.take(leaf, replace(entry, version=replace(entry.version, time=at)))

    def spreadable(self, leaf: str) -> set[str]:
        """What anybody ever set for every store, by either clock."""
        both = (self.registers, self.by_true_time)
        return {bare(entry.value) for one in both for entry in one.canonical[leaf].entries}

    def may_be_ours(self, edit: TrueEdit) -> bool:
        """Whether we wrote the same to that store about then: nothing tells the two apart."""
        return any(
            (store, leaf, value) == (edit.store, edit.leaf, edit.value)
            and sent > edit.at - timedelta(seconds=30)
            for store, leaf, value, sent in self.written
        )
