"""Around the stock of a shop: places close, products go, owners leave, two join at once."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection

from catalogue.enums import JoinChoice, MemberState, MovementKind, Source, StockMode
from catalogue.models import Issue, StockMember, StockMovement, StockPool
from catalogue.services.stock import (
    Doer,
    adjust,
    found_place,
    hand_over,
    join_place,
    leave_place,
)
from catalogue.services.stock.pull import pull_stock
from stores.models import Location
from syncqueue.enums import JobState
from syncqueue.models import Job
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def the_books_balance(world):
    yield
    call_command("check_stock", verbosity=0)


def doer(world):
    return Doer(workspace_id=world.workspace.pk, source=Source.MANUAL, actor="ada")


def stocked(stock):
    return lamp(variants=[{"sku": "LAMP-1", "price": "20.00", "stock": stock}])


def shared(world, *names):
    stores = [world.connect(world.shop(name, stocked(50))) for name in names]
    first, *others = [Location.objects.get(store=store) for store in stores]
    found_place(doer(world), place="Central", location_id=first.pk)
    for other in others:
        join_place(doer(world), place="Central", location_id=other.pk, choice=JoinChoice.TAKE_POOL)
    world.work()
    return stores, StockPool.objects.get(place="Central")


def sell(world, store, count=1):
    (variant,) = world.shown(store)["variants"]
    line = {"variant": variant["id"], "quantity": count}
    world.twin.order(store.domain, line, oversell=True)


def levels(world, store):
    (variant,) = world.shown(store)["variants"]
    return [place["available"] for place in variant["stock"].values()]


def settle(world):
    for _ in range(3):
        world.work()
        world.make_all_due()
    world.work()


def dead():
    rows = Job.objects.filter(state=JobState.DEAD_LETTERED)
    return list(rows.values_list("handler", "error_code", "reason"))


def counted():
    rows = StockMovement.objects.filter(kind=MovementKind.COUNTED).order_by("id")
    return [(row.member.store.domain.split(".")[0], row.pool_delta) for row in rows]


def test_a_place_that_is_closed_takes_no_stock_out_of_what_it_shares(world):
    stores, pool = shared(world, "north", "alpine")
    place = Location.objects.get(store=stores[0])
    other = world.twin.open_location(stores[0].domain, name="Annex")
    world.twin.alter_location(stores[0].domain, place.gid, "deactivate", destination=other)
    settle(world)
    sell(world, stores[1], 2)
    settle(world)
    pool.refresh_from_db()
    assert counted() == [("alpine", -2)]
    assert pool.quantity == 48
    assert "which it shared, still counts them" in Issue.objects.get().reason
    member = StockMember.objects.get(store=stores[0], location=place)
    assert member.state == MemberState.LEFT
    assert dead() == []


def test_a_product_that_is_gone_from_a_store_leaves_the_pool_to_the_others(world):
    stores, pool = shared(world, "north", "alpine")
    gid = world.shown(stores[0])["id"]
    world.twin.delete(stores[0].domain, gid)
    settle(world)
    sell(world, stores[1], 2)
    settle(world)
    pool.refresh_from_db()
    assert (pool.quantity, counted()) == (48, [("alpine", -2)])
    assert StockMember.objects.get(store=stores[0]).state == MemberState.LEFT
    assert dead() == []


def test_a_product_whose_deletion_nobody_told_is_noticed_by_the_next_push(world):
    stores, pool = shared(world, "north", "alpine")
    gid = world.shown(stores[0])["id"]
    world.twin.settings(stores[0].domain, hold=True)
    world.twin.delete(stores[0].domain, gid)
    adjust(doer(world), pool.pk, -5)
    settle(world)
    assert StockMember.objects.get(store=stores[0]).state == MemberState.LEFT
    assert levels(world, stores[1]) == [45]
    assert dead() == []


def test_where_the_owner_leaves_the_others_count_again(world):
    stores, pool = shared(world, "north", "alpine", "harbour")
    hand_over(doer(world), place="Central", store_id=stores[0].pk)
    variant = world.shown(stores[0])["variants"][0]
    untracked = {"id": variant["id"], "inventoryItem": {"tracked": False}}
    world.twin.edit(stores[0].domain, world.shown(stores[0])["id"], {"variants": [untracked]})
    settle(world)
    sell(world, stores[1], 2)
    settle(world)
    pool.refresh_from_db()
    assert (pool.mode, pool.owner, pool.quantity) == (StockMode.SHARED, None, 48)
    assert levels(world, stores[2]) == [48]


def test_of_two_locations_of_a_store_that_join_at_once_one_gets_in(world):
    stores, pool = shared(world, "north", "alpine")
    second = world.twin.open_location(stores[1].domain, name="Annex")
    third = world.twin.open_location(stores[1].domain, name="Attic")
    (variant,) = world.shown(stores[1])["variants"]
    for place in (second, third):
        world.twin.count_stock(stores[1].domain, variant["id"], location=place, available=5)
    pull_stock(stores[1], cause_id=doer(world).cause_id)
    settle(world)
    own = Location.objects.get(store=stores[1], stock_members__pool=pool)
    leave_place(doer(world), place="Central", location_id=own.pk)
    both = list(Location.objects.filter(store=stores[1]).exclude(pk=own.pk))
    done, gate = [], threading.Barrier(2)

    def join(place):
        gate.wait()
        done.append(
            join_place(doer(world), place="Central", location_id=place.pk, choice=JoinChoice.ADD)
        )
        connection.close()

    threads = [threading.Thread(target=join, args=(place,)) for place in both]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    settle(world)
    assert sorted(errand.changed for errand in done) == [0, 1]
    assert pool.members.filter(store=stores[1]).count() == 1
    pool.refresh_from_db()
    assert (pool.quantity, dead()) == (55, [])
