"""Keys of mutations: shopify-platform.md 4.8."""

import pytest

from tests.twin.warehouse import codes

DAY = 24 * 3600


def test_the_same_request_under_the_same_key_is_carried_out_once(house):
    first = house.adjust(house.change(-2, 5), key="k")
    again = house.adjust(house.change(-2, 5), key="k")
    assert first == again
    assert first["userErrors"] == []
    assert house.stock()["available"] == 3


def test_another_request_under_a_known_key_is_refused(house):
    house.adjust(house.change(-2, 5), key="k")
    assert codes(house.adjust(house.change(-1, 3), key="k")) == [
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    ]
    assert codes(house.set(1, key="k")) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert house.stock()["available"] == 3


def test_a_key_that_failed_stays_failed(house):
    assert codes(house.adjust(house.change(-2, 9), key="k")) == ["CHANGE_FROM_QUANTITY_STALE"]
    house.set(9)
    assert codes(house.adjust(house.change(-2, 9), key="k")) == [
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
    ]
    assert house.stock()["available"] == 9


def test_a_request_whose_first_try_is_still_running_is_told_so(house):
    """On a clock that stands the first answer is on its way for as long as we like."""
    twin, domain = house.shop.twin, house.shop.domain
    twin.stand_still()
    twin.settings(domain, slow_answer=0.05)
    house.adjust(house.change(-2, 5), key="k")
    assert codes(house.adjust(house.change(-2, 5), key="k")) == ["IDEMPOTENCY_CONCURRENT_REQUEST"]
    twin.advance(0.05)
    assert house.adjust(house.change(-2, 5), key="k")["userErrors"] == []
    assert house.stock()["available"] == 3


def test_an_answer_that_never_came_is_had_by_the_same_key(house):
    house.shop.twin.settings(house.shop.domain, cut_after_apply=1)
    with pytest.raises(OSError, match="Connection aborted"):
        house.adjust(house.change(-2, 5), key="k")
    assert house.adjust(house.change(-2, 5), key="k")["userErrors"] == []
    assert house.stock()["available"] == 3


def test_a_key_is_forgotten_after_a_day(house):
    house.adjust(house.change(-2, None), key="k")
    house.shop.twin.advance(DAY - 60)
    house.adjust(house.change(-2, None), key="k")
    assert house.stock()["available"] == 3
    house.shop.twin.advance(120)
    house.adjust(house.change(-2, None), key="k")
    assert house.stock()["available"] == 1


@pytest.mark.parametrize("directive", ["", '@idempotent(key: " ")'])
def test_a_missing_or_empty_key_is_an_error(house, directive):
    text = """mutation($input: InventoryAdjustQuantitiesInput!) {
      inventoryAdjustQuantities(input: $input) %s { userErrors { code } } }"""
    given = {"name": "available", "reason": "correction", "changes": [house.change(-2, 5)]}
    error = house.shop.ask(text % directive, {"input": given})["errors"][0]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["path"] == ["inventoryAdjustQuantities"]
    assert house.stock()["available"] == 5


def test_keys_of_another_app_are_its_own(house):
    house.adjust(house.change(-2, 5), key="k")
    house.shop.twin.register_app("other", "other-secret")
    house.shop.token = house.shop.twin.install(house.shop.domain, "other")
    assert house.adjust(house.change(-1, 3), key="k")["userErrors"] == []
    assert house.stock()["available"] == 2


def test_a_retry_runs_again_where_the_shop_is_told_so(house):
    """Seen once in the field: the key guards against other parameters, no answer is kept."""
    house.shop.twin.settings(house.shop.domain, idempotent_replay=False)
    house.adjust(house.change(-2, 5), key="k")
    assert codes(house.adjust(house.change(-2, 5), key="k")) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert codes(house.adjust(house.change(-3, 5), key="k")) == [
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    ]
    assert house.stock()["available"] == 3


def test_activations_know_no_codes(house):
    place = house.second_place()
    house.activate(place, key="k", available=1)
    refused = house.activate(place, key="k", available=2)
    assert refused["inventoryLevel"] is None
    assert refused["userErrors"][0]["message"].startswith("The request with this idempotency key")
