"""What absorbing a payload notes of a listing and its variants, beside the values themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from catalogue.domain.decide import absorb_leaf
from catalogue.domain.seen import ReadSeen
from catalogue.domain.terms import PLAIN
from catalogue.enums import Verdict
from catalogue.models import Listing, VariantListing
from catalogue.selectors.picture import Picture
from catalogue.services.absorb import absorb, options_of
from stores.models import Store
from stores.shopify.products import parse_product, parse_product_payload
from syncqueue.enums import Outcome
from tests.catalogue import make


def take_in(pic, snapshot, verdict=None):
    """Absorb as a read does; or with one verdict over every value."""
    read = ReadSeen(snapshot.updated_at, make.LATER, make.LATER, "read")

    def judge(_gid, declared, leaf, value):
        found = absorb_leaf(leaf, value, attribute=declared, read=read)
        reads = verdict is Verdict.NEEDS_READ
        return replace(found, verdict=verdict, needs_read=reads) if verdict else found

    return absorb(pic, snapshot, judge)


@pytest.fixture
def pic():
    store = Store(pk=1, domain="north.myshopify.com")
    return Picture(store, Listing(store=store, gid="gid://shopify/Product/1"), {}, PLAIN)


def shown(**more):
    return parse_product(make.product(**more))


def test_a_listing_is_as_new_and_called_as_the_newest_payload_says(pic):
    at = make.START + timedelta(minutes=1)
    for when, title in ((make.START, "First"), (at, "Second"), (at, "Same"), (make.START, "Late")):
        take_in(pic, shown(at=when, title=title, handle=title.lower()))
    assert (pic.listing.as_of, pic.listing.title, pic.listing.handle) == (at, "Same", "same")


def test_what_is_new_of_a_linked_listing_is_told_and_what_is_the_same_is_the_same(pic):
    first = take_in(pic, shown())
    assert {name for _, name in first.first_seen} >= {"title", "vendor"}
    assert "price" not in {name for _, name in first.first_seen}, "Its variant is linked to none."
    again = take_in(pic, shown())
    assert (set(again.verdicts), again.first_seen, again.edits) == ({Verdict.SAME}, [], [])
    moved = take_in(pic, shown(title="Tall lamp", variants=[make.variant(price="21.00")]))
    assert [(key, edit.value) for key, edit in moved.edits] == [((None, "title"), "Tall lamp")]


def test_a_variant_is_described_by_what_is_shown_and_placed_by_calls_alone(pic):
    size = {"selectedOptions": [{"name": "Size", "value": "S"}]}
    take_in(pic, shown(variants=[make.variant(position=2, **size)]))
    host = pic.shown["gid://shopify/ProductVariant/11"]
    assert (host.position, host.options) == (2, [{"name": "Size", "value": "S"}])
    assert host.inventory_item_gid == "gid://shopify/InventoryItem/11"
    moved = make.product(variants=[make.variant(position=3)])
    take_in(pic, parse_product_payload(make.payload(moved)))
    assert (host.position, host.options) == (2, [{"name": "", "value": "Default Title"}])
    take_in(pic, parse_product(moved))
    assert host.position == 3


def test_what_a_payload_does_not_say_of_a_variant_stays_as_it_is(pic):
    size = {"selectedOptions": [{"name": "Size", "value": "S"}]}
    whole = shown(variants=[make.variant(**size)])
    take_in(pic, whole)
    (variant,) = whole.variants
    node = {key: value for key, value in variant.node.items() if key != "selectedOptions"}
    take_in(pic, replace(whole, variants=[replace(variant, inventory_item_gid="", node=node)]))
    host = pic.shown["gid://shopify/ProductVariant/11"]
    assert host.inventory_item_gid == "gid://shopify/InventoryItem/11"
    assert host.options == [{"name": "Size", "value": "S"}]


def test_what_is_seen_of_a_linked_variant_is_told_under_its_id(pic):
    gid = "gid://shopify/ProductVariant/11"
    pic.shown[gid] = VariantListing(listing=pic.listing, gid=gid, variant_id=5)
    assert (5, "price") in take_in(pic, shown()).first_seen
    moved = take_in(pic, shown(variants=[make.variant(price="21.00")]))
    assert [(key, edit.value) for key, edit in moved.edits] == [((5, "price"), "21.00")]


def test_echoes_are_listed_and_one_doubt_asks_for_a_read_of_all(pic):
    first = take_in(pic, shown())
    assert (first.echoed, first.needs_read) == ([], False)
    assert (None, "title") in take_in(pic, shown(), Verdict.ECHO).echoed
    assert take_in(pic, shown(), Verdict.NEEDS_READ).needs_read


def test_option_values_that_come_and_go_are_no_edit_of_their_order(pic):
    take_in(pic, shown(valueOrder=[["S", "M", "L"]]))
    for names, told in ((["S", "XL", "L"], "S | XL | L"), (["S", "XL", "L"], "S | XL | L")):
        assert take_in(pic, shown(valueOrder=[names])).edits == []
        leaf = pic.listing.leaf("value_order")
        assert (leaf.value, len(leaf.sightings), leaf.as_of) == ([told], 1, make.START)
    ((key, edit),) = take_in(pic, shown(valueOrder=[["L", "XL", "S"]])).edits
    assert (key, edit.value) == ((None, "value_order"), ["L | XL | S"])


def test_option_values_are_those_that_are_listed_or_numbered():
    listed = {"selectedOptions": [{"name": "Size", "value": "S", "optionValue": {"id": 1}}]}
    assert options_of(listed) == [{"name": "Size", "value": "S"}]
    numbered = {"option1": "S", "option2": "Red", "option3": None}
    assert options_of(numbered) == [{"name": "", "value": value} for value in ("S", "Red")]


@pytest.mark.django_db
def test_what_was_seen_of_a_variant_is_stored_with_its_product():
    shop = make.store(make.workspace())
    make.take_in(shop, make.product())
    body = make.edited(variants=[make.variant(price="21.00")])
    outcomes = [make.decide(shop, body).outcome for _ in range(2)]
    assert outcomes == [Outcome.APPLIED, Outcome.NOTHING_TO_DO]
    assert VariantListing.objects.get().leaf("price").value == "21.00"
