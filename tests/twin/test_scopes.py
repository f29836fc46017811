"""What apps may see and do by their scopes: shopify-platform.md 1.8, 4.2 and 10."""

import pytest

from stores.twin.scopes import MUTATIONS, TYPES, implied
from stores.twin.wiring import schema

UPDATE = """mutation($product: ProductUpdateInput!) { productUpdate(product: $product) {
  product { title } userErrors { message } } }"""


def allow(shop, *scopes):
    shop.token = shop.twin.install(shop.domain, "probe-app", list(scopes))


def denied(answer):
    return [
        (error["extensions"]["code"], error["path"])
        for error in answer["errors"]
        if error["extensions"]["code"] == "ACCESS_DENIED"
    ]


def test_a_field_without_its_scope_is_denied_with_path_and_reason(shop):
    allow(shop, "read_inventory")
    answer = shop.ask("{ shop { name } products(first: 1) { nodes { id } } }")
    error = answer["errors"][0]
    assert error["message"] == (
        "Access denied for products field. Required access: `read_products` access scope."
    )
    assert error["path"] == ["products"]
    assert error["extensions"] == {
        "code": "ACCESS_DENIED",
        "documentation": "https://shopify.dev/api/usage/access-scopes",
        "requiredAccess": "`read_products` access scope.",
    }
    assert answer["data"] is None


def test_fields_that_may_be_null_leave_the_rest_of_the_answer(shop):
    allow(shop, "read_products")
    place = next(iter(shop.product["variants"][0]["stock"]))
    text = """query($id: ID!, $place: ID!) { product(id: $id) { title variants(first: 1) { nodes {
      sku inventoryItem { tracked inventoryLevel(locationId: $place) { id } } } } } }"""
    answer = shop.ask(text, {"id": shop.gid, "place": place})
    item = answer["data"]["product"]["variants"]["nodes"][0]["inventoryItem"]
    assert item == {"tracked": True, "inventoryLevel": None}
    path = ["product", "variants", "nodes", 0, "inventoryItem", "inventoryLevel"]
    assert denied(answer) == [("ACCESS_DENIED", path)]


def test_writing_needs_its_scope_and_implies_reading(shop):
    allow(shop, "read_products")
    answer = shop.ask(UPDATE, {"product": {"id": shop.gid, "title": "Lantern"}})
    assert denied(answer) == [("ACCESS_DENIED", ["productUpdate"])]
    assert shop.product["title"] == "Lamp"
    allow(shop, "write_products")
    answer = shop.ask(UPDATE, {"product": {"id": shop.gid, "title": "Lantern"}})
    assert answer["data"]["productUpdate"]["product"] == {"title": "Lantern"}


def test_what_an_id_names_decides_about_node(shop):
    allow(shop, "read_inventory")
    item = shop.product["variants"][0]["item"]
    answer = shop.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [item]})
    assert answer["data"]["nodes"] == [{"id": item}]
    answer = shop.ask("query($id: ID!) { node(id: $id) { id } }", {"id": shop.gid})
    assert (answer["data"], denied(answer)) == ({"node": None}, [("ACCESS_DENIED", ["node"])])


def test_a_locations_id_is_read_with_the_inventory_and_its_name_is_not(shop):
    allow(shop, "read_inventory", "read_products")
    answer = shop.ask("{ locations(first: 1) { nodes { id } } }")
    assert len(answer["data"]["locations"]["nodes"]) == 1
    answer = shop.ask("{ locations(first: 1) { nodes { id name } } }")
    assert denied(answer) == [("ACCESS_DENIED", ["locations", "nodes", 0, "name"])]


def test_one_of_several_scopes_is_enough():
    assert implied(["write_inventory"]).isdisjoint(TYPES["InventoryLevel"]) is False
    assert implied(["read_inventory"]).isdisjoint(MUTATIONS["inventoryActivate"])


@pytest.mark.parametrize("name", [*TYPES, *(f"Mutation.{name}" for name in MUTATIONS)])
def test_the_table_names_what_the_schema_has(name):
    kind, _, field = name.partition(".")
    found = schema().type_map[kind]
    assert not field or field in found.fields
