"""Bad feeds, wrong lists and sales on the twin: held before any shop hears of them, and undone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalogue.enums import Source
from catalogue.models import ChangeDelivery, HeldBatch, Issue, Sale, Variant
from catalogue.selectors.changes import Choice
from catalogue.services.decisions import keep_own
from catalogue.services.edit import SetValue, edit
from catalogue.services.feeds import read_file
from catalogue.services.imports import run_imports, start_import
from catalogue.services.releases import discard, release
from catalogue.services.rollback import roll_back
from catalogue.services.sales import Asked, end_sale, plan_sale, run_sales
from syncqueue.models import Attempt
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)


def lamps(count):
    return [lamp(f"Lamp {n}", sku=f"L-{n}", price=f"{20 + n}.00") for n in range(1, count + 1)]


def two(world, *products):
    """Two live stores with the same products."""
    given = products or (lamp(),)
    return [world.connect(world.shop(name, *given)) for name in ("north", "alpine")]


def read(world, prices):
    text = "SKU,Price\n" + "\n".join(f"L-{n},{price}" for n, price in prices.items())
    return read_file(world.workspace.pk, "prices.csv", text.encode(), by="ada")


def shown(world, store):
    found = world.twin.state(store.domain)["products"]
    return sorted(product["variants"][0]["price"] for product in found)


def test_c12_a_wrong_price_list_reaches_no_shop_and_a_right_one_can_be_undone(world):
    stores = two(world, *lamps(3))
    before = [shown(world, store) for store in stores]
    wrong = read(world, {n: (20 + n) * 100 for n in range(1, 4)})
    start_import(wrong.pk, by="ada")
    run_imports()
    world.work()
    assert [shown(world, store) for store in stores] == before
    assert not any(world.app_writes(store) for store in stores)
    discard(HeldBatch.objects.get().pk, by="ben", reason="Cents for dollars.")

    right = read(world, {n: 30 + n for n in range(1, 4)})
    start_import(right.pk, by="ada")
    run_imports()
    world.work()
    assert [shown(world, store) for store in stores] == [["31.00", "32.00", "33.00"]] * 2
    told = ChangeDelivery.objects.filter(change__source=Source.IMPORT, attempt__isnull=False)
    assert told.filter(attempt__job__cause_id=right.cause_id, fate="written").count() == 6
    roll_back(world.workspace.pk, Choice(cause_id=right.cause_id), by="ben")
    world.work()
    assert [shown(world, store) for store in stores] == before
    world.assert_in_step()


def test_a_price_typed_as_zero_in_one_shop_reaches_no_other_until_a_person_says_so(world):
    stores = two(world)
    typed = stores[1]
    gid = world.listing(typed).gid
    variant = world.shown(typed)["variants"][0]["id"]
    world.twin.edit(typed.domain, gid, {"variants": [{"id": variant, "price": "0.00"}]})
    world.work()
    prices = [world.shown(store)["variants"][0]["price"] for store in stores]
    assert prices == ["20.00", "0.00"]
    assert Variant.objects.get().value("price") == "20.00"
    batch = HeldBatch.objects.get()
    assert (batch.store, batch.source) == (typed, Source.SYNC)
    release(batch.pk, by="ben", reason="A giveaway.")
    world.work()
    assert {world.shown(store)["variants"][0]["price"] for store in stores} == {"0.00"}
    assert not world.app_writes(typed)
    world.assert_in_step()


def test_c17_a_sale_ends_by_itself_and_gives_every_shop_its_own_price_back(world):
    """What was edited meanwhile, in the hub and as one shop's own price, survives its end."""
    stores = two(world)
    product, store = world.product(), stores[1]
    now = timezone.now()
    sale = Sale(
        store=store,
        name="Autumn",
        percent=Decimal(25),
        zone=store.timezone,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
    )
    plan_sale(Asked(sale, [product.pk]), by="ada")
    run_sales()
    world.work()

    def prices():
        found = [world.shown(one)["variants"][0] for one in stores]
        return [(one["price"], one["compareAtPrice"]) for one in found]

    assert prices() == [("20.00", None), ("15.00", "20.00")]
    variant = Variant.objects.get()
    wish = SetValue(product_id=product.pk, variant_id=variant.pk, attribute="price", value="24.00")
    edit(workspace_id=world.workspace.pk, wishes=[wish], source=Source.MANUAL, actor="ada")
    world.work()
    assert prices() == [("24.00", None), ("18.00", "24.00")]
    Sale.objects.filter(pk=sale.pk).update(starts_at=now - timedelta(hours=2), ends_at=now)
    run_sales()
    world.work()
    assert prices() == [("24.00", None)] * 2
    assert Attempt.objects.filter(job__cause_id=sale.cause_id).count() >= 2
    world.assert_in_step()


def test_a_price_typed_during_a_sale_waits_for_a_person_and_goes_to_no_other_shop(world):
    stores = two(world)
    store, now = stores[1], timezone.now()
    sale = Sale(
        store=store,
        name="Autumn",
        percent=Decimal(25),
        zone=store.timezone,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
    )
    plan_sale(Asked(sale, [world.product().pk]), by="ada")
    run_sales()
    world.work()
    gid = world.listing(store).gid
    variant = world.shown(store)["variants"][0]["id"]
    world.twin.edit(store.domain, gid, {"variants": [{"id": variant, "price": "14.00"}]})
    world.work()
    shown = [world.shown(one)["variants"][0]["price"] for one in stores]
    assert shown == ["20.00", "14.00"]
    writes = len(world.app_writes(store))
    keep_own(Issue.objects.get(kind="sale").pk, by="ben")
    world.work()
    kept = world.shown(store)["variants"][0]
    assert (kept["price"], kept["compareAtPrice"]) == ("14.00", None)
    assert {row["attribute"] for row in world.app_writes(store)[writes:]} <= {"compareAtPrice"}
    end_sale(sale.pk, by="ben")
    world.work()
    shown = [world.shown(one)["variants"][0]["price"] for one in stores]
    assert shown == ["20.00", "14.00"]
    world.assert_in_step()


def test_a_sale_that_begins_and_ends_while_shopify_is_down_shows_nothing_of_itself(world):
    stores = two(world)
    store, now = stores[1], timezone.now()
    world.twin.settings(store.domain, outage=True)
    for name in ("Autumn", "Winter"):
        sale = Sale(
            store=store,
            name=name,
            percent=Decimal(25),
            zone=store.timezone,
            starts_at=now,
            ends_at=now + timedelta(hours=1),
        )
        plan_sale(Asked(sale, [world.product().pk]), by="ada")
        run_sales()
        world.work()
        if name == "Autumn":
            end_sale(sale.pk, by="ben")
            world.work()
    assert world.app_writes(store) == []
    world.twin.settings(store.domain, outage=False)
    for _ in range(4):
        world.make_all_due()
        world.work()
    shown = [world.shown(one)["variants"][0]["price"] for one in stores]
    assert shown == ["20.00", "15.00"]
    assert len(world.app_writes(store, "price")) == 1
    world.assert_in_step()
