"""Random histories on the real twin: people edit, deliveries come as they like, pumps run.

A history keeps its own account of what truly happened, in order of time: what every store should
show follows from that account alone. Most steps fall into one second of the stores' clocks.
"""

import itertools
import random
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Min
from hypothesis import strategies as st

from catalogue.enums import Source
from catalogue.models import Change, Listing, Override, Product, Variant, VariantListing
from catalogue.selectors.picture import picture
from catalogue.services.edit import SetValue, edit
from catalogue.services.inbound import ask_for_read
from stores.models import Delivery
from syncqueue.enums import OPEN_STATES
from syncqueue.models import Call, Job
from syncqueue.services.pump import run_pump
from tests.journeys.conftest import lamp

STORES = 3
OF_THE_VARIANT = ("price",)
stores = st.integers(0, STORES - 1)
words = st.sampled_from(["A", "B", "C"])
prices = st.sampled_from(["11.00", "12.00", "13.00"])


def steps(attributes, *, faults):
    """What may happen: each step is a method of `History` with its arguments."""
    leaves = st.sampled_from(attributes)
    named = leaves.flatmap(
        lambda name: st.tuples(st.just(name), prices if name in OF_THE_VARIANT else words)
    )
    kinds = [
        st.tuples(st.just("hub"), named),
        st.tuples(st.just("shop"), stores, named),
        st.tuples(st.just("shop"), stores, named),
        st.tuples(st.just("touch"), stores),
        st.tuples(st.just("override"), stores, named),
        st.tuples(st.just("clear"), stores, leaves),
        st.tuples(st.just("deliver"), stores, st.integers(0, 2**16)),
        st.tuples(st.just("pump"), stores),
        st.tuples(st.just("cut"), stores),
        st.tuples(st.just("pause")),
    ]
    if faults:
        kinds += [
            st.tuples(st.just("lose"), stores),
            st.tuples(st.just("delete"), stores),
            st.tuples(st.just("skew"), st.sampled_from([0.5, 3.0, 20.0])),
        ]
    return st.lists(st.one_of(kinds), min_size=2, max_size=14)


@dataclass(frozen=True)
class Act:
    """What somebody did to one attribute: for all (`store` None), or in or for one store."""

    kind: str
    name: str
    store: int | None = None
    value: str | None = None
    deed: int | None = None


@dataclass
class Truth:
    """One attribute as it should be: the newest edit, and what single stores have of their own."""

    canonical: str
    own: dict = field(default_factory=dict)

    def take(self, act):
        if act.kind == "set" or (act.kind == "shop" and act.store in self.own):
            self.own[act.store] = act.value
        elif act.kind == "clear":
            self.own.pop(act.store, None)
        else:
            self.canonical = act.value

    def shown(self):
        return [self.own.get(store, self.canonical) for store in range(STORES)]


class History:
    """One product of three live stores, from its first edit to the rest at the end."""

    def __init__(self, world, product, attributes):
        self.world, self.product = world, product
        self.stores = world.stores
        self.listings = [Listing.objects.get(store=s, product=product) for s in self.stores]
        self.variant = Variant.objects.get(product=product)
        self.first = {name: self.owner(name).value(name) for name in attributes}
        self.acts, self.deeds_done = [], itertools.count()
        self.since = len(world.twin.log())
        self.lost, self.lossy, self.gone, self.wishes = set(), set(), set(), []
        for store in self.stores:
            world.twin.settings(store.domain, hold=True, cut_after_apply=0)

    def play(self, history):
        for name, *arguments in history:
            getattr(self, name)(*arguments)
            time.sleep(0.002)  # two deeds of one instant have no order

    def owner(self, name):
        kind = Variant if name in OF_THE_VARIANT else Product
        wanted = self.variant.pk if kind is Variant else self.product.pk
        return kind.objects.get(pk=wanted)

    def _wish(self, name, value=None, **more):
        variant = self.variant.pk if name in OF_THE_VARIANT else None
        wish = SetValue(
            product_id=self.product.pk, attribute=name, value=value, variant_id=variant, **more
        )
        workspace = self.world.workspace.pk
        done = edit(workspace_id=workspace, wishes=[wish], source=Source.MANUAL, actor="ada")
        if done.changes:
            self.wishes.append((name, value))
        return bool(done.changes)

    def hub(self, named):
        name, value = named
        if self._wish(name, value):
            self.acts.append(Act("hub", name, None, value))

    def shop(self, store, named):
        if store in self.gone:
            return
        name, value = named
        before = self.shown(store, name)
        fields = {name: value}
        if name in OF_THE_VARIANT:
            gid = self.state(store)["variants"][0]["id"]
            fields = {"variants": [{"id": gid, name: value}]}
        self.world.twin.edit(self.stores[store].domain, self.listings[store].gid, fields)
        if value != before:
            self.acts.append(Act("shop", name, store, value, next(self.deeds_done)))

    def touch(self, store):
        if store not in self.gone:
            self.world.twin.touch(self.stores[store].domain, self.listings[store].gid)

    def override(self, store, named):
        name, value = named
        value = f"{value[:-2]}{store}9" if name in OF_THE_VARIANT else f"own-{store}-{value}"
        if self._wish(name, value, store_id=self.stores[store].pk):
            self.acts.append(Act("set", name, store, value))

    def clear(self, store, name):
        if self._wish(name, store_id=self.stores[store].pk, clear=True):
            self.acts.append(Act("clear", name, store))

    def deliver(self, store, seed):
        """Some of what is on its way, in any order, some of it twice."""
        letters, rng = self.letters(store), random.Random(seed)
        chosen = rng.sample(letters, rng.randint(0, len(letters)))
        if chosen and rng.random() < 0.3:
            chosen.append(rng.choice(chosen))
        if chosen:
            self.world.twin.release(self.stores[store].domain, chosen)

    def letters(self, store):
        held = self.world.twin.held(self.stores[store].domain)
        return [letter["id"] for letter in held if letter["id"] not in self.lost]

    def letters_left(self):
        return any(self.letters(number) for number in range(STORES))

    def lose(self, store):
        if letters := self.letters(store):
            self.lost.update(letters)
            self.lossy.add(store)

    def cut(self, store):
        """The next write is applied, and its answer never comes."""
        self.world.twin.settings(self.stores[store].domain, cut_after_apply=1)

    def delete(self, store):
        """A merchant deletes the product in one store, never in the last one that has it."""
        if store not in self.gone and len(self.gone) < STORES - 1:
            self.world.twin.delete(self.stores[store].domain, self.listings[store].gid)
            self.gone.add(store)

    def skew(self, seconds):
        """Shopify's clock gains on ours."""
        self.world.twin.advance(seconds)

    def pump(self, store):
        run_pump(self.stores[store].channel_id)

    def pause(self):
        time.sleep(0.3)

    def rest(self):
        """Everything arrives that was not lost, what was lost is read, all work is done."""
        self._settle()
        if self.lost:
            self.look_again()
        for listing in self.listings:
            listing.refresh_from_db()

    def look_again(self):
        """Every store's product is read whole, as the reconciliation does."""
        with transaction.atomic():
            for listing in self.listings:
                ask_for_read(listing.pk, "A history is over.", cause_id=uuid4())
        self._settle()

    def _settle(self):
        ends = time.monotonic() + 60
        while True:
            for number, store in enumerate(self.stores):
                if letters := self.letters(number):
                    self.world.twin.release(store.domain, letters)
            self.world.make_all_due()
            self.world.work()
            if not self.letters_left() and not Job.objects.filter(state__in=OPEN_STATES).exists():
                return
            assert time.monotonic() < ends, "The stores do not come to rest."

    def state(self, store):
        return self.world.shown(self.stores[store], self.listings[store].gid)

    def shown(self, store, name):
        state = self.state(store)
        return (state["variants"][0] if name in OF_THE_VARIANT else state)[name]

    def effective(self, store, name):
        pic = picture(self.listings[store].pk)
        key = (self.variant.pk if name in OF_THE_VARIANT else None, name)
        return pic.effective(key).value

    def deeds(self, by):
        """What the twin's own log says was done to this product."""
        gids = {listing.gid for listing in self.listings}
        hosts = VariantListing.objects.filter(listing__in=self.listings)
        gids |= set(hosts.values_list("gid", flat=True))
        entries = self.world.twin.log(since=self.since, kind="edit")
        return [e for e in entries if e["by"] == by and e["resource"] in gids]

    def possible(self, name):
        """What the stores may show: edits that can't be told from our writes count, or don't."""
        deeds = self.deeds("merchant")
        doubtful = [n for n, deed in enumerate(deeds) if self.may_be_ours(deed)]
        for size in range(len(doubtful) + 1):
            for unheard in itertools.combinations(doubtful, size):
                truth = Truth(self.first[name])
                for act in self.acts:
                    if act.name == name and (act.deed is None or act.deed not in unheard):
                        truth.take(act)
                yield truth.shown()

    def standing(self):
        """The versions of what stands now: canonical, and every store's own."""
        found = set()
        for name in self.first:
            found.add(self.owner(name).register(name).winner.version.id)
        for own in Override.objects.filter(product=self.product):
            if standing := own.read_timeline().standing():
                found.add(standing.version.id)
        return found

    def sent(self):
        """Every value that a call has carried to a store, by attribute."""
        calls = Call.objects.filter(
            lane__key__in=[listing.lane_key for listing in self.listings],
            channel__in=[store.channel_id for store in self.stores],
            request__op="write",
            sent_at__isnull=False,
        )
        return [
            leaf["attribute"]
            for call in calls
            if "read" not in ((call.answer or {}).get("body") or {})
            for leaf in call.request["leaves"]
        ]

    def ledger(self):
        rows = Change.objects.filter(product=self.product, store__isnull=False)
        return {(row.store.domain, row.attribute, row.new) for row in rows.select_related("store")}

    def may_be_ours(self, deed):
        """Whether we wrote the same before we heard of it: then the two can't be told apart."""
        done = datetime.fromisoformat(deed["time"])
        told = Delivery.objects.filter(store__domain=deed["shop"], triggered_at__gte=done)
        heard = told.aggregate(first=Min("received_at"))["first"]
        calls = Call.objects.filter(lane__channel__store__domain=deed["shop"], sent_at__gte=done)
        written = [call.request for call in calls if call.request.get("op") == "write"]
        return any(
            (leaf["host"], leaf["attribute"], leaf["value"])
            == (deed["resource"], deed["attribute"], deed["new"])
            and (heard is None or datetime.fromisoformat(request["planned"]) <= heard)
            for request in written
            for leaf in request["leaves"]
        )


def many_products(world, count):
    """Three live stores of a new workspace that share so many products."""
    world.restart()
    lamps = [lamp(f"Lamp {n}", sku=f"LAMP-{n}") for n in range(count)]
    for name in ("north", "alpine", "harbour")[:STORES]:
        world.connect(world.shop(f"{name}-{world.workspace.slug}", *lamps))
    return list(Product.objects.filter(workspace=world.workspace).order_by("pk"))
