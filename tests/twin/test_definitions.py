"""Metafield definitions: what they ask, what they make of what is there (schema texts)."""

import pytest

from tests.twin.conftest import APP, DOMAIN

CREATE = """mutation($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id name namespace key ownerType type { name } pinnedPosition
      validations { name value } capabilities { uniqueValues { enabled } } }
    userErrors { field message code } } }"""
UPDATE = """mutation($definition: MetafieldDefinitionUpdateInput!) {
  metafieldDefinitionUpdate(definition: $definition) {
    updatedDefinition { name description } userErrors { field message code } } }"""
DELETE = """mutation($identifier: MetafieldDefinitionIdentifierInput, $all: Boolean) {
  metafieldDefinitionDelete(identifier: $identifier, deleteAllAssociatedMetafields: $all) {
    deletedDefinition { ownerType namespace key } userErrors { field message code } } }"""
SET = """mutation($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { type value definition { name } } userErrors { field code } } }"""
TEXT = "single_line_text_field"
PLACE = {"ownerType": "PRODUCT", "namespace": "custom", "key": "fabric"}


def ask(shop, text, **variables):
    return next(iter(shop.ask(text, variables)["data"].values()))


def define(shop, **more):
    return ask(shop, CREATE, definition={**PLACE, "name": "Fabric", "type": TEXT, **more})


def put(shop, value, **more):
    place = {"ownerId": shop.gid, "namespace": "custom", "key": "fabric", "value": value}
    return ask(shop, SET, metafields=[{**place, **more}])


def codes(payload):
    return [error["code"] for error in payload["userErrors"]]


def test_with_a_definition_the_type_need_not_be_given_and_must_not_differ(shop):
    made = define(shop)["createdDefinition"]
    assert (made["type"], made["ownerType"]) == ({"name": TEXT}, "PRODUCT")
    done = put(shop, "wool")["metafields"][0]
    assert done == {"type": TEXT, "value": "wool", "definition": {"name": "Fabric"}}
    assert codes(put(shop, "1", type="number_integer")) == ["INVALID_TYPE"]


@pytest.mark.parametrize(
    ("type_name", "validations", "good", "bad"),
    [
        (TEXT, {"max": "4"}, "wool", "linen"),
        (TEXT, {"regex": "^w"}, "wool", "silk"),
        (TEXT, {"choices": '["wool"]'}, "wool", "silk"),
        ("number_integer", {"min": "1", "max": "9"}, "5", "10"),
        ("number_decimal", {"max_precision": "1"}, "1.5", "1.25"),
        ("date", {"min": "2026-01-01"}, "2026-05-05", "2025-05-05"),
        ("list.number_integer", {"list.max": "1", "max": "9"}, "[1]", "[1,2]"),
    ],
)
def test_a_value_outside_the_definition_is_refused(shop, type_name, validations, good, bad):
    given = [{"name": name, "value": value} for name, value in validations.items()]
    assert define(shop, type=type_name, validations=given)["userErrors"] == []
    assert put(shop, good)["userErrors"] == []
    assert codes(put(shop, bad)) == ["INVALID_VALUE"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"type": "colour"}, "INCLUSION"),
        ({"name": " "}, "BLANK"),
        ({"key": "k"}, "TOO_SHORT"),
        ({"namespace": "a b c"}, "INVALID"),
        ({"validations": [{"name": "min", "value": "x"}]}, "INVALID_OPTION"),
        ({"validations": [{"name": "min_height", "value": "1"}]}, "INVALID_OPTION"),
    ],
)
def test_a_bad_definition_is_refused(shop, given, code):
    assert codes(define(shop, **given)) == [code]


def test_a_place_is_defined_once_for_each_kind_of_owner(shop):
    define(shop)
    assert codes(define(shop)) == ["TAKEN"]
    assert define(shop, ownerType="PRODUCTVARIANT")["userErrors"] == []


def test_what_was_there_takes_the_definitions_type_if_it_fits(shop):
    """Schema text of metafieldDefinitionCreate."""
    put(shop, "7", type=TEXT)
    put(shop, "seven", type=TEXT, key="length")
    define(shop, type="number_integer")
    define(shop, type="number_integer", key="length")
    types = {each["key"]: each["type"] for each in shop.product["metafields"]}
    assert types == {"fabric": "number_integer", "length": TEXT}


def test_a_unique_value_belongs_to_one_product_until_that_goes(shop):
    other = shop.twin.create(shop.domain, {"title": "Cup"})["id"]
    define(shop, capabilities={"uniqueValues": {"enabled": True}})
    put(shop, "wool")
    assert codes(put(shop, "wool", ownerId=other)) == ["CAPABILITY_VIOLATION"]
    assert put(shop, "wool")["userErrors"] == []
    shop.twin.delete(shop.domain, shop.gid)
    assert put(shop, "wool", ownerId=other)["userErrors"] == []


def test_two_products_cannot_take_one_unique_value_in_one_call(shop):
    other = shop.twin.create(shop.domain, {"title": "Cup"})["id"]
    define(shop, type="id")
    place = {"namespace": "custom", "key": "fabric", "value": "A1"}
    both = [{**place, "ownerId": shop.gid}, {**place, "ownerId": other}]
    assert codes(ask(shop, SET, metafields=both)) == ["CAPABILITY_VIOLATION"]


def test_a_definition_changes_all_but_its_place(shop):
    define(shop)
    done = ask(shop, UPDATE, definition={**PLACE, "name": "Cloth", "description": "Of what"})
    assert done["updatedDefinition"] == {"name": "Cloth", "description": "Of what"}
    bounds = [{"name": "max", "value": "4"}]
    ask(shop, UPDATE, definition={**PLACE, "validations": bounds})
    assert codes(put(shop, "linen")) == ["INVALID_VALUE"]
    gone = ask(shop, UPDATE, definition={**PLACE, "key": "colour", "name": "x"})
    assert codes(gone) == ["NOT_FOUND"]


def test_metafields_outlive_their_definition_unless_they_are_to_go_too(shop):
    define(shop)
    put(shop, "wool")
    done = ask(shop, DELETE, identifier=PLACE)
    assert done["deletedDefinition"] == PLACE
    assert len(shop.product["metafields"]) == 1
    define(shop)
    ask(shop, DELETE, identifier=PLACE, all=True)
    assert shop.product["metafields"] == []
    assert codes(ask(shop, DELETE, identifier=PLACE)) == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"type": "id"}, "ID_TYPE_DELETION_ERROR"),
        ({"type": "product_reference"}, "REFERENCE_TYPE_DELETION_ERROR"),
        ({"namespace": "$app"}, "RESERVED_NAMESPACE_ORPHANED_METAFIELDS"),
    ],
)
def test_some_definitions_go_only_with_their_metafields(shop, given, code):
    define(shop, **given)
    place = {**PLACE, "namespace": given.get("namespace", "custom")}
    assert codes(ask(shop, DELETE, identifier=place)) == [code]
    assert ask(shop, DELETE, identifier=place, all=True)["userErrors"] == []


def test_definitions_are_pinned_and_unpinned_once(shop):
    define(shop, pin=True)
    text = """mutation($id: MetafieldDefinitionIdentifierInput!) {
      metafieldDefinitionPin(identifier: $id) {
        pinnedDefinition { pinnedPosition } userErrors { code } } }"""
    assert codes(ask(shop, text, id=PLACE)) == ["ALREADY_PINNED"]
    undo = text.replace("Pin(", "Unpin(").replace("pinnedDefinition", "unpinnedDefinition")
    assert ask(shop, undo, id=PLACE)["unpinnedDefinition"] == {"pinnedPosition": None}
    assert codes(ask(shop, undo, id=PLACE)) == ["NOT_PINNED"]


def test_definitions_are_found_by_owner_and_namespace(shop):
    define(shop, pin=True)
    define(shop, namespace="other", name="A")
    define(shop, ownerType="SHOP")
    query = """query($namespace: String, $pinned: MetafieldDefinitionPinnedStatus) {
      metafieldDefinitions(first: 9, ownerType: PRODUCT, namespace: $namespace,
          pinnedStatus: $pinned, sortKey: NAME) { nodes { name namespace metafieldsCount } } }"""
    names = [node["name"] for node in ask(shop, query)["nodes"]]
    assert names == ["A", "Fabric"]
    put(shop, "wool")
    found = ask(shop, query, namespace="custom", pinned="PINNED")["nodes"]
    assert found == [{"name": "Fabric", "namespace": "custom", "metafieldsCount": 1}]
    assert ask(shop, query, pinned="UNPINNED")["nodes"][0]["name"] == "A"
    text = """{ metafieldDefinitions(first: 9, ownerType: PRODUCT, query: "namespace:other") {
      nodes { name } } }"""
    assert ask(shop, text)["nodes"] == [{"name": "A"}]


def test_definitions_have_topics_of_their_own(shop, ear):
    """shopify-platform.md 3.4; they need a scope of their own."""
    shop.token = shop.twin.install(DOMAIN, APP, ["write_products", "read_content"])
    shop.subscribe(ear.url, "METAFIELD_DEFINITIONS_CREATE", "METAFIELD_DEFINITIONS_DELETE")
    define(shop)
    ask(shop, DELETE, identifier=PLACE)
    topics = ["metafield_definitions/create", "metafield_definitions/delete"]
    assert sorted(ear.settle(shop.twin, 2)) == topics
    body = ear.bodies("metafield_definitions/create")[0]
    assert (body["namespace"], body["key"], body["type_name"]) == ("custom", "fabric", TEXT)
