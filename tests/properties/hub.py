"""The hub of the simulation: the real domain functions under the discipline of the two lanes."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalogue.domain.attributes import attribute, renders
from catalogue.domain.decide import Decision, absorb_leaf, decide_payload
from catalogue.domain.diff import difference
from catalogue.domain.effective import Effective, effective
from catalogue.domain.hints import hint_for
from catalogue.domain.journal import KEEP, Leaf
from catalogue.domain.registers import Entry
from catalogue.domain.seen import ReadSeen, Seen, UnknownWrite, Written
from catalogue.domain.version import Version
from tests.properties.net import LONGEST_LAG, LONGEST_SETTLING, TIME_OUT, Clock, Net, seconds
from tests.properties.shops import LEAVES, START, Registers, Shop, Snapshot, bare

HORIZON = KEEP + seconds(3600)


@dataclass
class Listing:
    """The hub's knowledge of one shop."""

    leaves: dict[str, Leaf] = field(default_factory=dict)
    open: bool = False
    needs_read: bool = False
    pending: dict[str, Written] | None = None
    asked: datetime = START
    sent_at: datetime = START
    unknown: dict[str, list[UnknownWrite]] = field(
        default_factory=lambda: {leaf: [] for leaf in LEAVES}
    )
    parked: list[tuple[Seen, Snapshot]] = field(default_factory=list)

    @property
    def as_of(self) -> datetime | None:
        return max((leaf.as_of for leaf in self.leaves.values() if leaf.as_of), default=None)


@dataclass(frozen=True)
class Recorded:
    """A row of the ledger."""

    store: int
    leaf: str
    value: str
    version: Version
    uncertain: bool


@dataclass
class Hub:
    """`publish`: how a shop tells of what a write of ours did; `told`: what we sent, and when."""

    clock: Clock
    rng: random.Random
    net: Net
    shops: list[Shop]
    publish: Callable[[Shop, Snapshot], None]
    wrote: Callable[[int, str, str, datetime], None]
    listings: list[Listing] = field(default_factory=list)
    registers: Registers = field(default_factory=Registers)
    ledger: dict[tuple[int, str, str], Recorded] = field(default_factory=dict)
    calls: list[tuple[int, dict[str, Written]]] = field(default_factory=list)
    lagging: int = 0
    ids: itertools.count = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.listings = [Listing() for _ in self.shops]
        for shop in self.shops:
            self._absorb(shop.id, shop.snapshot(self.clock.now), {}, self.clock.now)

    # --- the in lane ------------------------------------------------------------------------------
    def delivered(self, store: int, key: str, snapshot: Snapshot) -> None:
        seen = Seen(snapshot.second, snapshot.at, max(self.clock.now, snapshot.at), key)
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

    def _take(self, store: int, leaf: str, decision: Decision) -> None:
        listing = self.listings[store]
        listing.leaves[leaf] = Leaf.from_json(decision.leaf.to_json())
        listing.needs_read |= decision.needs_read
        for edit in decision.edits:
            value = str(edit.value)
            key = (store, leaf, edit.version.id)
            self.ledger[key] = Recorded(store, leaf, bare(value), edit.version, edit.time_uncertain)
            entry = Entry(edit.version, "edit", store, value, bounds=edit.bounds)
            self.take(leaf, entry, edit.redates)

    def take(self, leaf: str, entry: Entry, redates: Version | None = None) -> None:
        horizon = self.clock.now - HORIZON
        self.registers.take(leaf, entry, horizon=horizon, redates=redates)

    # --- the call lane --------------------------------------------------------------------------
    def effective(self, store: int, leaf: str) -> Effective:
        winner, own = self.registers.canonical[leaf].winner, self.registers.standing(store, leaf)
        return effective(attribute(leaf), winner, own)

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
                leaf: Written(value, wanted[None, leaf].version, self.clock.now)
                for (_, leaf), value in missing.items()
            }
            self.write(store, listing, parts)

    def read(self, store: int, listing: Listing) -> None:
        listing.open, listing.needs_read, listing.asked = True, False, self.clock.now
        shop, wait = self.shops[store], self.rng.choice(self.net.answers)
        lag = self.rng.uniform(0, LONGEST_LAG) if self.rng.random() < self.net.lag else 0.0

        def look() -> None:
            snapshot = shop.replica(self.clock.now, seconds(lag))
            self.answered(wait / 2, lambda landed: self.settled_read(store, snapshot, landed))

        self.clock.later(wait / 2, look)

    def answered(self, wait: float, settle: Callable[[datetime], None]) -> None:
        """An answer lands, and is taken in at once or, where the hub is busy, a while later."""

        def land() -> None:
            landed, busy = self.clock.now, self.rng.random() < self.net.busy
            while_busy = self.rng.uniform(0, LONGEST_SETTLING) if busy else 0.0
            self.clock.later(while_busy, lambda: settle(landed))

        self.clock.later(wait, land)

    def settled_read(self, store: int, snapshot: Snapshot, landed: datetime) -> None:
        listing = self.listings[store]
        if listing.as_of and snapshot.second < listing.as_of:
            self.lagging += 1
            listing.open, listing.needs_read = False, True
            self.clock.later(2, self.wake)
            return
        pending, listing.pending = listing.pending or {}, None
        uncertain = {leaf: replace(w, certain=False) for leaf, w in pending.items()}
        self._absorb(store, snapshot, uncertain, landed)
        for leaf, part in pending.items():
            shown = attribute(leaf).normalise(snapshot.values[leaf])
            if not renders(attribute(leaf), part.value, shown):
                write = UnknownWrite(part.value, listing.sent_at, part.version)
                listing.unknown[leaf].append(write)
        self.finished(store)

    def write(self, store: int, listing: Listing, parts: dict[str, Written]) -> None:
        listing.open, listing.asked, listing.sent_at = True, self.clock.now, self.clock.now
        self.calls.append((store, parts))
        rng, net, shop = self.rng, self.net, self.shops[store]
        changes = {leaf: str(part.value) for leaf, part in parts.items()}
        for leaf, value in changes.items():
            self.wrote(store, leaf, bare(value), self.clock.now)
        wait = rng.choice(net.answers)
        lost, ghost = rng.random() < net.lost, rng.random() < net.ghost

        def land() -> None:
            snapshot = shop.apply(changes, self.clock.now)
            self.publish(shop, snapshot)
            if not lost and not ghost:
                self.answered(wait * 0.9, lambda at: self.settled_write(store, snapshot, parts, at))

        def time_out() -> None:
            listing.open, listing.pending = False, parts
            self.wake()

        if ghost:
            self.clock.later(rng.uniform(TIME_OUT, 3 * TIME_OUT), land)
        elif not lost or rng.random() < 0.5:
            self.clock.later(wait * 0.1, land)
        if lost or ghost:
            self.clock.later(TIME_OUT, time_out)

    def settled_write(
        self, store: int, snapshot: Snapshot, parts: dict[str, Written], landed: datetime
    ) -> None:
        self._absorb(store, snapshot, parts, landed)
        self.finished(store)

    def finished(self, store: int) -> None:
        self.listings[store].open = False
        self.decide_parked(store)

    def _absorb(
        self, store: int, snapshot: Snapshot, parts: dict[str, Written], landed: datetime
    ) -> None:
        listing, key = self.listings[store], f"r{next(self.ids)}"
        read = ReadSeen(snapshot.second, listing.asked, max(landed, snapshot.at), key)
        for leaf, shown in snapshot.values.items():
            value, known = attribute(leaf).normalise(shown), listing.leaves.get(leaf)
            stored = [
                (seen, attribute(leaf).normalise(parked.values[leaf]))
                for seen, parked in listing.parked
            ]
            hint = known and hint_for(
                known, value, attribute=attribute(leaf), read=read, stored=stored
            )
            decision = absorb_leaf(
                known,
                value,
                attribute=attribute(leaf),
                read=read,
                written=parts.get(leaf),
                hint=hint,
                unknown=listing.unknown[leaf],
            )
            self._take(store, leaf, decision)
