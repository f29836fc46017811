"""A whole small world: a hub and three shops with a bad network between them, in virtual time.

The shops keep their own account of what truly happened (`Oracle`): it judges the hub.
"""

import itertools
import random

from catalogue.domain.registers import Entry, Timeline
from catalogue.domain.version import TICK, Version
from catalogue.enums import OverrideKind, Source
from tests.properties.hub import Hub
from tests.properties.net import LONGEST_LAG, Clock, Net, Post, seconds
from tests.properties.shops import LEAVES, Oracle, Shop, Snapshot, TrueEdit, bare

STORES = 3


class World:
    def __init__(self, seed: int, net: Net) -> None:
        self.rng, self.net, self.clock = random.Random(seed), net, Clock()
        self.ids, self.names = itertools.count(), itertools.count()
        self.shops = [Shop(number) for number in range(STORES)]
        self.post, self.oracle = Post(self.clock, self.rng, net), Oracle()
        self.hub = Hub(self.clock, self.rng, net, self.shops, self.publish, self.wrote)

    def run(self) -> "World":
        self.schedule()
        self.clock.drain()
        self.clock.now += seconds(1 + LONGEST_LAG)
        self.hub_reads_all()
        return self

    def hub_reads_all(self) -> None:
        """The reconciliation."""
        for listing in self.hub.listings:
            listing.needs_read = True
        self.hub.wake()
        self.clock.drain()

    def schedule(self) -> None:
        rng, net = self.rng, self.net
        acts = [self.merchant_edits] * net.edits + [self.merchant_touches] * net.touches
        acts += [self.merchant_flips] * net.flips
        for act in acts:
            self.clock.later(
                rng.uniform(0.1, net.span), lambda act=act: act(rng.choice(self.shops))
            )
        for act in [self.hub_edits] * net.hub_edits + [self.hub_overrides] * net.overrides:
            self.clock.later(rng.uniform(0.1, net.span), act)

    # --- people in the shops ----------------------------------------------------------------------
    def merchant_edits(self, shop: Shop, leaf: str | None = None, value: str | None = None) -> None:
        leaf = leaf or self.rng.choice(LEAVES)
        value = value or f"s{shop.id}.{next(self.names)}"
        edit = self.oracle.merchant_sets(shop, leaf, value, self.clock.now)
        self.publish(shop, shop.apply({leaf: value}, self.clock.now), edit)

    def merchant_touches(self, shop: Shop) -> None:
        self.publish(shop, shop.apply({}, self.clock.now))

    def merchant_flips(self, shop: Shop) -> None:
        """A, B and A again, often within one second."""
        leaf = self.rng.choice(LEAVES)
        held = bare(shop.values[leaf])
        self.merchant_edits(shop, leaf)
        changed = bare(shop.values[leaf])

        def back() -> None:
            if bare(shop.values[leaf]) == changed:
                self.merchant_edits(shop, leaf, held)

        self.clock.later(self.rng.uniform(0.05, 0.9), back)

    def publish(self, shop: Shop, snapshot: Snapshot, edit: TrueEdit | None = None) -> None:
        key = f"d{next(self.ids):06}"

        def deliver() -> None:
            if edit:
                edit.delivered = True
            self.hub.delivered(shop.id, key, snapshot)

        self.post.carry(deliver)

    # --- people at the hub ------------------------------------------------------------------------
    def hub_edits(self) -> None:
        leaf = self.rng.choice(LEAVES)
        winner = self.hub.registers.canonical[leaf].winner
        entry = Entry(self._version(winner.version), "edit", None, f"h.{next(self.names)}")
        self._both(leaf, entry)

    def hub_overrides(self) -> None:
        leaf, store = self.rng.choice(LEAVES), self.rng.randrange(STORES)
        timeline = self.hub.registers.timelines.get((store, leaf), Timeline())
        version = self._version(*(entry.version for entry in timeline.entries[-1:]))
        standing = timeline.standing()
        if standing and standing.stands and self.rng.random() < 0.6:
            entry = Entry(version, "clear", store)
        else:
            name = f"o{store}.{next(self.names)}"
            entry = Entry(version, "set", store, name, OverrideKind.PINNED)
        self._both(leaf, entry)

    def _version(self, *based_on: Version) -> Version:
        clock = self.clock.now + seconds(self.net.skew)
        time = max([clock, *(version.time + TICK for version in based_on)])
        return Version.of(time, Source.MANUAL, f"h{next(self.ids):06}")

    def _both(self, leaf: str, entry: Entry) -> None:
        self.hub.take(leaf, entry)
        self.oracle.hub_acts(leaf, entry, self.clock.now)
        self.hub.wake()

    def wrote(self, store: int, leaf: str, value: str, at) -> None:
        self.oracle.written.append((store, leaf, value, at))
