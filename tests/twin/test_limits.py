"""Limits that nobody knows for sure, each with its switch: shopify-platform.md 11.3 and 11.4."""

import pytest

from stores.twin import limits
from stores.twin.world import Twin
from tests.twin.conftest import DOMAIN

CREATE = frozenset({"productCreate"})


def shop_of(plan, variants):
    """A shop of many variants, without the time to make them."""
    twin = Twin()
    shop = twin.add_shop(DOMAIN, plan=plan)
    kind = type("Variant", (), {})
    for number in range(variants):
        shop.variants[number] = kind()
        shop.variants[number].created_at = twin.clock.now()
    return twin, shop


@pytest.mark.parametrize(
    ("plan", "knob", "names", "over"),
    [
        ("basic", "1000 beyond 50000", CREATE, True),
        ("basic", "1000 beyond 50000", frozenset({"productUpdate"}), False),
        ("plus", "1000 beyond 50000", CREATE, False),
        ("basic", "10000 beyond 500000", CREATE, False),
        ("basic", "none", CREATE, False),
    ],
)
def test_new_variants_of_a_large_shop_are_limited_by_the_day(plan, knob, names, over):
    twin, shop = shop_of(plan, 50_001)
    shop.knobs.variant_limit = knob
    assert limits.is_over(twin, shop, names) is over
    twin.clock.advance(limits.DAY * 2)
    assert not limits.is_over(twin, shop, names)


def test_a_bucket_holds_as_many_seconds_of_points_as_the_switch_says(shop):
    shop.twin.settings(DOMAIN, burst_seconds=10)
    status = shop.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]
    assert status == {"maximumAvailable": 1000, "currentlyAvailable": 999, "restoreRate": 100}


def test_a_shop_without_limits_tells_of_a_full_bucket(shop):
    shop.twin.settings(DOMAIN, unlimited=True)
    shop.ask("{ shop { id } }")
    status = shop.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]
    assert status["currentlyAvailable"] == status["maximumAvailable"]
