"""Locations: the schema's descriptions and codes; bodies of locations/* (3.6)."""

import pytest

from tests.twin.warehouse import ADD_PLACE

EDIT = """mutation($id: ID!, $input: LocationEditInput!) { locationEdit(id: $id, input: $input) {
  location { name address { city countryCode } fulfillsOnlineOrders }
  userErrors { field code } } }"""
SWITCH = {
    "activate": """mutation($id: ID!, $key: String!) {
      done: locationActivate(locationId: $id) @idempotent(key: $key) {
        location { isActive } errors: locationActivateUserErrors { field code } } }""",
    "deactivate": """mutation($id: ID!, $to: ID, $key: String!) {
      done: locationDeactivate(locationId: $id, destinationLocationId: $to)
          @idempotent(key: $key) {
        location { isActive } errors: locationDeactivateUserErrors { field code } } }""",
    "delete": """mutation($id: ID!) { done: locationDelete(locationId: $id) {
        deletedLocationId errors: locationDeleteUserErrors { field code } } }""",
}


def switch(house, verb, place, **more):
    keyed = {} if verb == "delete" else {"key": house.key()}
    return house.shop.ask(SWITCH[verb], {"id": place, **keyed, **more})["data"]["done"]


def codes(answer):
    return [error["code"] for error in answer["errors"]]


def test_a_location_comes_and_goes_and_each_step_is_told(house, ear):
    events = ("CREATE", "UPDATE", "DEACTIVATE", "ACTIVATE", "DELETE")
    house.shop.subscribe(ear.url, *(f"LOCATIONS_{event}" for event in events))
    place = house.second_place()
    given = {"name": "Attic", "address": {"city": "Bonn"}}
    done = house.shop.ask(EDIT, {"id": place, "input": given})["data"]["locationEdit"]
    assert done["location"]["address"] == {"city": "Bonn", "countryCode": "DE"}
    assert switch(house, "deactivate", place)["location"] == {"isActive": False}
    assert switch(house, "activate", place)["location"] == {"isActive": True}
    assert codes(switch(house, "delete", place)) == ["LOCATION_IS_ACTIVE"]
    switch(house, "deactivate", place)
    assert switch(house, "delete", place)["deletedLocationId"] == place
    topics = ear.settle(house.shop.twin, 6)
    assert sorted(set(topics)) == sorted(f"locations/{event.lower()}" for event in events)
    body = ear.bodies("locations/update")[0]
    assert (body["name"], body["city"], body["country_name"]) == ("Attic", "Bonn", "Germany")
    assert ear.bodies("locations/delete") == [{"id": int(place.rpartition("/")[2])}]


def test_inactive_locations_are_shown_on_demand(house):
    place = house.second_place()
    switch(house, "deactivate", place)
    text = """query($all: Boolean) { locations(first: 9, includeInactive: $all) {
      nodes { name isActive deactivatedAt } } locationsCount { count } }"""
    shown = [house.shop.ask(text, {"all": each})["data"] for each in (False, True)]
    names = [[node["name"] for node in each["locations"]["nodes"]] for each in shown]
    assert names == [["Main warehouse"], ["Annex", "Main warehouse"]]
    assert shown[0]["locationsCount"] == {"count": 1}


@pytest.mark.parametrize(("name", "code"), [("Main warehouse", "TAKEN"), ("  ", "BLANK")])
def test_a_name_is_given_and_free(house, name, code):
    given = {"input": {"name": name, "address": {"countryCode": "DE"}}}
    done = house.shop.ask(ADD_PLACE, given)["data"]["locationAdd"]
    assert [(each["field"], each["code"]) for each in done["userErrors"]] == [
        (["input", "name"], code)
    ]


def test_stock_moves_to_the_destination_of_a_deactivation(house, ear):
    place = house.second_place()
    house.move(2, "available", "damaged")
    assert codes(switch(house, "deactivate", house.place)) == ["HAS_ACTIVE_INVENTORY_ERROR"]
    house.shop.subscribe(ear.url, "PRODUCTS_UPDATE", "INVENTORY_LEVELS_CONNECT")
    assert codes(switch(house, "deactivate", house.place, to=house.place)) == [
        "DESTINATION_LOCATION_IS_THE_SAME_LOCATION"
    ]
    assert codes(switch(house, "deactivate", house.place, to=place)) == []
    assert house.stock() == {}
    assert house.stock(place) == {"available": 3, "damaged": 2, "on_hand": 5}
    assert ear.settle(house.shop.twin, 1) == ["inventory_levels/connect"]
    assert codes(switch(house, "delete", house.place)) == []


def test_the_last_location_stays(house):
    assert codes(switch(house, "deactivate", house.place)) == [
        "PERMANENTLY_BLOCKED_FROM_DEACTIVATION_ERROR"
    ]
    given = {"id": house.place, "input": {"fulfillsOnlineOrders": False}}
    done = house.shop.ask(EDIT, given)["data"]["locationEdit"]
    assert done["userErrors"][0]["code"] == "CANNOT_DISABLE_ONLINE_ORDER_FULFILLMENT"


def test_stock_cannot_be_set_where_a_location_is_switched_off(house):
    place = house.second_place()
    switch(house, "deactivate", place)
    assert [each["code"] for each in house.set(1, place=place)["userErrors"]] == [
        "INVALID_LOCATION"
    ]
    assert codes(switch(house, "activate", "gid://shopify/Location/1")) == ["LOCATION_NOT_FOUND"]


def test_a_locations_levels_are_listed_by_item(house):
    text = """query($id: ID!) { location(id: $id) { name hasActiveInventory isPrimary
      inventoryLevels(first: 5) { nodes { item { sku } } } } }"""
    found = house.shop.ask(text, {"id": house.place})["data"]["location"]
    assert found == {
        "name": "Main warehouse",
        "hasActiveInventory": True,
        "isPrimary": True,
        "inventoryLevels": {"nodes": [{"item": {"sku": "LAMP-1"}}]},
    }
