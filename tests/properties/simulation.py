"""A whole small world: a hub and three shops with a bad network between them, in virtual time.

The shops are plain models of what Shopify does; the hub decides with the real domain functions
under the discipline of the two lanes. The shops keep their own log of true edits: the oracle.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from catalogue.domain.attributes import attribute, renders
from catalogue.domain.decide import (
    ReadSeen,
    Seen,
    UnknownWrite,
    Written,
    absorb_leaf,
    decide_payload,
)
from catalogue.domain.diff import difference
from catalogue.domain.effective import Effective, effective
from catalogue.domain.hints import hint_for
from catalogue.domain.journal import Leaf
from catalogue.domain.registers import (
    CanonicalRegister,
    Entry,
    Timeline,
    route,
)
from catalogue.domain.version import TICK, Version
from catalogue.enums import OverrideKind, Source, Verdict

LEAVES = ("title", "description")
START = datetime(2026, 10, 5, 12, 0, 0, tzinfo=UTC)
TIME_OUT = 3.0


def seconds(value: float) -> timedelta:
    return timedelta(microseconds=round(value * 1_000_000))


@dataclass(frozen=True)
class Net:
    """How bad the world is."""

    delay: float = 0.4
    late: float = 0.0
    double: float = 0.0
    drop: float = 0.0
    lost: float = 0.0
    ghost: float = 0.0
    skew: float = 0.0
    answers: tuple[float, ...] = (0.02, 0.06, 1.5)
    span: float = 12.0
    edits: int = 6
    touches: int = 6
    flips: int = 2
    hub_edits: int = 2
    overrides: int = 0


@dataclass(frozen=True)
class Snapshot:
    second: datetime
    at: datetime
    values: dict[str, str]


@dataclass
class TrueEdit:
    """What somebody in a shop really did."""

    store: int
    leaf: str
    value: str
    at: datetime
    delivered: bool = False


@dataclass
class Shop:
    """One store as Shopify keeps it; it re-renders descriptions."""

    id: int
    values: dict[str, str]
    updated: datetime = START

    def snapshot(self, at: datetime) -> Snapshot:
        return Snapshot(self.updated.replace(microsecond=0), at, dict(self.values))

    def apply(self, changes: dict[str, str], at: datetime) -> Snapshot:
        for leaf, value in changes.items():
            self.values[leaf] = f"<p>{bare(value)}</p>" if leaf == "description" else value
        self.updated = at
        return self.snapshot(at)


def bare(value: object) -> str:
    return str(value).removeprefix("<p>").removesuffix("</p>")


@dataclass
class Listing:
    """The hub's knowledge of one shop."""

    leaves: dict[str, Leaf] = field(default_factory=dict)
    open: bool = False
    needs_read: bool = False
    pending: dict[str, Written] | None = None
    sent_at: datetime = START
    unknown: dict[str, list[UnknownWrite]] = field(
        default_factory=lambda: {leaf: [] for leaf in LEAVES}
    )
    parked: list[tuple[Seen, Snapshot]] = field(default_factory=list)


@dataclass(frozen=True)
class Recorded:
    """A row of the ledger."""

    store: int
    leaf: str
    value: str
    version: Version
    uncertain: bool


class World:
    def __init__(self, seed: int, net: Net, stores: int = 3) -> None:
        self.rng, self.net, self.now = random.Random(seed), net, START
        self.events: list[tuple[datetime, int, Callable[[], None]]] = []
        self.order, self.ids, self.names = itertools.count(), itertools.count(), itertools.count()
        first = {"title": "v", "description": "<p>v</p>"}
        self.shops = [Shop(number, dict(first)) for number in range(stores)]
        self.listings = [Listing() for _ in range(stores)]
        origin = Entry(Version.of(START - seconds(60), Source.IMPORT, "import"), "edit")
        self.registers = {leaf: self._begin(origin, first[leaf]) for leaf in LEAVES}
        self.truth = dict(self.registers)
        self.timelines: dict[tuple[int, str], Timeline] = {}
        self.true_timelines: dict[tuple[int, str], Timeline] = {}
        self.true_edits: list[TrueEdit] = []
        self.ledger: dict[tuple[int, str, str], Recorded] = {}
        self.written: set[tuple[int, str, str]] = set()
        self.spent = self.writes = self.reads = 0
        for shop in self.shops:
            self._absorb(shop.id, shop.snapshot(self.now), {})

    @staticmethod
    def _begin(origin: Entry, value: str) -> CanonicalRegister:
        return CanonicalRegister().add(Entry(origin.version, "edit", None, value))

    # --- the clock ------------------------------------------------------------------------------
    def later(self, delay: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds(delay), next(self.order), act))

    def drain(self) -> None:
        while self.events:
            self.now, _, act = heapq.heappop(self.events)
            act()
            self.spent += 1
            assert self.spent < 20_000, "the world does not come to rest"

    def run(self) -> "World":
        self.schedule()
        self.drain()
        self.now += seconds(1)
        for listing in self.listings:
            listing.needs_read = True
        self.wake()
        self.drain()
        return self

    def schedule(self) -> None:
        rng, net = self.rng, self.net
        acts = [self.merchant_edits] * net.edits + [self.merchant_touches] * net.touches
        acts += [self.merchant_flips] * net.flips
        for act in acts:
            self.later(rng.uniform(0.1, net.span), lambda act=act: act(rng.choice(self.shops)))
        for _ in range(net.hub_edits):
            self.later(rng.uniform(0.1, net.span), self.hub_edits)
        for _ in range(net.overrides):
            self.later(rng.uniform(0.1, net.span), self.hub_overrides)

    # --- the shops --------------------------------------------------------------------------------
    def merchant_edits(self, shop: Shop, leaf: str | None = None, value: str | None = None) -> None:
        leaf = leaf or self.rng.choice(LEAVES)
        name = value or f"s{shop.id}.{next(self.names)}"
        edit = TrueEdit(shop.id, leaf, name, self.now)
        self.true_edits.append(edit)
        entry = Entry(
            Version.of(self.now, Source.SYNC, f"true{next(self.ids)}"), "edit", shop.id, name
        )
        self._route(self.truth, self.true_timelines, leaf, entry)
        self.publish(shop, shop.apply({leaf: name}, self.now), edit)

    def merchant_touches(self, shop: Shop) -> None:
        self.publish(shop, shop.apply({}, self.now))

    def merchant_flips(self, shop: Shop) -> None:
        """A, B and A again, often within one second."""
        leaf = self.rng.choice(LEAVES)
        held = bare(shop.values[leaf])
        self.merchant_edits(shop, leaf)
        changed = bare(shop.values[leaf])

        def back() -> None:
            if bare(shop.values[leaf]) == changed:
                self.merchant_edits(shop, leaf, held)

        self.later(self.rng.uniform(0.05, 0.9), back)

    def publish(self, shop: Shop, snapshot: Snapshot, edit: TrueEdit | None = None) -> None:
        rng, net = self.rng, self.net
        copies = 0 if rng.random() < net.drop else 2 if rng.random() < net.double else 1
        key = f"d{next(self.ids)}"
        for _ in range(copies):
            delay = net.late if rng.random() < 0.05 else rng.uniform(0.01, net.delay)
            self.later(max(delay, 0.01), lambda: self.delivered(shop.id, key, snapshot, edit))

    # --- the in lane ------------------------------------------------------------------------------
    def delivered(self, store: int, key: str, snapshot: Snapshot, edit: TrueEdit | None) -> None:
        if edit:
            edit.delivered = True
        seen = Seen(snapshot.second, snapshot.at, max(self.now, snapshot.at), key)
        self.listings[store].parked.append((seen, snapshot))
        self.decide_parked(store)

    def decide_parked(self, store: int) -> None:
        listing = self.listings[store]
        while listing.parked and not listing.open and listing.pending is None:
            listing.parked.sort(key=lambda parked: parked[0].instant)
            seen, snapshot = listing.parked.pop(0)
            for leaf, value in snapshot.values.items():
                decision = decide_payload(
                    listing.leaves[leaf],
                    attribute(leaf).normalise(value),
                    attribute=attribute(leaf),
                    seen=seen,
                    unknown=listing.unknown[leaf],
                )
                self._take(store, leaf, decision)
        self.wake()

    def _take(self, store: int, leaf: str, decision) -> None:
        listing = self.listings[store]
        listing.leaves[leaf] = Leaf.from_json(decision.leaf.to_json())
        listing.needs_read |= decision.needs_read
        for edit in decision.edits:
            value = str(edit.value)
            key = (store, leaf, edit.version.id)
            self.ledger[key] = Recorded(store, leaf, bare(value), edit.version, edit.time_uncertain)
            entry = Entry(edit.version, "edit", store, value, bounds=edit.bounds)
            self._route(self.registers, self.timelines, leaf, entry)

    @staticmethod
    def _route(registers, timelines, leaf: str, entry: Entry) -> None:
        key = (entry.store, leaf)
        routed = route(registers[leaf], timelines.get(key), entry)
        registers[leaf] = routed.register
        if routed.timeline is not None:
            timelines[key] = routed.timeline

    # --- people at the hub ---------------------------------------------------------------------
    def _hub_version(self, *based_on: Version) -> Version:
        clock = self.now + seconds(self.net.skew)
        time = max([clock, *(version.time + TICK for version in based_on)])
        return Version.of(time, Source.MANUAL, f"h{next(self.ids)}")

    def hub_edits(self) -> None:
        leaf = self.rng.choice(LEAVES)
        version = self._hub_version(self.registers[leaf].winner.version)
        entry = Entry(version, "edit", None, f"h.{next(self.names)}")
        self._both(leaf, entry)

    def hub_overrides(self) -> None:
        leaf, store = self.rng.choice(LEAVES), self.rng.randrange(len(self.shops))
        timeline = self.timelines.get((store, leaf), Timeline())
        standing = timeline.standing()
        version = self._hub_version(
            *(entry.version for entry in timeline.entries),
            *(entry.version for entry in self.registers[leaf].of_store(store)),
        )
        if standing and standing.stands and self.rng.random() < 0.6:
            entry = Entry(version, "clear", store)
        else:
            name = f"o{store}.{next(self.names)}"
            entry = Entry(version, "set", store, name, OverrideKind.PINNED)
        self._both(leaf, entry)

    def _both(self, leaf: str, entry: Entry) -> None:
        self._route(self.registers, self.timelines, leaf, entry)
        self._route(self.truth, self.true_timelines, leaf, entry)
        self.wake()

    # --- the call lane --------------------------------------------------------------------------
    def effective(self, store: int, leaf: str) -> Effective:
        timeline = self.timelines.get((store, leaf))
        standing = timeline.standing() if timeline else None
        return effective(attribute(leaf), self.registers[leaf].winner, standing)

    def wake(self) -> None:
        for store, listing in enumerate(self.listings):
            if not listing.open:
                self.call(store, listing)

    def call(self, store: int, listing: Listing) -> None:
        if listing.needs_read or listing.pending is not None:
            self.read(store, listing)
            return
        wanted = {(None, leaf): self.effective(store, leaf) for leaf in LEAVES}
        missing = difference(
            {key: shown.value for key, shown in wanted.items()},
            {(None, leaf): listing.leaves[leaf] for leaf in LEAVES},
        )
        if missing:
            parts = {
                leaf: Written(value, wanted[None, leaf].version, self.now)
                for (_, leaf), value in missing.items()
            }
            self.write(store, listing, parts)

    def read(self, store: int, listing: Listing) -> None:
        listing.open, listing.needs_read = True, False
        self.reads += 1
        shop, wait = self.shops[store], self.rng.choice(self.net.answers)

        def look() -> None:
            snapshot = shop.snapshot(self.now)
            self.later(wait / 2, lambda: self.settled_read(store, snapshot))

        self.later(wait / 2, look)

    def settled_read(self, store: int, snapshot: Snapshot) -> None:
        listing = self.listings[store]
        pending, listing.pending = listing.pending or {}, None
        uncertain = {leaf: replace(w, certain=False) for leaf, w in pending.items()}
        self._absorb(store, snapshot, uncertain)
        for leaf, part in pending.items():
            shown = attribute(leaf).normalise(snapshot.values[leaf])
            if not renders(attribute(leaf), part.value, shown):
                write = UnknownWrite(part.value, listing.sent_at, part.version)
                listing.unknown[leaf].append(write)
        self.finished(store)

    def write(self, store: int, listing: Listing, parts: dict[str, Written]) -> None:
        listing.open = True
        listing.sent_at = self.now
        self.writes += 1
        rng, net, shop = self.rng, self.net, self.shops[store]
        changes = {leaf: str(part.value) for leaf, part in parts.items()}
        self.written |= {(store, leaf, bare(value)) for leaf, value in changes.items()}
        wait = rng.choice(net.answers)
        lost = rng.random() < net.lost
        ghost = rng.random() < net.ghost

        def land() -> None:
            snapshot = shop.apply(changes, self.now)
            self.publish(shop, snapshot)
            if not lost and not ghost:
                self.later(wait * 0.9, lambda: self.settled_write(store, snapshot, parts))

        def time_out() -> None:
            listing.open, listing.pending = False, parts
            self.wake()

        if ghost:
            self.later(rng.uniform(TIME_OUT, 3 * TIME_OUT), land)
        elif not lost or rng.random() < 0.5:
            self.later(wait * 0.1, land)
        if lost or ghost:
            self.later(TIME_OUT, time_out)

    def settled_write(self, store: int, snapshot: Snapshot, parts: dict[str, Written]) -> None:
        self._absorb(store, snapshot, parts)
        self.finished(store)

    def finished(self, store: int) -> None:
        self.listings[store].open = False
        self.decide_parked(store)

    def _absorb(self, store: int, snapshot: Snapshot, parts: dict[str, Written]) -> None:
        listing, key = self.listings[store], f"r{next(self.ids)}"
        read = ReadSeen(snapshot.second, max(self.now, snapshot.at), key)
        for leaf, shown in snapshot.values.items():
            value, known = attribute(leaf).normalise(shown), listing.leaves.get(leaf)
            stored = [
                (seen, attribute(leaf).normalise(parked.values[leaf]))
                for seen, parked in listing.parked
            ]
            hint = known and hint_for(known, value, attribute=attribute(leaf), stored=stored)
            decision = absorb_leaf(
                known,
                value,
                attribute=attribute(leaf),
                read=read,
                written=parts.get(leaf),
                hint=hint,
                unknown=listing.unknown[leaf],
            )
            assert decision.verdict is not Verdict.STALE, "no read lags in this world"
            self._take(store, leaf, decision)
