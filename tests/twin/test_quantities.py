"""Stock by its states: shopify-platform.md 4.7 and 6, and the schema's user error codes."""

import pytest

from tests.twin.warehouse import codes

DOCUMENT = {"ledgerDocumentUri": "gid://wms/Entry/7"}


def test_available_is_set_and_what_is_on_hand_follows(house):
    done = house.set(12, before=5)
    assert done["userErrors"] == []
    group = done["inventoryAdjustmentGroup"]
    assert [(each["name"], each["delta"]) for each in group["changes"]] == [
        ("available", 7),
        ("on_hand", 7),
    ]
    assert house.stock() == {"available": 12, "on_hand": 12}


def test_what_is_on_hand_is_set_by_way_of_available(house):
    house.adjust(house.change(2, 0, **DOCUMENT), name="damaged")
    assert house.set(10, before=7, name="on_hand")["userErrors"] == []
    assert house.stock() == {"available": 8, "damaged": 2, "on_hand": 10}


def test_the_older_mutation_sets_what_is_on_hand(house):
    entry = {"inventoryItemId": house.item, "locationId": house.place}
    given = {
        "setQuantities": [{**entry, "quantity": 3, "changeFromQuantity": 5}],
        "referenceDocumentUri": "https://wms.example.com/1",
    }
    assert house.run("inventorySetOnHandQuantities", given)["userErrors"] == []
    assert house.stock() == {"available": 3, "on_hand": 3}


def test_incoming_goods_are_not_on_hand(house):
    house.adjust(house.change(9, 0, **DOCUMENT), name="incoming")
    assert house.stock() == {"available": 5, "on_hand": 5, "incoming": 9}


def test_a_move_between_states_keeps_what_is_on_hand(house):
    done = house.move(2, "available", "quality_control", (5, 0))
    changes = done["inventoryAdjustmentGroup"]["changes"]
    assert [(each["name"], each["delta"]) for each in changes] == [
        ("available", -2),
        ("quality_control", 2),
    ]
    assert house.stock() == {"available": 3, "quality_control": 2, "on_hand": 5}


def test_available_may_fall_below_zero_by_an_adjustment(house):
    assert house.adjust(house.change(-8, 5))["userErrors"] == []
    assert house.stock() == {"available": -3, "on_hand": -3}


def test_a_quantity_is_compared_before_it_changes_and_a_whole_call_is_refused(house):
    place = house.second_place()
    good, bad = house.change(4, None, place=place), house.change(1, 6)
    refused = house.adjust(good, bad)
    assert refused["inventoryAdjustmentGroup"] is None
    assert refused["userErrors"] == [
        {
            "field": ["input", "changes", "1", "changeFromQuantity"],
            "message": "The changeFromQuantity argument no longer matches the persisted quantity.",
            "code": "CHANGE_FROM_QUANTITY_STALE",
        }
    ]
    assert (house.stock(), house.stock(place)) == ({"available": 5, "on_hand": 5}, {})


def test_changes_of_one_call_are_compared_one_after_another(house):
    assert house.adjust(house.change(1, 5), house.change(1, 6))["userErrors"] == []
    assert house.stock()["available"] == 7


def test_null_skips_the_comparison_but_it_must_be_passed(house):
    assert house.set(6, before=None)["userErrors"] == []
    entry = {"inventoryItemId": house.item, "locationId": house.place, "quantity": 1}
    answer = house.send("inventorySetQuantities", {"name": "available", "quantities": [entry]})
    error = answer["errors"][0]
    assert error["message"] == (
        "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert house.stock()["available"] == 6


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
    ],
)
def test_what_cannot_be_set_is_refused_with_its_place(house, given, code):
    entry = {"inventoryItemId": house.item, "locationId": house.place, "quantity": 1}
    quantities = [{**entry, "changeFromQuantity": None, **given}]
    done = house.run("inventorySetQuantities", {"name": "available", "quantities": quantities})
    assert codes(done) == [code]
    assert done["userErrors"][0]["field"] == ["input", "quantities", "0", *given]


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ({"name": "damaged"}, "INVALID_NAME"),
        ({"reason": "because"}, "INVALID_REASON"),
        ({"referenceDocumentUri": "no uri"}, "INVALID_REFERENCE_DOCUMENT"),
        ({"referenceDocumentUri": "gid://wms/1"}, "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_a_call_with_a_bad_heading_is_refused(house, heading, code):
    entry = {"inventoryItemId": house.item, "locationId": house.place, "quantity": 1}
    given = {"name": "available", "quantities": [{**entry, "changeFromQuantity": None}]}
    assert codes(house.run("inventorySetQuantities", {**given, **heading})) == [code]


def test_an_item_is_set_once_per_location_and_call(house):
    entry = {"inventoryItemId": house.item, "locationId": house.place, "quantity": 1}
    quantities = [{**entry, "changeFromQuantity": None}] * 2
    done = house.run("inventorySetQuantities", {"name": "available", "quantities": quantities})
    assert codes(done) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"]


@pytest.mark.parametrize(
    ("name", "document", "code"),
    [
        ("on_hand", "gid://wms/Entry/7", "INVALID_QUANTITY_NAME"),
        ("committed", "gid://wms/Entry/7", "INVALID_QUANTITY_NAME"),
        ("available", "gid://wms/Entry/7", "INVALID_AVAILABLE_DOCUMENT"),
        ("damaged", None, "INVALID_QUANTITY_DOCUMENT"),
        ("damaged", "gid://shopify/Order/1", "INTERNAL_LEDGER_DOCUMENT"),
        ("damaged", "entry seven", "INVALID_LEDGER_DOCUMENT"),
    ],
)
def test_every_name_but_available_needs_a_ledger_document(house, name, document, code):
    more = {} if document is None else {"ledgerDocumentUri": document}
    assert codes(house.adjust(house.change(1, None, **more), name=name)) == [code]


def test_a_call_adjusts_one_ledger_document(house):
    changes = [house.change(1, None, ledgerDocumentUri=f"gid://wms/Entry/{n}") for n in (1, 2)]
    assert codes(house.adjust(*changes, name="reserved")) == ["MAX_ONE_LEDGER_DOCUMENT"]


def test_an_adjustment_has_its_limit(house):
    assert codes(house.adjust(house.change(2_000_000_001, None))) == ["INVALID_QUANTITY_TOO_HIGH"]
    assert codes(house.adjust(house.change(-2_000_000_001, None))) == ["INVALID_QUANTITY_TOO_LOW"]


@pytest.mark.parametrize(
    ("quantity", "ends", "code"),
    [
        (1, ("available", "available"), "SAME_QUANTITY_NAME"),
        (-1, ("available", "damaged"), "INVALID_QUANTITY_NEGATIVE"),
        (1, ("committed", "available"), "INVALID_QUANTITY_NAME"),
    ],
)
def test_what_cannot_be_moved_is_refused(house, quantity, ends, code):
    assert codes(house.move(quantity, *ends)) == [code]


def test_a_move_stays_at_its_location_and_compares_both_ends(house):
    place, stay = house.second_place(), {"name": "available", "changeFromQuantity": 5}
    away = {"name": "damaged", "locationId": place, "changeFromQuantity": 0, **DOCUMENT}
    ends = {"from": {**stay, "locationId": house.place}, "to": away}
    assert codes(house.move(1, "available", "damaged", **ends)) == ["DIFFERENT_LOCATIONS"]
    assert codes(house.move(1, "available", "damaged", (5, 4))) == ["CHANGE_FROM_QUANTITY_STALE"]


def test_setting_at_a_new_place_stocks_it_there_and_connects_its_level(house, ear):
    place, shop = house.second_place(), house.shop
    topics = ("CONNECT", "UPDATE")
    shop.subscribe(ear.url, *(f"INVENTORY_LEVELS_{topic}" for topic in topics))
    assert house.set(4, before=0, place=place)["userErrors"] == []
    assert sorted(ear.settle(shop.twin, 2)) == [
        "inventory_levels/connect",
        "inventory_levels/update",
    ]
    assert house.stock(place) == {"available": 4, "on_hand": 4}


def test_a_change_of_stock_is_told_by_its_level_and_its_product_and_dates_both(house, ear):
    shop = house.shop
    shop.twin.advance(60)
    text = """query($item: ID!, $place: ID!) { inventoryItem(id: $item) { updatedAt
      variant { updatedAt product { updatedAt } }
      inventoryLevel(locationId: $place) { updatedAt } } }"""
    asked = {"item": house.item, "place": house.place}
    before = shop.ask(text, asked)["data"]["inventoryItem"]
    shop.subscribe(ear.url, "INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE", "INVENTORY_ITEMS_UPDATE")
    house.set(3)
    assert sorted(ear.settle(shop.twin, 2)) == ["inventory_levels/update", "products/update"]
    body = ear.bodies("inventory_levels/update")[0]
    assert body["available"] == 3
    assert body["admin_graphql_api_id"].startswith("gid://shopify/InventoryLevel/")
    assert ear.bodies("products/update")[0]["variants"][0]["inventory_quantity"] == 3
    after = shop.ask(text, asked)["data"]["inventoryItem"]
    assert after["updatedAt"] == before["updatedAt"]
    assert after["inventoryLevel"]["updatedAt"] > before["inventoryLevel"]["updatedAt"]
    assert after["variant"]["product"]["updatedAt"] > before["variant"]["product"]["updatedAt"]


def test_goods_that_are_no_longer_sold_from_do_not_touch_the_product(house, ear):
    house.shop.subscribe(ear.url, "INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE")
    house.adjust(house.change(3, 0, **DOCUMENT), name="incoming")
    assert ear.settle(house.shop.twin, 1) == ["inventory_levels/update"]


def test_a_variant_that_sells_out_and_comes_back_is_told(house, ear):
    house.shop.subscribe(ear.url, "VARIANTS_OUT_OF_STOCK", "VARIANTS_IN_STOCK")
    for quantity in (0, 2, 1):
        house.set(quantity)
    assert ear.settle(house.shop.twin, 2) == ["variants/out_of_stock", "variants/in_stock"]


def test_nothing_moved_makes_no_group_and_fires_nothing(house, ear):
    house.shop.subscribe(ear.url, "INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE")
    assert house.set(5, before=5) == {"inventoryAdjustmentGroup": None, "userErrors": []}
    assert house.shop.twin.is_quiet()
    assert ear.heard == []


def test_the_level_of_an_untracked_item_tells_no_quantity(house, ear):
    variant = house.shop.product["variants"][0]["id"]
    house.shop.twin.edit(
        house.shop.domain, house.shop.gid, {"variants": [{"id": variant, "tracked": False}]}
    )
    house.shop.subscribe(ear.url, "INVENTORY_LEVELS_UPDATE")
    assert house.set(1)["userErrors"] == []
    ear.settle(house.shop.twin, 1)
    assert ear.bodies("inventory_levels/update")[0]["available"] is None


def test_the_log_tells_each_quantity_that_an_app_moved(house):
    house.move(1, "available", "reserved")
    rows = house.shop.twin.log(kind="edit", resource=house.item)
    assert [(row["attribute"], row["old"], row["new"], row["by"]) for row in rows] == [
        (f"available@{house.place}", 5, 4, "app"),
        (f"reserved@{house.place}", 0, 1, "app"),
    ]


def test_more_than_250_entries_are_too_many(house):
    answer = house.send(
        "inventoryAdjustQuantities",
        {"name": "available", "changes": [house.change(1, None)] * 251},
    )
    assert answer["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def test_a_shop_lists_the_names_of_quantities_and_what_they_are_made_of(shop):
    text = "{ inventoryProperties { quantityNames { name belongsTo comprises } } }"
    names = shop.ask(text)["data"]["inventoryProperties"]["quantityNames"]
    assert [each["name"] for each in names] == [
        *("available", "committed", "reserved", "damaged", "safety_stock", "quality_control"),
        *("incoming", "on_hand"),
    ]
    assert names[-1]["comprises"] == [each["name"] for each in names[:6]]
    assert {each["name"] for each in names if each["belongsTo"]} == set(names[-1]["comprises"])


def test_quantities_are_read_by_name(house):
    house.move(2, "available", "damaged")
    text = """query($item: ID!) { inventoryItem(id: $item) { inventoryLevels(first: 2) { nodes {
      quantities(names: ["on_hand", "available", "damaged", "reserved"]) {
        name quantity updatedAt } } } } }"""
    levels = house.shop.ask(text, {"item": house.item})["data"]["inventoryItem"]["inventoryLevels"]
    found = levels["nodes"][0]["quantities"]
    assert [(each["name"], each["quantity"]) for each in found] == [
        *(("on_hand", 5), ("available", 3), ("damaged", 2), ("reserved", 0)),
    ]
    assert [each["updatedAt"] is None for each in found] == [False, False, False, True]
