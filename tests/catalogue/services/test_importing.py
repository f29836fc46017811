"""The first store founds the canonical records; later ones link by SKU and keep what differs."""

import pytest

from catalogue.enums import ListingState, OverrideKind
from catalogue.models import Listing, Override, Product, Variant
from catalogue.services.plans import make_plan
from stores.enums import Mode
from tests.catalogue import make

pytestmark = pytest.mark.django_db


def test_the_first_store_founds_the_canonical_products():
    first = make.store(make.workspace(), mode=Mode.IMPORTING)
    make.take_in(first, make.product())
    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.title, product.currency, product.founder) == ("Desk lamp", "USD", first)
    assert (variant.sku, variant.value("price")) == ("LAMP-1", "20.00")
    assert variant.value("weight") == {"value": "1.5", "unit": "KILOGRAMS"}
    assert Listing.objects.get().state == ListingState.LINKED


def test_a_second_store_links_by_sku_and_keeps_its_differences():
    owner = make.workspace()
    make.take_in(make.store(owner), make.product())
    second = make.store(owner, "alpine", mode=Mode.REVIEW)
    make.take_in(second, make.product(7, title="Schreibtischlampe", tags=["light", "desk"]))
    assert Product.objects.count() == 1
    override = Override.objects.get()
    assert (override.attribute, override.kind) == ("title", OverrideKind.FOUND)
    assert second.listings.get().state == ListingState.LINKED
    assert make_plan(second, by="ada").counts == {}


def test_what_cannot_be_matched_waits_for_a_person_with_the_reason():
    owner = make.workspace()
    make.take_in(make.store(owner), make.product())
    second = make.store(owner, "alpine", mode=Mode.REVIEW)
    make.take_in(
        second,
        make.product(7, variants=[make.variant(71, sku="OTHER")]),
        make.product(8, variants=[make.variant(81)]),
        make.product(9, variants=[make.variant(91)]),
    )
    states = dict(second.listings.values_list("gid", "state"))
    assert list(states.values()) == [
        ListingState.UNMATCHED,
        ListingState.AMBIGUOUS,
        ListingState.AMBIGUOUS,
    ]
    assert all(second.listings.values_list("state_reason", flat=True))
    assert Product.objects.count() == 1


def test_a_page_read_twice_makes_nothing_twice():
    first = make.store(make.workspace(), mode=Mode.IMPORTING)
    make.take_in(first, make.product())
    make.take_in(first, make.product())
    assert (Product.objects.count(), Listing.objects.count(), Variant.objects.count()) == (1, 1, 1)
