"""Pushes that the engine gave up unheard: whatever they have done, no sale is made up of them."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from catalogue.enums import JoinChoice, MovementKind, Source
from catalogue.models import StockMember, StockMovement, StockPool
from catalogue.services.stock import Doer, adjust, found_place, join_place
from catalogue.services.stock import calls as stock_calls
from stores.models import Location
from stores.shopify.errors import UnknownOutcome
from syncqueue.enums import CallState, JobState
from syncqueue.models import Call, Job, Lane
from syncqueue.services import settle as settle_calls
from tests.journeys.conftest import lamp
from tests.syncqueue.deaths import die_holding

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def the_books_balance(world):
    yield
    call_command("check_stock", verbosity=0)


def lamps(stock, sizes=1):
    variants = [
        {"sku": f"LAMP-{n}", "price": "20.00", "options": [f"{n}"], "stock": stock}
        for n in range(sizes)
    ]
    return lamp(variants=variants, option_names=["Size"])


def shared(world, *, sizes=1):
    stores = [world.connect(world.shop(name, lamps(50, sizes))) for name in ("north", "alpine")]
    first, second = [Location.objects.get(store=store) for store in stores]
    doer = Doer(workspace_id=world.workspace.pk, source=Source.MANUAL, actor="ada")
    found_place(doer, place="Central", location_id=first.pk)
    join_place(doer, place="Central", location_id=second.pk, choice=JoinChoice.TAKE_POOL)
    world.work()
    return stores, list(StockPool.objects.filter(place="Central").order_by("variant__sku"))


def levels(world, store):
    variants = world.shown(store)["variants"]
    return [place["available"] for one in variants for place in one["stock"].values()]


def sell(world, store, count, size=0):
    variant = world.shown(store)["variants"][size]
    line = {"variant": variant["id"], "quantity": count}
    world.twin.order(store.domain, line, oversell=True)


def counted():
    rows = StockMovement.objects.filter(kind=MovementKind.COUNTED).order_by("id")
    return [(row.member.store.domain.split(".")[0], row.pool_delta) for row in rows]


def app_moves(world, store):
    rows = world.app_writes(store)
    return [row["new"] - row["old"] for row in rows if row["attribute"].startswith("available")]


def lose_the_next(world, store, monkeypatch, *, landed):
    """Nobody hears of the next push to a store: it was carried out, or never came."""
    monkeypatch.setattr(settle_calls, "repeat_pause", lambda _: 3600.0)  # not before it is told to
    if landed:
        world.twin.settings(store.domain, cut_after_apply=1)
        return

    def cut(*_):
        raise UnknownOutcome("cut", "The connection was cut.")

    monkeypatch.setattr(stock_calls, "_perform", cut)


def die(call, crashes):
    """As if the worker had died while the call was out, not for the first time."""
    rows = Call.objects.filter(pk=call.pk) | Call.objects.filter(carrier=call.pk)
    for row in rows:
        Job.objects.filter(pk=row.job_id).update(crashes=crashes, state=JobState.RUNNING)
        die_holding(pk=row.lane_id)
        Lane.objects.filter(pk=row.lane_id).update(due_at=timezone.now())
    rows.update(state=CallState.SENT)


@pytest.mark.parametrize("landed", [True, False])
def test_a_push_that_was_given_up_as_poison_is_no_sale(world, monkeypatch, landed):
    stores, (pool,) = shared(world)
    lose_the_next(world, stores[0], monkeypatch, landed=landed)
    sell(world, stores[1], 2)
    world.work()
    call = Call.objects.get(state=CallState.REPEATING)
    die(call, crashes=2)
    monkeypatch.undo()
    world.work()
    job = Job.objects.get(pk=call.job_id)
    assert (job.state, job.error_code) == (JobState.DEAD_LETTERED, "poison")
    sell(world, stores[0], 1)
    settle(world)
    pool.refresh_from_db()
    assert (pool.quantity, pool.question) == (47, "")
    assert [levels(world, store) for store in stores] == [[47], [47]]
    assert sorted(counted()) == [("alpine", -2), ("north", -1)]
    assert sum(app_moves(world, stores[0])) == -2
    assert not StockMember.objects.exclude(unknown=None).exists()
    assert Job.objects.get(pk=call.job_id).state == JobState.DEAD_LETTERED


@pytest.mark.parametrize("landed", [True, False])
def test_a_movement_of_the_hub_asks_first_what_was_given_up(world, monkeypatch, landed):
    stores, (pool,) = shared(world)
    lose_the_next(world, stores[0], monkeypatch, landed=landed)
    world.twin.settings(stores[0].domain, hold=True)
    sell(world, stores[1], 2)
    world.work()
    call = Call.objects.get(state=CallState.REPEATING)
    die(call, crashes=2)
    monkeypatch.undo()
    world.work()
    adjust(Doer(workspace_id=pool.workspace_id, source=Source.MANUAL), pool.pk, -8)
    settle(world)
    pool.refresh_from_db()
    assert [levels(world, store) for store in stores] == [[40], [40]]
    assert (pool.quantity, counted()) == (40, [("alpine", -2)])


@pytest.mark.parametrize("landed", [True, False])
def test_one_call_of_several_levels_that_killed_twice_is_told_by_its_key(
    world, monkeypatch, landed
):
    stores, pools = shared(world, sizes=3)
    lose_the_next(world, stores[0], monkeypatch, landed=landed)
    world.twin.settings(stores[0].domain, hold=True)
    for pool in pools:
        adjust(Doer(workspace_id=pool.workspace_id, source=Source.MANUAL), pool.pk, -4)
    world.work()
    call = Call.objects.get(state=CallState.REPEATING, carrier=None, channel=stores[0].channel_id)
    assert len(call.merged["changes"]) == 3
    die(call, crashes=1)
    monkeypatch.undo()
    settle(world)
    assert [levels(world, store) for store in stores] == [[46] * 3, [46] * 3]
    assert app_moves(world, stores[0]) == [-4] * 3
    rows = StockPool.objects.filter(place="Central").values_list("quantity", "question")
    assert list(rows) == [(46, "")] * 3
    assert counted() == []


def settle(world):
    for _ in range(4):
        world.work()
        world.make_all_due()
    world.work()
