"""What people complain of in other tools, where no other journey has it: `c…` is its number."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalogue.enums import Source
from catalogue.models import Listing, Product
from catalogue.services.edit import SetValue, edit
from stores.models import WebhookSubscription
from stores.services.coverage import check_coverage
from stores.services.tokens import session_of
from stores.shopify.shop import delete_subscription
from syncqueue.enums import JobState
from syncqueue.models import Job
from tests.journeys.conftest import lamp, set_value

pytestmark = pytest.mark.django_db(transaction=True)


def stock(world, store):
    return world.shown(store)["variants"][0]["stock"]


def test_c9_no_edit_of_a_product_touches_its_stock(world):
    stocked = lamp(variants=[{"sku": "LAMP-1", "price": "20.00", "stock": 7}])
    stores = world.three(stocked)
    before = [stock(world, store) for store in stores]
    for attribute in ("title", "description", "status"):
        set_value(world, attribute, {"status": "DRAFT"}.get(attribute, "New"))
    world.twin.edit(stores[1].domain, world.listing(stores[1]).gid, {"vendor": "Other"})
    world.work()
    assert [stock(world, store) for store in stores] == before
    assert {row["attribute"] for row in world.app_writes(stores[0])} == {
        *("title", "descriptionHtml", "status", "vendor")
    }


def test_c14_a_store_is_read_to_its_last_page_and_its_longest_product(world):
    long = [{"sku": f"L-{n}", "price": f"{n}.00", "options": [f"No. {n}"]} for n in range(1, 41)]
    lamps = [lamp(f"Lamp {n}", sku=f"LAMP-{n}", price=f"{n}.50") for n in range(23)]
    longest = {"title": "Rail", "option_names": ["Number"], "variants": long}
    store = world.connect(world.shop("north", *lamps, longest))
    shown = {
        variant["id"]: variant["price"]
        for product in world.twin.state(store.domain)["products"]
        for variant in product["variants"]
    }
    known = {
        host.gid: host.leaf("price").value
        for listing in Listing.objects.filter(store=store)
        for host in listing.variants.all()
    }
    assert known == shown
    assert len(known) == 63


def test_c15_a_subscription_that_shopify_took_away_is_made_again_and_the_gap_is_read(world):
    first, second, _ = world.three()
    subscription = WebhookSubscription.objects.get(store=second, topic="products/update")
    delete_subscription(session_of(second), subscription.gid)
    world.twin.edit(second.domain, world.listing(second).gid, {"title": "Unheard"})
    world.work()
    assert world.shown(first)["title"] == "Desk lamp"
    assert check_coverage() == 0, "each was looked at within the hour"
    old = timezone.now() - timedelta(hours=2)
    WebhookSubscription.objects.filter(store=second).update(checked_at=old)
    assert check_coverage() == 0, "a look is an hour's, though it should have found nothing out"
    Job.objects.filter(handler="stores.after_install").update(created_at=old)
    assert [check_coverage(), check_coverage()] == [1, 0]
    world.work()
    assert world.shown(first)["title"] == "Unheard"
    look = Job.objects.filter(handler="stores.after_install").latest("id")
    assert "Made again: products/update." in look.reason
    world.twin.edit(second.domain, world.listing(second).gid, {"title": "Heard"})
    world.work()
    assert world.shown(first)["title"] == "Heard"


def test_c2_a_bulk_edit_beyond_the_limits_is_written_whole(world):
    """A bucket of 200 points, and some 400 to spend at once: what is not paid for yet waits."""
    domain = "north.myshopify.com"
    lamps = [lamp(f"Lamp {n}", sku=f"LAMP-{n}") for n in range(40)]
    world.twin.add_shop(domain, plan="basic", products=lamps)
    store = world.connect(domain)
    world.twin.settings(domain, burst_seconds=2.0)
    spent = world.twin.counters(domain)
    products = Product.objects.filter(workspace=world.workspace)
    wishes = [SetValue(product_id=one.pk, attribute="vendor", value="Other") for one in products]
    edit(workspace_id=world.workspace.pk, wishes=wishes, source=Source.MANUAL, actor="ada")
    world.work()
    now = world.twin.counters(domain)
    assert {product["vendor"] for product in world.twin.state(domain)["products"]} == {"Other"}
    assert len(world.app_writes(store, "vendor")) == 40
    assert now["points"] - spent["points"] > 200
    assert now.get("throttled", 0) == spent.get("throttled", 0)
    assert not Job.objects.filter(state=JobState.DEAD_LETTERED).exists()
