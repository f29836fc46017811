"""Stock between shops of the twin: counted once, pushed by compare-and-set, always balanced."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from catalogue.enums import IssueKind, JoinChoice, MemberState, MovementKind, Source, StockMode
from catalogue.errors import NotAllowedNowError
from catalogue.models import Issue, StockMember, StockMovement, StockPool
from catalogue.services.stock import (
    Doer,
    adjust,
    answer,
    found_place,
    hand_over,
    join_place,
    keep_back,
    recount,
    set_quantity,
)
from stores.models import Location, Store
from stores.services.modes import pause, resume
from stores.services.pulls import enqueue_pull
from syncqueue.enums import CallState, Outcome
from syncqueue.models import Attempt, Call, Job
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def the_books_balance(world):
    yield
    call_command("check_stock", verbosity=0)


def stocked(stock, *, sku="LAMP-1"):
    return lamp(variants=[{"sku": sku, "price": "20.00", "stock": stock}])


def level(world, store):
    """What the shop itself says is available of its only variant."""
    (variant,) = world.shown(store)["variants"]
    (place,) = variant["stock"].values()
    return place["available"]


def sell(world, store, count=1):
    (variant,) = world.shown(store)["variants"]
    line = {"variant": variant["id"], "quantity": count}
    world.twin.order(store.domain, line, oversell=True)


def count_stock(world, store, available):
    (variant,) = world.shown(store)["variants"]
    world.twin.count_stock(store.domain, variant["id"], available=available)


def member(store):
    return StockMember.objects.select_related("pool").get(store=store)


def doer(world):
    return Doer(workspace_id=world.workspace.pk, source=Source.MANUAL, actor="ada")


def share(world, *stores, choice=JoinChoice.TAKE_POOL):
    first, *others = [Location.objects.get(store=store) for store in stores]
    found_place(doer(world), place="Central", location_id=first.pk)
    for other in others:
        join_place(doer(world), place="Central", location_id=other.pk, choice=choice)
    world.work()
    return StockPool.objects.get(place="Central")


def shared(world, *stocks):
    names = ("north", "alpine", "harbour")
    stores = [world.connect(world.shop(n, stocked(s))) for n, s in zip(names, stocks, strict=False)]
    return stores, share(world, *stores)


def app_moves(world, store):
    return [row for row in world.app_writes(store) if row["attribute"].startswith("available")]


def levels(world, stores):
    return [level(world, store) for store in stores]


def quantity(pool):
    pool.refresh_from_db()
    return pool.quantity


def counted():
    """All that was counted in stores, in order: the store's name and by how much."""
    rows = StockMovement.objects.filter(kind=MovementKind.COUNTED).order_by("id")
    return [(row.member.store.domain.split(".")[0], row.pool_delta) for row in rows]


def test_each_location_begins_with_a_pool_of_its_own(world):
    stores = [world.connect(world.shop(n, stocked(s))) for n, s in (("north", 12), ("alpine", 7))]
    sell(world, stores[0], 2)
    world.work()
    pools = {member(store).pool for store in stores}
    assert {(pool.mode, pool.quantity) for pool in pools} == {("own", 10), ("own", 7)}
    assert [level(world, store) for store in stores] == [10, 7]
    assert app_moves(world, stores[1]) == []


def test_a_sale_in_one_store_reaches_the_others_and_no_echo_is_a_sale(world):
    stores, pool = shared(world, 50, 50, 50)
    sell(world, stores[1], 2)
    world.work()
    assert quantity(pool) == 48
    assert levels(world, stores) == [48, 48, 48]
    assert counted() == [("alpine", -2)]
    assert app_moves(world, stores[1]) == []
    assert Job.objects.filter(handler="inbound.level", outcome=Outcome.ECHO).count() == 2
    world.assert_in_step()


def test_c1_a_push_that_meets_an_unseen_sale_reads_and_comes_again(world):
    stores, pool = shared(world, 50, 50)
    world.twin.settings(stores[0].domain, hold=True)
    sell(world, stores[0], 3)
    sell(world, stores[1], 2)
    world.work()
    assert quantity(pool) == 45
    assert levels(world, stores) == [45, 45]
    assert sorted(counted()) == [("alpine", -2), ("north", -3)]
    (push,) = Job.objects.filter(channel=stores[0].channel_id, outcome=Outcome.WRITTEN)
    assert push.attempts == 0
    world.twin.settings(stores[0].domain, hold=False)
    world.twin.release(stores[0].domain)
    world.work()
    assert levels(world, stores) == [45, 45]
    assert len(counted()) == 2


def test_a_push_whose_answer_was_lost_is_sent_again_and_moves_once(world):
    stores, pool = shared(world, 50, 50)
    world.twin.settings(stores[0].domain, cut_after_apply=1)
    sell(world, stores[1], 2)
    sell(world, stores[0], 1)
    world.work()
    (lost,) = Call.objects.filter(state=CallState.REPEATING)
    world.make_all_due()
    world.work()
    assert (quantity(pool), levels(world, stores)) == (47, [47, 47])
    assert sorted(counted()) == [("alpine", -2), ("north", -1)]
    lost.refresh_from_db()
    assert (lost.state, lost.answer["body"]["again"]) == (CallState.SETTLED, True)
    attempts = Attempt.objects.filter(call=lost).order_by("id")
    assert [one.outcome for one in attempts] == ["unknown", "succeeded"]
    assert not Job.objects.filter(attempts__gt=0).exists()


@pytest.mark.parametrize(
    ("choice", "number"),
    [(JoinChoice.TAKE_POOL, 50), (JoinChoice.TAKE_STORE, 20), (JoinChoice.ADD, 70)],
)
def test_joining_takes_the_number_that_was_chosen(world, choice, number):
    stores = [world.connect(world.shop(n, stocked(s))) for n, s in (("north", 50), ("alpine", 20))]
    pool = share(world, *stores, choice=choice)
    assert quantity(pool) == number
    assert levels(world, stores) == [number, number]
    assert {member(store).state for store in stores} == {MemberState.MEMBER}
    assert counted() == []
    own = StockPool.objects.get(mode=StockMode.OWN)
    assert own.quantity == 0


def test_a_sale_on_the_way_into_a_pool_is_not_lost(world):
    stores = [world.connect(world.shop(n, stocked(s))) for n, s in (("north", 50), ("alpine", 20))]
    world.twin.settings(stores[1].domain, hold=True)
    sell(world, stores[1], 2)
    pool = share(world, *stores, choice=JoinChoice.ADD)
    assert quantity(pool) == 68
    world.twin.settings(stores[1].domain, hold=False)
    world.twin.release(stores[1].domain)
    sell(world, stores[1])
    world.work()
    assert levels(world, stores) == [67, 67]


def test_a_store_that_is_down_catches_up_with_one_push(world):
    stores, pool = shared(world, 50, 50)
    world.twin.settings(stores[0].domain, outage=True)
    for _ in range(3):
        sell(world, stores[1])
        world.work()
    sell(world, stores[0], 5)  # its checkout works on, and so do its webhooks
    world.work()
    assert quantity(pool) == 42
    assert level(world, stores[1]) == 42
    world.twin.settings(stores[0].domain, outage=False)
    world.make_all_due()
    world.work()
    assert levels(world, stores) == [42, 42]
    assert len(app_moves(world, stores[0])) == 1


def test_the_hub_sets_and_recounts_and_sales_meanwhile_stay_sold(world):
    stores, pool = shared(world, 50, 50)
    set_quantity(doer(world), pool.pk, 30)
    world.work()
    assert levels(world, stores) == [30, 30]
    sell(world, stores[0], 4)
    world.work()
    recount(doer(world), pool.pk, seen=30, counted=33)
    world.work()
    assert quantity(pool) == 29
    assert levels(world, stores) == [29, 29]


def test_an_oversold_pool_shows_nothing_and_hides_no_debt(world):
    stores, pool = shared(world, 2, 2)
    sell(world, stores[0], 3)
    world.work()
    assert quantity(pool) == -1
    assert levels(world, stores) == [-1, 0]
    adjust(doer(world), pool.pk, 4)
    world.work()
    assert quantity(pool) == 3
    assert levels(world, stores) == [3, 3]


def test_a_person_who_types_the_number_that_is_on_its_way_is_not_counted(world):
    stores, pool = shared(world, 50, 50)
    world.twin.settings(stores[0].domain, outage=True)
    count_stock(world, stores[1], 60)
    world.work()
    count_stock(world, stores[0], 60)
    world.work()
    assert quantity(pool) == 60
    assert counted() == [("alpine", 10)]
    assert StockMovement.objects.filter(kind=MovementKind.CONVERGED).count() == 1


def test_the_same_rise_in_two_stores_waits_for_a_person(world):
    stores, pool = shared(world, 50, 50, 50)
    world.twin.settings(stores[0].domain, outage=True)
    count_stock(world, stores[1], 60)
    sell(world, stores[2])
    world.work()
    count_stock(world, stores[0], 60)
    world.work()
    assert "twice" in StockPool.objects.get(pk=pool.pk).question
    assert Issue.objects.get(kind=IssueKind.STOCK).state == "open"
    assert levels(world, stores[1:]) == [59, 59]
    world.twin.settings(stores[0].domain, outage=False)
    answer(doer(world), pool.pk, "once")
    world.make_all_due()
    world.work()
    assert quantity(pool) == 59
    assert levels(world, stores) == [59, 59, 59]
    assert Issue.objects.get(kind=IssueKind.STOCK).state == "closed"


def test_an_owners_count_is_copied_and_what_others_change_is_written_over(world):
    stores, pool = shared(world, 50, 50)
    hand_over(doer(world), place="Central", store_id=stores[0].pk)
    count_stock(world, stores[0], 44)
    world.work()
    assert (quantity(pool), level(world, stores[1])) == (44, 44)
    count_stock(world, stores[1], 99)
    world.work()
    assert (quantity(pool), levels(world, stores)) == (44, [44, 44])
    with pytest.raises(NotAllowedNowError, match="North"):
        adjust(doer(world), pool.pk, 1)


def test_some_are_kept_back_from_a_store(world):
    stores, pool = shared(world, 50, 50)
    keep_back(doer(world), store_id=stores[1].pk, buffer=5, place="Central")
    world.work()
    assert levels(world, stores) == [50, 45]
    sell(world, stores[1], 2)
    world.work()
    assert (quantity(pool), levels(world, stores)) == (48, [48, 43])


def test_a_pause_delays_sales_and_a_long_one_ends_the_sharing(world):
    stores, pool = shared(world, 50, 50)
    pause(stores[0].pk, by="ada")
    sell(world, stores[0], 2)
    world.work()
    assert (quantity(pool), levels(world, stores)) == (50, [48, 50])
    resume(stores[0].pk, by="ada")
    world.work()
    assert (quantity(pool), levels(world, stores)) == (48, [48, 48])
    pause(stores[0].pk, by="ada")
    sell(world, stores[0], 3)
    Store.objects.filter(pk=stores[0].pk).update(mode_since=timezone.now() - timedelta(hours=25))
    resume(stores[0].pk, by="ada")
    sell(world, stores[1])
    world.work()
    assert (quantity(pool), levels(world, stores)) == (47, [45, 47])
    assert member(stores[0]).pool.mode == StockMode.OWN
    assert "join anew" in member(stores[0]).state_reason


def test_what_is_no_longer_tracked_leaves_and_comes_back_alone(world):
    stores, pool = shared(world, 50, 50)
    (variant,) = world.shown(stores[0])["variants"]
    gid = world.listing(stores[0]).gid
    tracked = {"id": variant["id"], "inventoryItem": {"tracked": False}}
    world.twin.edit(stores[0].domain, gid, {"variants": [tracked]})
    world.work()
    assert member(stores[0]).state == MemberState.LEFT
    count_stock(world, stores[0], 10)
    sell(world, stores[1])
    world.work()
    assert (quantity(pool), levels(world, stores)) == (49, [10, 49])
    tracked["inventoryItem"]["tracked"] = True
    world.twin.edit(stores[0].domain, gid, {"variants": [tracked]})
    world.work()
    back = member(stores[0])
    assert (back.state, back.pool.mode, back.pool.quantity) == (MemberState.MEMBER, "own", 10)
    assert quantity(pool) == 49


def test_what_was_never_told_is_found_by_the_reconciliation(world):
    stores, pool = shared(world, 50, 50)
    world.twin.settings(stores[0].domain, drop=1.0)
    sell(world, stores[0], 6)
    world.work()
    assert quantity(pool) == 50
    enqueue_pull(stores[0], "reconcile")
    world.work()
    assert (quantity(pool), levels(world, stores)) == (44, [44, 44])
    assert StockMovement.objects.get(kind=MovementKind.COUNTED).source == Source.RECONCILE
