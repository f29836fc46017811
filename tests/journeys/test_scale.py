"""Large catalogues, on the twin: whatever is walked goes on in short steps, to its end."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from catalogue.enums import ListingState
from catalogue.models import Listing, Override, Product
from catalogue.services import comparing
from catalogue.services.comparing import COMPARE, MATCH, queue_differences
from catalogue.services.linking import match_listings
from catalogue.services.spread import CONVERGE
from catalogue.services.walks import PREFIX, Walker
from stores.enums import Mode
from stores.models import Store
from stores.shopify import products
from syncqueue.domain.handling import _handlers
from syncqueue.models import Channel, Job, Lane
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


def second_store(world, monkeypatch, many=45, chunk=10):
    """A second store whose products are matched in chunks, each with a title of its own."""
    monkeypatch.setattr(comparing, "MATCH", replace(MATCH, chunk=chunk))
    monkeypatch.setitem(_handlers, f"{PREFIX}match", Walker(comparing.MATCH))
    world.connect(world.shop("north", *lamps(many)))
    twins = [{**one, "vendor": "Other"} for one in lamps(many)]
    return world.shop("alpine", *twins, lamp("Double", sku="LAMP-44"))


def test_a_second_store_is_matched_in_chunks_as_if_it_was_compared_at_once(world, monkeypatch):
    store = world.connect(second_store(world, monkeypatch), live=False)
    assert store.mode == Mode.REVIEW
    assert "44 linked by SKU, 2 ambiguous" in store.mode_reason
    assert Job.objects.filter(handler=f"{PREFIX}match", state="succeeded").count() == 4
    doubled = store.listings.filter(state=ListingState.AMBIGUOUS)
    assert {one.state_reason for one in doubled} == {
        "SKU LAMP-44 stands on several variants in the store."
    }
    assert Override.objects.filter(store=store, attribute="vendor", value="Other").count() == 44


def test_matching_goes_on_where_a_killed_worker_left_it(world, monkeypatch):
    domain = second_store(world, monkeypatch)
    taken = []

    def killed(*args, **more):
        taken.append(args[1])
        if len(taken) == 3:
            raise KeyboardInterrupt  # nothing catches it, so nothing is finished
        return match_listings(*args, **more)

    monkeypatch.setattr(comparing, "match_listings", killed)
    with pytest.raises(KeyboardInterrupt):
        world.connect(domain, live=False)
    store = Store.objects.get(domain=domain)
    assert store.listings.filter(state=ListingState.LINKED).count() == 20
    assert store.mode == Mode.IMPORTING
    forget_leases()
    world.work()
    store.refresh_from_db()
    assert store.mode == Mode.REVIEW
    assert taken[2] == taken[3]
    assert Override.objects.filter(store=store, attribute="vendor", value="Other").count() == 44


def forget_leases():
    Lane.objects.filter(token__isnull=False).update(lease_until=timezone.now())
    Channel.objects.filter(slot_token__isnull=False).update(slot_until=timezone.now())


def test_all_products_of_a_live_store_are_compared_in_chunks(world, monkeypatch):
    monkeypatch.setattr(comparing, "COMPARE", replace(COMPARE, chunk=10))
    monkeypatch.setitem(_handlers, f"{PREFIX}compare", Walker(comparing.COMPARE))
    store, cause_id = world.connect(world.shop("north", *lamps(25))), uuid4()
    compared = Job.objects.filter(handler=CONVERGE, cause_id=cause_id)
    with transaction.atomic():
        assert queue_differences(store, cause_id=cause_id) == 25
        assert compared.count() == 10
    world.work()
    assert compared.filter(state="succeeded").count() == 25
    done = Job.objects.filter(handler=f"{PREFIX}compare", cause_id=cause_id).order_by("id")
    assert done[0].reason == "Comparing products with the hub: 20 of 25."
