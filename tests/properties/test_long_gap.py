"""P16: a store that was away for a week is written just what the hub alone has moved.

Each value stands three ways: as before the gap, in the hub, and in the store. The judge is the
twin's own log of what was written.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalogue.enums import Source
from catalogue.models import Listing, Plan, Variant
from catalogue.services.edit import SetValue, edit
from catalogue.services.opt_in import resume
from stores.models import Store
from stores.services.modes import pause
from tests.going_live import bring_live
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)
PRODUCTS = 4
BASE = {"title": "Lamp", "vendor": "Lumen", "price": "20.00"}
HUB = {"title": "Of the hub", "vendor": "Hub & Co", "price": "21.00"}
SHOP = {"title": "Of the shop", "vendor": "Shop & Co", "price": "22.00"}
# Who moved a value in the week, with what the store and the others then have to show.
CASES = {
    "nobody": (BASE, BASE),
    "hub": (HUB, HUB),
    "hub, for it alone": (HUB, BASE),
    "shop": (SHOP, BASE),
    "both": (SHOP, HUB),
    "both alike": (HUB, HUB),
}
WRITTEN = ("hub", "hub, for it alone")
LEAVES = [(number, name) for number in range(PRODUCTS) for name in BASE]
weeks = st.permutations([*CASES] * 2).map(lambda cases: dict(zip(LEAVES, cases, strict=True)))
arrivals = st.sampled_from(["in the pause", "in review", "once live", "never"])


class Gap:
    """Two stores with the same products; the second one is away, and both sides go on."""

    def __init__(self, world):
        world.restart()
        self.world, name = world, world.workspace.slug
        goods = [lamp(BASE["title"], sku=f"LAMP-{n}") for n in range(PRODUCTS)]
        self.first, self.away = (
            world.connect(world.shop(f"{place}-{name}", *goods)) for place in ("north", "alpine")
        )
        self.listings = list(Listing.objects.filter(store=self.away).order_by("product"))
        self.since = len(world.twin.log())
        world.twin.settings(self.away.domain, hold=True)

    def hub_sets(self, week):
        for (number, name), case in week.items():
            if case in ("hub", "hub, for it alone", "both", "both alike"):
                product_id = self.listings[number].product_id
                variant = Variant.objects.get(product=product_id).pk if name == "price" else None
                alone = self.away.pk if case == "hub, for it alone" else None
                wish = SetValue(
                    product_id=product_id,
                    variant_id=variant,
                    attribute=name,
                    value=HUB[name],
                    store_id=alone,
                )
                workspace = self.world.workspace.pk
                edit(workspace_id=workspace, wishes=[wish], source=Source.MANUAL, actor="ada")

    def shop_sets(self, week):
        for (number, name), case in week.items():
            if case in ("shop", "both", "both alike"):
                fields = {name: (HUB if case == "both alike" else SHOP)[name]}
                gid = self.listings[number].gid
                if name == "price":
                    (variant,) = self.world.shown(self.away, gid)["variants"]
                    fields = {"variants": [{"id": variant["id"], **fields}]}
                self.world.twin.edit(self.away.domain, gid, fields)

    def arrive(self):
        held = [letter["id"] for letter in self.world.twin.held(self.away.domain)]
        self.world.twin.release(self.away.domain, held)
        self.world.work()

    def shown(self, store):
        found = {}
        for listing in Listing.objects.filter(store=store):
            number = [one.product_id for one in self.listings].index(listing.product_id)
            state = self.world.shown(store, listing.gid)
            for name in BASE:
                host = state["variants"][0] if name == "price" else state
                found[number, name] = host[name]
        return found

    def written(self):
        """What the twin says that we wrote to the store since the gap began."""
        rows = self.world.twin.log(shop=self.away.domain, since=self.since, kind="edit")
        return Counter((row["attribute"], row["new"]) for row in rows if row["by"] == "app")


def test_after_a_gap_just_that_is_written_which_the_hub_alone_has_moved(world):
    @settings(
        max_examples=int(os.environ.get("HISTORIES", "3")),
        deadline=None,
        phases=[Phase.generate],  # every week has every case: a shorter one says no more
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(weeks, arrivals, st.booleans())
    def check(week, arrival, hub_first):
        gap = Gap(world)
        pause(gap.away.pk, by="ada")
        for sets in (gap.hub_sets, gap.shop_sets) if hub_first else (gap.shop_sets, gap.hub_sets):
            sets(week)
        world.work()
        if arrival == "in the pause":
            gap.arrive()
        gone_since = timezone.now() - timedelta(days=7)
        Store.objects.filter(pk=gap.away.pk).update(mode_since=gone_since)
        resume(gap.away, by="ada")
        world.work()
        if arrival == "in review":
            gap.arrive()
        assert not gap.written()

        due = Counter((name, HUB[name]) for (_, name), case in week.items() if case in WRITTEN)
        gap.away.refresh_from_db()
        plan = bring_live(gap.away, by="ben")
        assert planned(plan) == due
        world.work()
        if arrival == "once live":
            gap.arrive()

        assert gap.written() == due
        for store, side in ((gap.away, 0), (gap.first, 1)):
            wanted = {leaf: CASES[case][side][leaf[1]] for leaf, case in week.items()}
            assert gap.shown(store) == wanted
        world.assert_in_step()

    check()


def planned(plan: Plan):
    return Counter(plan.lines.values_list("attribute", "wanted"))
