"""Conflicts over prices: when they open, what they say, and what people make of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalogue.enums import ChangeFate, ChangeScope, ConflictState, DeliveryFate, Source
from catalogue.models import Change, ChangeDelivery, Conflict, Override, Variant
from catalogue.services.decisions import keep, make_override, revert
from tests.catalogue import make
from tests.catalogue.clashes import clash, hub_sets, shop_sets, two_shops
from tests.catalogue.stocking import follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    return two_shops()


def canonical():
    return Variant.objects.get().value("price")


@pytest.mark.parametrize("shop_wins", [False, True])
def test_a_collision_over_a_price_is_put_before_a_person_with_both_sides(shops, shop_wins):
    conflict = clash(shops, shop_wins=shop_wins)
    sides = {conflict.winner: conflict.winner_change, conflict.loser: conflict.loser_change}
    assert conflict.winner == ("31.00" if shop_wins else "25.00") == canonical()
    assert (conflict.ancestor, conflict.state) == ("20.00", ConflictState.OPEN)
    assert (sides["25.00"].actor, sides["25.00"].source) == ("ada", Source.MANUAL)
    assert (sides["31.00"].store, sides["31.00"].source) == (shops[1], Source.SYNC)
    moved = Decimal("-6.00") if shop_wins else Decimal("6.00")
    assert (conflict.difference, conflict.currency, conflict.money) == (moved, "USD", moved)


def test_the_money_counts_the_stock_that_the_store_is_known_to_have(shops):
    follow(shops[1], 8)
    conflict = clash(shops)
    assert (conflict.units, conflict.money) == (8, Decimal("48.00"))


def test_both_sides_stand_in_the_ledger_and_name_each_other(shops):
    hub_sets("Tall lamp", "title")
    at = timezone.now() - timedelta(minutes=1)
    make.decide(shops[1], make.payload(make.product(7, at=at, title="Big lamp")), received=at)
    won, lost = Change.objects.order_by("id")
    assert (won.fate, lost.fate) == (ChangeFate.WON, ChangeFate.LOST)
    assert lost.reason == "A later edit of the same attribute had already been accepted."
    assert (lost.stood(), lost.replaced_by()) == (won, won)
    assert (lost.version_time, lost.edit_version) == (at.replace(microsecond=0), 3)
    hub_sets("Third lamp", "title")
    third = Change.objects.latest("id")
    assert (won.replaced_by(), third.stood(), third.replaced_by()) == (third, won, None)
    assert not Conflict.objects.exists()


def test_an_edit_made_in_sight_of_what_stands_is_no_conflict(shops):
    hub_sets("25.00")
    shop_sets(shops[1], "25.00", ago=timedelta(seconds=30))
    shop_sets(shops[1], "31.00")
    assert canonical() == "31.00"
    assert not Conflict.objects.exists()


def test_two_edits_of_one_store_are_no_conflict(shops):
    shop_sets(shops[1], "31.00")
    shop_sets(shops[1], "30.00", ago=timedelta(seconds=30))
    assert Change.objects.get(new="30.00").fate == ChangeFate.LOST
    assert not Conflict.objects.exists()


def test_two_stores_collide_too(shops):
    shop_sets(shops[0], "30.00", ago=timedelta(seconds=30))
    shop_sets(shops[1], "31.00")
    conflict = Conflict.objects.get()
    assert (conflict.winner_change.store, conflict.loser_change.store) == (shops[1], shops[0])


def test_a_later_edit_closes_the_conflict_and_says_which(shops):
    conflict = clash(shops)
    done = hub_sets("27.00")
    conflict.refresh_from_db()
    assert (conflict.state, conflict.decision) == (ConflictState.SUPERSEDED, done.changes[0])
    assert (conflict.decided_by, bool(conflict.decided_at)) == ("ada", True)


def test_an_edit_of_something_else_leaves_it_open(shops):
    conflict = clash(shops)
    hub_sets("Tall lamp", "title")
    hub_sets("30.00", "compare_at_price")
    hub_sets("29.00", store_id=shops[0].pk)
    conflict.refresh_from_db()
    assert conflict.state == ConflictState.OPEN


def decide(verb, *conflicts):
    ids = [conflict.pk for conflict in conflicts]
    return verb(ids, workspace_id=conflicts[0].workspace_id, by="bob")


def test_kept_is_decided_without_an_edit(shops):
    conflict, count = clash(shops), Change.objects.count()
    assert decide(keep, conflict).done == 1
    conflict.refresh_from_db()
    assert (conflict.state, conflict.decided_by) == (ConflictState.KEPT, "bob")
    assert Change.objects.count() == count


@pytest.mark.parametrize("shop_wins", [False, True])
def test_reverting_is_an_edit_to_the_losers_value_that_goes_everywhere(shops, shop_wins):
    conflict = clash(shops, shop_wins=shop_wins)
    decide(revert, conflict)
    conflict.refresh_from_db()
    assert (conflict.state, canonical()) == (ConflictState.REVERTED, conflict.loser)
    change = conflict.decision
    assert (change.source, change.actor, change.new) == (Source.ROLLBACK, "bob", conflict.loser)
    fates = ChangeDelivery.objects.filter(change=change).values_list("store", "fate")
    assert dict(fates) == dict.fromkeys([shop.pk for shop in shops], DeliveryFate.PENDING)


@pytest.mark.parametrize("shop_wins", [False, True])
def test_made_an_override_the_store_keeps_its_value_and_nobody_else_gets_it(shops, shop_wins):
    conflict = clash(shops, shop_wins=shop_wins)
    decide(make_override, conflict)
    conflict.refresh_from_db()
    assert conflict.state == ConflictState.OVERRIDDEN
    assert canonical() == "25.00"
    own = Override.objects.get(stands=True)
    assert (own.store, own.value) == (shops[1], "31.00")
    assert conflict.decision.scope == ChangeScope.OVERRIDE


def test_what_was_decided_once_is_not_decided_again(shops):
    conflict = clash(shops)
    decide(keep, conflict)
    again = decide(revert, conflict)
    assert (again.done, again.left, canonical()) == (0, 1, "25.00")


def test_of_two_conflicts_over_one_value_the_newest_decides(shops):
    hub_sets("25.00")
    shop_sets(shops[0], "30.00", ago=timedelta(seconds=60))
    shop_sets(shops[1], "31.00", ago=timedelta(seconds=60))
    older, newer = Conflict.objects.order_by("id")
    decided = decide(revert, older, newer)
    assert (decided.done, decided.left, canonical()) == (1, 1, "31.00")
    states = Conflict.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == [ConflictState.SUPERSEDED, ConflictState.REVERTED]


def test_many_are_kept_at_once(shops):
    hub_sets("25.00")
    shop_sets(shops[0], "30.00", ago=timedelta(seconds=60))
    shop_sets(shops[1], "31.00", ago=timedelta(seconds=60))
    assert decide(keep, *Conflict.objects.all()).done == 2


def test_a_collision_over_a_stores_own_price_stays_in_that_store(shops):
    hub_sets("30.00", store_id=shops[1].pk)
    shop_sets(shops[1], "31.00", compareAtPrice=None)
    conflict = Conflict.objects.get()
    assert (conflict.scope, conflict.winner, conflict.loser) == ("override", "31.00", "30.00")
    assert decide(make_override, conflict).left == 1
    decide(revert, conflict)
    assert (canonical(), Override.objects.get().value) == ("20.00", "30.00")


def test_another_workspace_decides_nothing(shops):
    conflict = clash(shops)
    stranger = make.workspace("other")
    assert revert([conflict.pk], workspace_id=stranger.pk, by="eve").done == 0
    conflict.refresh_from_db()
    assert conflict.state == ConflictState.OPEN
