"""What is deleted in one store is gone there, asked about once, and spreads by decision alone."""

import pytest

from catalogue.enums import IssueKind, IssueState, ListingState, Removals
from catalogue.models import Issue, Listing, Product, RemovalPolicy, Variant
from catalogue.services import options_decided
from catalogue.services.removals import delete_everywhere, recreate_gone, unlink_gone
from stores.services.pulls import enqueue_pull
from tests.journeys.conftest import lamp, set_value
from tests.journeys.shaping import Hand, shape, shirt

pytestmark = pytest.mark.django_db(transaction=True)


def two(world, *products):
    given = products or (shirt("S", "M", "L"),)
    return [world.connect(world.shop(name, *given)) for name in ("north", "alpine")]


def deleted(world, store):
    return [row["resource"] for row in world.twin.log(shop=store.domain, kind="delete")]


def delete(world, store):
    world.twin.delete(store.domain, world.listing(store).gid)
    world.work()


def titles(world, store):
    return [product["title"] for product in world.twin.state(store.domain)["products"]]


def test_c13_a_deleted_product_is_one_issue_and_may_be_left_or_created_again(world):
    """C13: a deletion in one store deletes nothing in another by itself."""
    first, second = two(world)
    delete(world, first)
    issue = Issue.objects.get()
    assert (issue.kind, issue.store) == (IssueKind.PRODUCT_GONE, first)
    assert titles(world, second) == ["Shirt"]
    enqueue_pull(first, "reconcile")
    world.work()
    assert Issue.objects.count() == 1
    recreate_gone(issue.pk, by="ada")
    world.work()
    assert shape(world.twin.state(first.domain)["products"][0]) == (["Size"], ["S", "M", "L"])
    linked = Listing.objects.get(store=first, state=ListingState.LINKED)
    assert linked.product == Product.objects.get()
    world.assert_in_step()
    world.twin.delete(first.domain, linked.gid)
    world.work()
    unlink_gone(Issue.objects.get(state=IssueState.OPEN).pk, by="ada")
    set_value(world, "vendor", "Nord")
    assert (titles(world, first), titles(world, second)) == ([], ["Shirt"])


def test_a_product_is_deleted_everywhere_by_decision_once_though_the_answer_is_lost(world):
    first, second = two(world)
    delete(world, first)
    world.twin.settings(second.domain, cut_after_apply=1)
    delete_everywhere(Issue.objects.get().pk, by="ada")
    world.work()
    assert titles(world, second) == []
    assert len([gid for gid in deleted(world, second) if "/Product/" in gid]) == 1
    assert not Issue.objects.filter(state=IssueState.OPEN).exists()
    assert set(Listing.objects.values_list("state", flat=True)) == {ListingState.GONE}
    assert Product.objects.get().removed_at is not None


def test_a_variant_that_is_gone_is_created_again_or_deleted_everywhere(world):
    first, second = two(world)
    hand = Hand(world, first)
    hand.remove_variants(hand.product["variants"][2]["id"])
    recreate_gone(Issue.objects.get().pk, by="ada")
    world.work()
    assert shape(world.shown(first)) == (["Size"], ["S", "M", "L"])
    hand.remove_variants(hand.product["variants"][2]["id"])
    delete_everywhere(Issue.objects.get(state=IssueState.OPEN).pk, by="ada")
    world.work()
    assert shape(world.shown(second)) == (["Size"], ["S", "M"])
    assert Variant.objects.filter(removed_at=None).count() == 2
    world.assert_in_step()


def test_c13_deletions_spread_where_the_workspace_chose_so_but_never_empty_a_store(world, settings):
    """C13: what a policy deletes by itself is bounded, whatever a store does to its products."""
    settings.MOST_REMOVALS_AN_HOUR = 2
    first, second = two(world, shirt("S", "M", "L"), lamp())
    RemovalPolicy.objects.create(workspace=world.workspace, choice=Removals.EVERYWHERE)
    hand = Hand(world, first)
    listings = {one.title: one.gid for one in Listing.objects.filter(store=first)}
    theirs = Listing.objects.get(store=second, title="Shirt").gid
    gone = world.shown(first, listings["Shirt"])["variants"][0]["id"]
    hand.do("productVariantsBulkDelete", productId=listings["Shirt"], variantsIds=[gone])
    assert shape(world.shown(second, theirs)) == (["Size"], ["M", "L"])
    world.twin.delete(first.domain, listings["Shirt"])
    world.work()
    assert titles(world, second) == ["Desk lamp"]
    assert not Issue.objects.exists()
    world.twin.delete(first.domain, listings["Desk lamp"])
    world.work()
    assert titles(world, second) == ["Desk lamp"]
    assert Issue.objects.get().kind == IssueKind.PRODUCT_GONE


def test_a_deletion_whose_webhook_was_lost_is_found_by_a_full_walk(world):
    first, second = two(world)
    world.twin.settings(first.domain, drop=1.0)
    delete(world, first)
    assert not Issue.objects.exists()
    enqueue_pull(first, "reconcile")
    world.work()
    assert Issue.objects.get().kind == IssueKind.PRODUCT_GONE
    assert titles(world, second) == ["Shirt"]


def test_an_option_that_was_taken_away_is_put_back_or_goes_everywhere(world):
    first, second = two(world, shirt())
    hand = Hand(world, first)
    cut = {"name": "Cut", "values": [{"name": "Slim"}]}
    hand.do("productOptionsCreate", productId=hand.product["id"], options=[cut])
    take_away(hand)
    assert (shape(world.shown(first))[0], shape(world.shown(second))[0]) == (
        ["Size"],
        ["Size", "Cut"],
    )
    options_decided.put_back(Issue.objects.get().pk, by="ada")
    world.work()
    assert shape(world.shown(first)) == (["Size", "Cut"], ["S / Slim", "M / Slim"])
    world.assert_in_step()
    take_away(hand)
    options_decided.take_away(Issue.objects.get(state=IssueState.OPEN).pk, by="ada")
    world.work()
    assert shape(world.shown(second)) == (["Size"], ["S", "M"])
    world.assert_in_step()


def take_away(hand):
    gone = hand.product["options"][1]["id"]
    hand.do("productOptionsDelete", productId=hand.product["id"], options=[gone])
