"""Deliveries that go wrong, as the shop's knobs say, the same way for the same seed.

Source: shopify-platform.md 3.1 (nothing is guaranteed) and 10 (knobs).
"""

import json

import pytest

from tests.twin.conftest import DOMAIN


def retitle_often(shop, count):
    for number in range(count):
        shop.retitle(f"Lamp {number}")


def titles(ear):
    return [json.loads(raw)["title"] for _, raw in ear.heard]


def statuses(shop):
    return [row["status"] for row in shop.twin.log(kind="delivery")]


@pytest.fixture
def subscribed(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    return shop


def lost(shop, ear, count, seed):
    """Which of so many edits never arrive."""
    ear.heard.clear()
    shop.twin.settings(seed=seed)
    shop.twin.settings(DOMAIN, drop=0.5)
    retitle_often(shop, count)
    ear.settle(shop.twin, 0)
    return sorted({f"Lamp {number}" for number in range(count)} - set(titles(ear)))


def test_chance_is_the_same_for_the_same_seed_and_differs_for_another(subscribed, ear):
    first, again, other = (lost(subscribed, ear, 30, seed) for seed in (7, 7, 8))
    assert 5 < len(first) < 25
    assert first == again != other


def test_delays_and_overtaking_go_by_the_twins_clock(subscribed, ear):
    subscribed.twin.stand_still()
    subscribed.twin.settings(DOMAIN, reorder=0.5, reorder_seconds=60.0)
    retitle_often(subscribed, 12)
    subscribed.twin.advance(60)
    came = titles(ear)
    assert len(came) == 12
    assert came != sorted(came, key=lambda title: int(title.split()[1]))


def test_one_topic_can_have_mishaps_of_its_own(subscribed, ear):
    subscribed.subscribe(ear.url, "INVENTORY_ITEMS_UPDATE")
    subscribed.twin.settings(DOMAIN, topics={"products/update": {"drop": 1.0}})
    variant = subscribed.product["variants"][0]["id"]
    subscribed.twin.edit(DOMAIN, subscribed.gid, {"variants": [{"id": variant, "sku": "L-2"}]})
    assert ear.settle(subscribed.twin, 1) == ["inventory_items/update"]
    assert sorted(map(str, statuses(subscribed))) == ["200", "dropped"]


def test_a_storm_repeats_every_event_as_an_event_of_its_own(subscribed, ear):
    subscribed.twin.settings(DOMAIN, storm=4)
    subscribed.retitle()
    ear.settle(subscribed.twin, 5)
    assert len({headers["X-Shopify-Event-Id"] for headers, _ in ear.heard}) == 5


def test_rapid_edits_melt_into_the_last_where_they_are_coalesced(subscribed, ear):
    subscribed.twin.stand_still()
    subscribed.twin.settings(DOMAIN, coalesce=2.0)
    retitle_often(subscribed, 5)
    subscribed.twin.advance(2)
    assert titles(ear) == ["Lamp 4"]
    assert statuses(subscribed) == ["coalesced"] * 4 + [200]
    subscribed.retitle("Later")
    subscribed.twin.advance(2)
    assert titles(ear) == ["Lamp 4", "Later"]


def test_a_day_late_is_possible_and_more_is_not(subscribed, ear):
    subscribed.twin.stand_still()
    subscribed.twin.settings(DOMAIN, delay=86_400)
    subscribed.retitle()
    subscribed.twin.advance(86_399)
    assert ear.heard == []
    subscribed.twin.advance(1)
    assert titles(ear) == ["Tall lamp"]
    with pytest.raises(RuntimeError, match="delay is from 0 to 86400"):
        subscribed.twin.settings(DOMAIN, delay=86_401)
