"""Stock through the port: what is sent, under which key, and how answers are read."""

from datetime import UTC, datetime, timedelta

import pytest

from stores.shopify.errors import BadPayload, NotAllowed, Refused
from stores.shopify.stock import (
    MOST_LEVELS,
    adjust_levels,
    parse_level,
    parse_level_payload,
    parse_stock_write,
    read_levels,
    set_levels,
)
from stores.shopify.stock_types import LevelChange, LevelSnapshot, StockError
from stores.shopify.types import WriteGrant

ITEM, PLACE = "gid://shopify/InventoryItem/1", "gid://shopify/Location/2"
NOON = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
CHANGE = LevelChange(ITEM, PLACE, -2, 50)
NAMED = {"key": "call-1", "reference": "gid://store-sync/Call/call-1"}


def grant():
    return WriteGrant(1, 1, datetime.now(UTC) + timedelta(minutes=1))


def answered(name, *errors, at="2026-11-27T12:00:00Z"):
    group = {"createdAt": at} if at else None
    return {name: {"inventoryAdjustmentGroup": group, "userErrors": list(errors)}}


def test_an_adjustment_says_what_it_expects_and_carries_its_key(shopify):
    shopify.say({"data": answered("inventoryAdjustQuantities")})
    reply = adjust_levels(shopify.session, grant(), [CHANGE], **NAMED)
    (_, _, asked) = shopify.asked.pop()
    assert "@idempotent(key:$key)" in asked["query"].replace(": ", ":")
    assert asked["variables"] == {
        "key": "call-1",
        "input": {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": "gid://store-sync/Call/call-1",
            "changes": [
                {
                    "inventoryItemId": ITEM,
                    "locationId": PLACE,
                    "delta": -2,
                    "changeFromQuantity": 50,
                }
            ],
        },
    }
    assert parse_stock_write(reply.body).at == NOON


def test_a_comparison_is_given_up_by_saying_null(shopify):
    shopify.say({"data": answered("inventorySetQuantities", at=None)})
    change = LevelChange(ITEM, PLACE, 7, None)
    reply = set_levels(shopify.session, grant(), [change], **NAMED)
    (entry,) = shopify.asked.pop()[2]["variables"]["input"]["quantities"]
    assert entry == {
        "inventoryItemId": ITEM,
        "locationId": PLACE,
        "quantity": 7,
        "changeFromQuantity": None,
    }
    assert parse_stock_write(reply.body).at is None


@pytest.mark.parametrize("write", [adjust_levels, set_levels])
def test_nothing_is_sent_without_a_grant_or_beyond_the_bound(shopify, write):
    with pytest.raises(NotAllowed):
        write(shopify.session, None, [CHANGE], **NAMED)
    for changes in ([], [CHANGE] * (MOST_LEVELS + 1)):
        with pytest.raises(Refused):
            write(shopify.session, grant(), changes, **NAMED)
    with pytest.raises(Refused):
        read_levels(shopify.session, PLACE, [])
    assert shopify.asked == []


def test_a_refusal_names_its_change_where_it_is_about_one():
    stale = {
        "code": "CHANGE_FROM_QUANTITY_STALE",
        "field": ["input", "changes", "3", "changeFromQuantity"],
        "message": "It has moved.",
    }
    mismatch = {"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "field": None, "message": "Other."}
    refused = parse_stock_write(answered("inventoryAdjustQuantities", stale, mismatch, at=None))
    assert refused.errors == (
        StockError(3, "It has moved.", "CHANGE_FROM_QUANTITY_STALE"),
        StockError(None, "Other.", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"),
    )


def test_a_level_that_was_read_is_a_number_or_the_reason_why_there_is_none():
    level = {"updatedAt": "2026-11-27T12:00:00Z", "quantities": [{"quantity": -3}]}
    node = {"id": ITEM, "tracked": True, "inventoryLevel": level}
    assert parse_level(node, PLACE, ITEM) == LevelSnapshot(ITEM, PLACE, -3, NOON)
    assert parse_level({**node, "tracked": False}, PLACE, ITEM).available is None
    for nothing in (None, {**node, "inventoryLevel": None}):
        shown = parse_level(nothing, PLACE, ITEM)
        assert (shown.stocked, shown.closed) == (False, False)


@pytest.mark.parametrize("place", [None, {"isActive": False}])
def test_what_is_read_at_a_closed_place_is_not_stocked_there(shopify, place):
    level = {"updatedAt": "2026-11-27T12:00:00Z", "quantities": [{"quantity": 0}]}
    node = {"id": ITEM, "tracked": True, "inventoryLevel": level}
    shopify.say({"data": {"location": place, "nodes": [node, None]}})
    for one in read_levels(shopify.session, PLACE, [ITEM, "gone"]).body["nodes"]:
        shown = parse_level(one, PLACE, ITEM)
        assert (shown.stocked, shown.closed) == (False, True)


def test_the_webhook_of_a_level_is_read():
    body = {"inventory_item_id": 1, "location_id": 2}
    told = {**body, "available": 11, "updated_at": "2026-11-27T07:00:00-05:00"}
    assert parse_level_payload(told) == LevelSnapshot(ITEM, PLACE, 11, NOON)
    assert parse_level_payload(body) == LevelSnapshot(ITEM, PLACE, None, None)
    for broken in ({"location_id": 2}, {**told, "available": "11"}, {**told, "location_id": True}):
        with pytest.raises(BadPayload):
            parse_level_payload(broken)
