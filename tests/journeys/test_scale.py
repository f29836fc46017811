"""Large catalogues, on the twin: whatever is walked goes on in short steps, to its end."""

import pytest

from catalogue.enums import ListingState
from catalogue.models import Listing, Product
from stores.enums import Mode
from stores.shopify import products
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)


def lamps(many, **more):
    return [lamp(f"Lamp {number}", sku=f"LAMP-{number}", **more) for number in range(many)]


def test_a_store_is_read_whole_though_no_connection_can_be_paged_to_its_end(world, monkeypatch):
    monkeypatch.setattr(products, "MOST_PAGED", 20)
    domain = world.shop("north", *lamps(45))
    world.twin.settings(domain, paging_cap=20)
    store = world.connect(domain, live=False)
    assert (store.mode, store.pull_done, store.pull_total) == (Mode.REVIEW, 45, 45)
    assert Listing.objects.filter(store=store, state=ListingState.LINKED).count() == 45
    assert Product.objects.filter(founder=store).count() == 45
