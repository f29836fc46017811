"""Many shops sell, restock and lose answers at once: in the end one right number stands everywhere.

Small here; STOCK_RUSH=20x1000 runs twenty shops and a thousand events.
"""

import os
import random
import threading
import time
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db.models import Sum

from catalogue.enums import JoinChoice, MovementKind, Source
from catalogue.models import StockMember, StockMovement, StockPool
from catalogue.services.stock import Doer, found_place, join_place, set_quantity
from stores.models import Location
from stores.twin.testing import RunningTwin
from syncqueue.enums import OPEN_STATES
from syncqueue.models import Attempt, Call, Job
from syncqueue.services.pump import drain
from tests.journeys.conftest import lamp

pytestmark = pytest.mark.django_db(transaction=True)

SHOPS, EVENTS = map(int, os.environ.get("STOCK_RUSH", "3x40").split("x"))
VARIANTS, OPENING = 3, 500


def product():
    variants = [
        {"sku": f"LAMP-{n}", "price": "20.00", "options": [f"{n}"], "stock": OPENING}
        for n in range(VARIANTS)
    ]
    return lamp(variants=variants, option_names=["Size"])


def share_all(world, stores):
    doer = Doer(workspace_id=world.workspace.pk, source=Source.MANUAL, actor="ada")
    first, *others = [Location.objects.get(store=store).pk for store in stores]
    found_place(doer, place="Central", location_id=first)
    for other in others:
        join_place(doer, place="Central", location_id=other, choice=JoinChoice.TAKE_POOL)
    world.work(seconds=60.0)
    return StockPool.objects.filter(place="Central").order_by("variant__sku")


def happen(twin, shops, seed=7):
    """Sales everywhere, a few restocks of sizes that nothing else adds up to, answers lost."""
    dice, restocks = random.Random(seed), 0
    for _ in range(EVENTS):
        domain, variants = dice.choice(list(shops.items()))
        variant = dice.choice(variants)
        match dice.choices(["sale", "restock", "lost"], [90, 4, 6])[0]:
            case "sale":
                line = {"variant": variant, "quantity": dice.randint(1, 3)}
                twin.order(domain, line, oversell=True)
            case "restock":
                restocks += 1
                add(twin, domain, variant, 1000 * restocks)
            case "lost":
                twin.settings(domain, cut_after_apply=1)


def add(twin, domain, variant, pieces):
    """Somebody sees a number on the screen and enters it with a delivery added."""
    (place,) = shown(twin, domain)[variant].values()
    twin.count_stock(domain, variant, available=place["available"] + pieces)


def shown(twin, domain):
    (found,) = twin.state(domain)["products"]
    return {variant["id"]: variant["stock"] for variant in found["variants"]}


def all_settled(world):
    return not Job.objects.filter(state__in=OPEN_STATES).exists() and world.twin.is_quiet()


def test_a_rush_over_many_shops_ends_with_one_right_number_everywhere(world):
    names = [f"shop-{number}" for number in range(SHOPS)]
    stores = [world.connect(world.shop(name, product())) for name in names]
    pools = share_all(world, stores)
    shops = {store.domain: list(shown(world.twin, store.domain)) for store in stores}
    for domain in shops:
        world.twin.settings(domain, duplicate=0.1, delay=0.05)
    rush = threading.Thread(target=happen, args=(RunningTwin(world.twin.url), shops))
    began = time.monotonic()
    rush.start()
    while rush.is_alive() or not all_settled(world):
        assert time.monotonic() - began < 60 + EVENTS
        world.make_all_due()
        with suppress(TimeoutError):  # as long as shops sell there is work: look again now and then
            drain(timeout=10.0)
        time.sleep(0.02)
    rush.join()
    for place, pool in enumerate(pools):
        said = sum(true_changes(world, domain, place) for domain in shops)
        copied = total(pool, "level_delta", MovementKind.CONVERGED)
        assert pool.quantity == OPENING + said - copied
        assert pool.quantity == OPENING + total(pool, "pool_delta", MovementKind.COUNTED)
        numbers = {levels(world, domain)[place] for domain in shops}
        assert numbers == {pool.quantity}, pool
        assert pool.question == ""
    call_command("check_stock")
    assert not StockMember.objects.filter(unknown__isnull=False).exists()
    report(time.monotonic() - began)


def test_one_level_that_has_moved_does_not_hold_the_others_of_its_call(world):
    stores = [world.connect(world.shop(name, product())) for name in ("north", "alpine")]
    pools = list(share_all(world, stores))
    domain = stores[1].domain
    first, *_ = shown(world.twin, domain)
    world.twin.settings(domain, hold=True)
    world.twin.order(domain, {"variant": first, "quantity": 3}, oversell=True)
    for pool in pools:
        set_quantity(Doer(workspace_id=pool.workspace_id, source=Source.API), pool.pk, 400)
    world.work(seconds=60.0)
    assert levels(world, domain) == levels(world, stores[0].domain) == [397, 400, 400]
    calls = Call.objects.filter(channel=stores[1].channel_id, request__op="adjust", carrier=None)
    told = [error for call in calls for error in call.answer["body"]["errors"]]
    assert [(error["code"], error["item"]) for error in told] == [
        ("CHANGE_FROM_QUANTITY_STALE", world.shown(stores[1])["variants"][0]["item"])
    ]
    assert not Job.objects.filter(attempts__gt=0).exists()


def levels(world, domain):
    return [next(iter(stock.values()))["available"] for stock in shown(world.twin, domain).values()]


def true_changes(world, domain, place):
    """What others than the app did to a variant's level, by the twin's own log."""
    (found,) = world.twin.state(domain)["products"]
    item = found["variants"][place]["item"]
    rows = world.twin.log(shop=domain, kind="edit")
    moved = [r for r in rows if r["resource"] == item and r["attribute"].startswith("available@")]
    return sum(row["new"] - row["old"] for row in moved if row["by"] != "app")


def total(pool, column, kind):
    rows = StockMovement.objects.filter(pool=pool, kind=kind)
    return rows.aggregate(total=Sum(column))["total"] or 0


def report(seconds):
    kinds = StockMovement.objects.values_list("kind", flat=True)
    counts = {kind: list(kinds).count(kind) for kind in ("counted", "pushed", "converged")}
    unknown = Attempt.objects.filter(outcome="unknown").count()
    said = f"{SHOPS} shops, {EVENTS} events in {seconds:.1f} s: {counts}, {unknown} answers lost"
    print(said)  # noqa: T201  the figures of a long run
