"""Where items are stocked: shopify-platform.md 4.7 and the schema's codes of the bulk toggle."""

from tests.twin.warehouse import codes

TOGGLE = """mutation($item: ID!, $updates: [InventoryBulkToggleActivationInput!]!) {
  inventoryBulkToggleActivation(inventoryItemId: $item, inventoryItemUpdates: $updates) {
    inventoryItem { id } inventoryLevels { location { id } }
    userErrors { field message code } } }"""
ITEM = """mutation($id: ID!, $input: InventoryItemInput!) {
  inventoryItemUpdate(id: $id, input: $input) {
  inventoryItem { sku tracked requiresShipping harmonizedSystemCode countryCodeOfOrigin
    provinceCodeOfOrigin unitCost { amount currencyCode } measurement { weight { value unit } }
    countryHarmonizedSystemCodes(first: 5) { nodes { countryCode harmonizedSystemCode } } }
  userErrors { field message } } }"""


def toggle(house, **places):
    updates = [{"locationId": place, "activate": on} for place, on in places.values()]
    answer = house.shop.ask(TOGGLE, {"item": house.item, "updates": updates})
    return answer["data"]["inventoryBulkToggleActivation"]


def levels(house, *, inactive=False):
    text = """query($item: ID!, $inactive: Boolean) { inventoryItem(id: $item) {
      inventoryLevels(first: 9, includeInactive: $inactive) {
        nodes { isActive location { id } } } } }"""
    data = house.shop.ask(text, {"item": house.item, "inactive": inactive})["data"]
    nodes = data["inventoryItem"]["inventoryLevels"]["nodes"]
    return {node["location"]["id"]: node["isActive"] for node in nodes}


def test_an_item_is_activated_at_a_location_with_nothing_or_with_a_quantity(house):
    first, second = house.second_place("First"), house.second_place("Second")
    assert house.activate(first)["inventoryLevel"]["isActive"] is True
    house.activate(second, available=3)
    assert (house.stock(first), house.stock(second)["available"]) == ({}, 3)


def test_a_deactivation_keeps_the_quantities_for_the_next_activation(house):
    place = house.second_place()
    house.activate(place, onHand=3)
    assert house.deactivate(place)["userErrors"] == []
    assert levels(house) == {house.place: True}
    assert levels(house, inactive=True) == {house.place: True, place: False}
    house.activate(place)
    assert house.stock(place) == {"available": 3, "on_hand": 3}


def test_a_location_that_is_switched_off_no_longer_counts_for_the_variant(house, ear):
    place, shop = house.second_place(), house.shop
    house.activate(place, available=3)
    shop.subscribe(ear.url, "INVENTORY_LEVELS_DISCONNECT", "PRODUCTS_UPDATE")
    house.deactivate(place)
    assert sorted(ear.settle(shop.twin, 2)) == ["inventory_levels/disconnect", "products/update"]
    item, number = (int(gid.rpartition("/")[2]) for gid in (house.item, place))
    assert ear.bodies("inventory_levels/disconnect") == [
        {"inventory_item_id": item, "location_id": number}
    ]
    assert ear.bodies("products/update")[0]["variants"][0]["inventory_quantity"] == 5


def test_an_activation_connects_the_level(house, ear):
    place = house.second_place()
    house.shop.subscribe(ear.url, "INVENTORY_LEVELS_CONNECT", "PRODUCTS_UPDATE")
    house.activate(place)
    assert ear.settle(house.shop.twin, 1) == ["inventory_levels/connect"]


def test_a_quantity_is_no_part_of_a_second_activation(house):
    assert house.activate(house.place)["userErrors"] == []
    refused = house.activate(house.place, available=9)
    assert refused["userErrors"][0]["field"] == ["available"]
    assert house.stock()["available"] == 5


def test_an_item_stays_at_its_only_location(house):
    message = house.deactivate(house.place)["userErrors"][0]["message"]
    assert message == (
        "The product couldn't be unstocked from Main warehouse because products need to be "
        "stocked at a minimum of 1 location."
    )


def test_locations_are_switched_over_in_one_call(house):
    place = house.second_place()
    done = toggle(house, on=(place, True), off=(house.place, False))
    assert done["userErrors"] == []
    assert done["inventoryLevels"] == [{"location": {"id": place}}]
    assert levels(house, inactive=True) == {house.place: False, place: True}


def test_a_toggle_is_refused_whole(house):
    place, nowhere = house.second_place(), "gid://shopify/Location/1"
    refused = toggle(house, on=(place, True), off=(nowhere, False))
    assert codes(refused) == ["LOCATION_NOT_FOUND"]
    assert refused["userErrors"][0]["field"] == ["inventoryItemUpdates", "1", "locationId"]
    assert levels(house) == {house.place: True}
    assert codes(toggle(house, off=(house.place, False))) == [
        "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"
    ]


def test_stock_that_is_not_free_holds_an_item_where_it_is(house):
    place, document = house.second_place(), {"ledgerDocumentUri": "gid://wms/Entry/7"}
    house.activate(place)
    house.adjust(house.change(1, 0, place=place, **document), name="incoming")
    assert codes(toggle(house, off=(place, False))) == ["INCOMING_INVENTORY_AT_LOCATION"]
    house.adjust(house.change(-1, 1, place=place, **document), name="incoming")
    house.adjust(house.change(1, 0, place=place, **document), name="damaged")
    assert codes(toggle(house, off=(place, False))) == ["RESERVED_INVENTORY_AT_LOCATION"]
    assert "unavailable" in house.deactivate(place)["userErrors"][0]["message"]


def test_what_an_item_is_can_be_changed_and_is_told_by_the_item(house, ear):
    house.shop.subscribe(ear.url, "INVENTORY_ITEMS_UPDATE", "PRODUCTS_UPDATE")
    given = {
        "cost": "7.5",
        "countryCodeOfOrigin": "DE",
        "harmonizedSystemCode": "6109.10",
        "countryHarmonizedSystemCodes": [
            {"countryCode": "CA", "harmonizedSystemCode": "6109100022"}
        ],
        "requiresShipping": False,
        "measurement": {"weight": {"value": 0.4, "unit": "KILOGRAMS"}},
    }
    answer = house.shop.ask(ITEM, {"id": house.item, "input": given})["data"]["inventoryItemUpdate"]
    assert answer["userErrors"] == []
    item = answer["inventoryItem"]
    assert item["unitCost"] == {"amount": "7.5", "currencyCode": "USD"}
    assert item["harmonizedSystemCode"] == "610910"
    assert item["countryHarmonizedSystemCodes"]["nodes"][0]["countryCode"] == "CA"
    assert ear.settle(house.shop.twin, 1) == ["inventory_items/update"]
    body = ear.bodies("inventory_items/update")[0]
    assert (body["cost"], body["requires_shipping"], body["weight_value"]) == ("7.50", False, 0.4)
    assert body["country_code_of_origin"] == "DE"


def test_a_new_sku_is_told_by_item_and_product(house, ear):
    house.shop.subscribe(ear.url, "INVENTORY_ITEMS_UPDATE", "PRODUCTS_UPDATE")
    house.shop.ask(ITEM, {"id": house.item, "input": {"sku": "LAMP-9"}})
    topics = sorted(ear.settle(house.shop.twin, 2))
    assert topics == ["inventory_items/update", "products/update"]


def test_a_bad_code_of_an_item_is_refused(house):
    given = {"id": house.item, "input": {"harmonizedSystemCode": "12", "sku": "NEW"}}
    refused = house.shop.ask(ITEM, given)["data"]["inventoryItemUpdate"]
    assert refused["userErrors"][0]["field"] == ["input", "harmonizedSystemCode"]
    assert house.shop.product["variants"][0]["sku"] == "LAMP-1"
