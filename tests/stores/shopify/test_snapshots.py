"""A webhook's form of a product, complete, cut and broken; topics and their lanes."""

from datetime import UTC, datetime

import pytest

from stores.shopify.errors import BadPayload
from stores.shopify.snapshots import gid, parse_item_payload, parse_product_payload
from stores.shopify.topics import TOPICS, declared

VARIANT = {
    "admin_graphql_api_id": "gid://shopify/ProductVariant/9001",
    "id": 9001,
    "inventory_item_id": 6001,
    "title": "S",
    "sku": None,
    "position": 1,
}
PRODUCT = {
    "id": 8001,
    "title": "Trail Mug",
    "handle": "trail-mug",
    "updated_at": "2026-10-05T11:22:33-04:00",
    "variants": [VARIANT],
    "variant_gids": [{"admin_graphql_api_id": "gid://shopify/ProductVariant/9001"}],
}


def test_ids_and_instants_are_normalised_at_the_port():
    told = parse_product_payload(PRODUCT)
    assert told.gid == "gid://shopify/Product/8001"
    assert told.updated_at == datetime(2026, 10, 5, 15, 22, 33, tzinfo=UTC)
    assert told.variants[0].gid == "gid://shopify/ProductVariant/9001"
    assert told.variants[0].inventory_item_gid == "gid://shopify/InventoryItem/6001"
    assert (told.variants[0].sku, told.form, told.complete) == ("", "webhook", True)


def test_a_cut_list_of_variants_is_not_taken_for_the_whole():
    more = [*PRODUCT["variant_gids"], {"admin_graphql_api_id": gid("ProductVariant", 9002)}]
    assert not parse_product_payload({**PRODUCT, "variant_gids": more}).complete
    unlisted = {name: value for name, value in PRODUCT.items() if name != "variant_gids"}
    assert not parse_product_payload(unlisted).complete


@pytest.mark.parametrize(
    "change",
    [
        {"id": "8001"},
        {"id": True},
        {"updated_at": "yesterday"},
        {"updated_at": "2026-10-05T11:22:33"},
        {"title": None},
        {"variants": None},
        {"variants": [{}]},
        {"variants": [7]},
    ],
)
def test_a_broken_payload_is_refused(change):
    with pytest.raises(BadPayload):
        parse_product_payload({**PRODUCT, **change})


def test_a_payload_that_lacks_a_part_is_refused():
    for name in PRODUCT.keys() - {"variant_gids"}:
        rest = {key: value for key, value in PRODUCT.items() if key != name}
        with pytest.raises(BadPayload):
            parse_product_payload(rest)


def test_an_item_is_known_by_its_gid():
    told = parse_item_payload({"id": 6001, "updated_at": "2026-10-05T15:22:33.000Z"})
    assert told.gid == "gid://shopify/InventoryItem/6001"


def test_deliveries_about_one_resource_share_a_lane():
    body = {"id": 7, "inventory_item_id": 8, "location_id": 9}
    keys = {name: topic.key(body) for name, topic in TOPICS.items()}
    assert keys["products/create"] == keys["products/delete"] == "product:7"
    assert keys["inventory_items/update"] == keys["inventory_items/delete"] == "item:7"
    assert keys["inventory_levels/update"] == keys["inventory_levels/disconnect"] == "level:8:9"
    assert keys["app/uninstalled"] == keys["shop/update"] == "shop"
    assert TOPICS["app/scopes_update"].enum == "APP_SCOPES_UPDATE"


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": "7"}, {"id": True}, {"id": -1}])
def test_a_payload_without_an_id_has_no_lane(body):
    with pytest.raises(BadPayload, match="products/update"):
        TOPICS["products/update"].key(body)


def test_a_topic_nobody_asked_for_is_unknown():
    assert declared("orders/create") is None
