"""Stock that two parties set without sight of each other: counted, and put before a person."""

from datetime import timedelta
from decimal import Decimal

import pytest

from catalogue.domain.attributes import STOCK
from catalogue.enums import ConflictState, MovementKind, StockMode
from catalogue.models import Conflict, StockMember, StockMovement
from catalogue.selectors.stock import wrong_books
from catalogue.services.decisions import keep, make_override, revert
from catalogue.services.stock import adjust, hand_over, recount, set_quantity
from catalogue.services.stock.ledger import move
from catalogue.services.stock.scene import lock_scene
from catalogue.services.terms import set_high_value
from tests.catalogue import make
from tests.catalogue.stocking import LATER, cause, doer, follow, share, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops():
    owner = make.workspace()
    found = [make.store(owner, name) for name in ("north", "alpine")]
    for number, shop in enumerate(found, start=1):
        make.take_in(shop, make.product(number))
        follow(shop, 50)
    yield found
    assert wrong_books(owner.pk) == []


@pytest.fixture
def pool(shops):
    return share(*shops)


def member(shop):
    return StockMember.objects.select_related("pool").get(store=shop)


def quantity(pool):
    pool.refresh_from_db()
    return pool.quantity


def decide(verb, conflict, *, workspace=None):
    owner = workspace or conflict.workspace_id
    decided = verb([conflict.pk], workspace_id=owner, by="bob")
    conflict.refresh_from_db()
    return decided.done


def push(shop):
    """The store is written what it should show, and has settled it."""
    scene = lock_scene(member(shop).pk)
    delta = scene.target - scene.level.shows
    move(scene.pool, scene.member, MovementKind.PUSHED, cause(), level_delta=delta)
    scene.member.pushed_sequence = scene.pool.sequence
    scene.member.save()


def clash(shops, pool):
    """The hub counts 45 where 50 was shown; before the store is told, somebody there enters 53."""
    recount(doer(shops[0]), pool.pk, seen=50, counted=45)
    tell(shops[1], 53)
    return Conflict.objects.get()


def test_both_numbers_what_stood_before_and_what_it_moves_are_put_before_a_person(shops, pool):
    conflict = clash(shops, pool)
    assert (conflict.attribute, conflict.state) == (STOCK, ConflictState.OPEN)
    assert (conflict.ancestor, conflict.winner, conflict.loser) == ("50", "53", "45")
    assert (conflict.store, conflict.winner_movement.member.store) == (shops[1], shops[1])
    assert (conflict.loser_movement.actor, conflict.loser_movement.kind) == ("ada", "recounted")
    assert (conflict.units, conflict.money, conflict.currency) == (-3, Decimal("-60.00"), "USD")
    assert quantity(pool) == 48


def test_what_adds_up_is_no_collision(shops, pool):
    recount(doer(shops[0]), pool.pk, seen=50, counted=45)
    tell(shops[1], 47)  # a fall is a sale
    tell(shops[1], 47, at=LATER + timedelta(seconds=9))
    tell(shops[0], 43)  # who entered exactly what was on its way has done our work
    adjust(doer(shops[0]), pool.pk, 5)
    push(shops[1])
    tell(shops[1], 70, at=LATER + timedelta(minutes=1))  # in sight of all counts
    assert not Conflict.objects.exists()


def test_a_count_that_a_store_showed_already_was_seen_there(shops, pool):
    tell(shops[0], 48)
    set_quantity(doer(shops[0]), pool.pk, 50)  # as the second store shows it
    tell(shops[0], 47, at=LATER + timedelta(minutes=1))
    tell(shops[1], 60)
    assert not Conflict.objects.exists()


def test_kept_both_have_happened(shops, pool):
    conflict = clash(shops, pool)
    assert decide(keep, conflict) == 1
    assert (conflict.state, conflict.decided_by, quantity(pool)) == ("kept", "bob", 48)


def test_reverted_the_hubs_number_stands_less_what_was_sold_since(shops, pool):
    conflict = clash(shops, pool)
    tell(shops[0], 48)
    assert decide(revert, conflict) == 1
    assert (conflict.state, quantity(pool)) == ("reverted", 43)
    last = StockMovement.objects.latest("id")
    assert (last.source, last.actor, last.pool_delta) == ("rollback", "bob", -3)
    assert last.reason == f"Conflict {conflict.pk} was decided by bob."
    assert decide(revert, conflict) == 0
    assert quantity(pool) == 43


@pytest.mark.parametrize("pushed", [False, True])
def test_separated_the_location_goes_on_with_its_own_number(shops, pool, pushed):
    conflict = clash(shops, pool)
    if pushed:
        push(shops[1])
    at = LATER + timedelta(minutes=1)
    tell(shops[1], member(shops[1]).level - 1, at=at)
    assert decide(make_override, conflict) == 1
    alone = member(shops[1]).pool
    assert (conflict.state, alone.mode, alone.quantity) == ("overridden", StockMode.OWN, 52)
    assert quantity(pool) == 44
    assert decide(revert, conflict) == 0


def test_a_second_rise_belongs_to_the_same_conflict(shops, pool):
    conflict = clash(shops, pool)
    tell(shops[1], 55, at=LATER + timedelta(minutes=1))
    conflict.refresh_from_db()
    assert (conflict.winner, conflict.units) == ("55", -5)
    decide(revert, conflict)
    assert quantity(pool) == 45


def test_a_later_count_answers_it(shops, pool):
    conflict = clash(shops, pool)
    set_quantity(doer(shops[0], "cleo"), pool.pk, 53)
    conflict.refresh_from_db()
    assert (conflict.state, conflict.decided_by) == (ConflictState.SUPERSEDED, "cleo")
    assert decide(revert, conflict) == 0
    assert quantity(pool) == 53


def test_an_owners_number_is_written_over_a_mirrors_but_not_unseen(shops, pool):
    hand_over(doer(shops[0]), place="Central", store_id=shops[0].pk)
    tell(shops[0], 45)
    tell(shops[1], 60)
    conflict = Conflict.objects.get()
    assert (conflict.ancestor, conflict.winner, conflict.loser) == ("50", "45", "60")
    assert (conflict.store, conflict.units) == (shops[1], 15)
    assert decide(revert, conflict) == 0
    assert decide(make_override, conflict) == 1
    assert (quantity(pool), member(shops[1]).pool.quantity) == (45, 60)


def test_stock_that_is_a_locations_own_collides_too_but_is_its_own_already(shops):
    alone = member(shops[1]).pool
    set_quantity(doer(shops[0]), alone.pk, 45)
    tell(shops[1], 53)
    conflict = Conflict.objects.get()
    assert decide(make_override, conflict) == 0
    assert conflict.state == ConflictState.OPEN
    assert decide(revert, conflict) == 1
    assert quantity(alone) == 45


def test_a_workspace_may_not_want_to_be_asked(shops, pool):
    set_high_value(pool.workspace_id, STOCK, on=False)
    recount(doer(shops[0]), pool.pk, seen=50, counted=45)
    tell(shops[1], 53)
    assert not Conflict.objects.exists()


def test_another_workspace_decides_nothing(shops, pool):
    conflict = clash(shops, pool)
    stranger = make.workspace("other").pk
    for verb in (keep, revert, make_override):
        assert decide(verb, conflict, workspace=stranger) == 0
    assert (conflict.state, quantity(pool)) == (ConflictState.OPEN, 48)
