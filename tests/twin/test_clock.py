"""The twin's clock: real and pushed, or standing still and stepped."""

from tests.twin.conftest import DOMAIN


def retitle(shop, title="Tall lamp"):
    return shop.twin.edit(DOMAIN, shop.gid, {"title": title})


def test_a_standing_clock_moves_by_its_steps_only(twin):
    twin.stand_still()
    before = twin.now()
    assert twin.now() == before
    twin.advance(90.5)
    assert (twin.now() - before).total_seconds() == 90.5


def test_a_step_stops_at_every_retry_on_its_way_and_ends_when_all_came_to_rest(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    shop.twin.stand_still()
    started = shop.twin.now()
    ear.status = 500
    retitle(shop)
    shop.twin.advance(4 * 3600 + 60)
    assert len(ear.heard) == 9
    rows = shop.twin.log(kind="delivery")
    assert [row["attempt"] for row in rows] == list(range(1, 10))
    times = [row["time"] for row in rows]
    assert times == sorted(set(times)), "every retry has a moment of its own"
    assert (shop.twin.now() - started).total_seconds() == 4 * 3600 + 60


def test_points_do_not_come_back_while_the_clock_stands(shop):
    shop.twin.stand_still()
    costs = [shop.ask("{ shop { id } }")["extensions"]["cost"] for _ in range(2)]
    left = [cost["throttleStatus"]["currentlyAvailable"] for cost in costs]
    assert left == [1999, 1998]
    shop.twin.advance(1)
    status = shop.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]
    assert status["currentlyAvailable"] == 1999
