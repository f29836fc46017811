"""Metafields: set together or not at all, compared, canonical (shopify-platform.md 4.6)."""

import json

import pytest

SET = """mutation($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { id namespace key type value jsonValue compareDigest ownerType owner { __typename } }
  userErrors { field message code elementIndex } } }"""
DELETE = """mutation($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) {
    deletedMetafields { ownerId namespace key } userErrors { field message } } }"""
DIGEST = """query($id: ID!) { product(id: $id) { metafield(namespace: "custom", key: "fabric") {
  value compareDigest } } }"""
TEXT, MANY = "single_line_text_field", "list.single_line_text_field"


def ask(shop, text, metafields):
    return next(iter(shop.ask(text, {"metafields": metafields})["data"].values()))


def entry(shop, value="wool", **more):
    place = {"ownerId": shop.gid, "namespace": "custom", "key": "fabric"}
    return {**place, "type": TEXT, "value": value, **more}


def put(shop, value="wool", **more):
    """Set one metafield of the product."""
    return ask(shop, SET, [entry(shop, value, **more)])


def stored(shop, owner=None):
    return {each["key"]: each["value"] for each in (owner or shop.product)["metafields"]}


def codes(payload):
    return [error["code"] for error in payload["userErrors"]]


def digest(shop):
    found = shop.ask(DIGEST, {"id": shop.gid})["data"]["product"]["metafield"]
    return found and found["compareDigest"]


def test_a_metafield_is_read_by_its_place_and_in_connections(shop):
    put(shop)
    put(shop, "red", key="colour", namespace="other")
    query = """query($id: ID!) { product(id: $id) {
      metafield(namespace: "custom", key: "fabric") { value }
      all: metafields(first: 9) { nodes { key } }
      space: metafields(first: 9, namespace: "other") { nodes { key } }
      named: metafields(first: 9, keys: ["custom.fabric"]) { nodes { key } } } }"""
    found = shop.ask(query, {"id": shop.gid})["data"]["product"]
    assert found["metafield"] == {"value": "wool"}
    keys = {name: [node["key"] for node in found[name]["nodes"]] for name in ("space", "named")}
    assert [node["key"] for node in found["all"]["nodes"]] == ["fabric", "colour"]
    assert keys == {"space": ["colour"], "named": ["fabric"]}


def test_products_variants_and_the_shop_have_metafields(shop):
    variant = shop.product["variants"][0]["id"]
    owner = shop.ask("{ shop { id } }")["data"]["shop"]["id"]
    done = ask(shop, SET, [entry(shop, ownerId=gid) for gid in (shop.gid, variant, owner)])
    assert [each["ownerType"] for each in done["metafields"]] == [
        *("PRODUCT", "PRODUCTVARIANT", "SHOP")
    ]
    state = shop.twin.state(shop.domain)
    assert stored(shop) == stored(shop, shop.product["variants"][0]) == {"fabric": "wool"}
    assert state["metafields"] == [
        {"namespace": "custom", "key": "fabric", "type": TEXT, "value": "wool"}
    ]


def test_one_bad_metafield_keeps_all_from_being_set(shop):
    done = ask(shop, SET, [entry(shop), entry(shop, "x", key="weight", type="weight")])
    assert codes(done) == ["INVALID_VALUE"]
    assert done["userErrors"][0]["field"] == ["metafields", "1", "value"]
    assert done["metafields"] is None
    assert stored(shop) == {}


def test_more_than_25_at_once_are_refused(shop):
    done = ask(shop, SET, [entry(shop, key=f"key{number}") for number in range(26)])
    assert codes(done) == ["LESS_THAN_OR_EQUAL_TO"]


def test_a_digest_must_be_that_of_the_stored_value(shop):
    put(shop, "wool")
    seen = digest(shop)
    put(shop, "silk")
    assert codes(put(shop, "linen", compareDigest=seen)) == ["STALE_OBJECT"]
    assert stored(shop) == {"fabric": "silk"}
    assert put(shop, "linen", compareDigest=digest(shop))["userErrors"] == []
    assert stored(shop) == {"fabric": "linen"}


def test_a_null_digest_wants_that_there_is_none_yet(shop):
    """Schema text of metafieldsSet; a digest that is not sent compares nothing."""
    assert put(shop, "wool", compareDigest=None)["userErrors"] == []
    assert codes(put(shop, "silk", compareDigest=None)) == ["STALE_OBJECT"]
    assert put(shop, "silk")["userErrors"] == []


def test_a_digest_of_nothing_or_of_no_digest_is_refused(shop):
    put(shop, "wool", key="colour")
    known = digest(shop) or "0" * 64
    assert codes(put(shop, compareDigest=known)) == ["STALE_OBJECT"]
    assert codes(put(shop, compareDigest="wool")) == ["INVALID_COMPARE_DIGEST"]


@pytest.mark.parametrize(
    ("type_name", "given", "value"),
    [
        ("json", '{"b": 1,  "a": [1, 2.0, "é"]}', '{"b":1,"a":[1,2.0,"é"]}'),
        ("money", '{"amount": "5.9", "currency_code": "USD"}',
         '{"amount":"5.90","currency_code":"USD"}'),
        ("weight", '{"unit": "KILOGRAMS", "value": 2}', '{"value":2.0,"unit":"kg"}'),
        ("rating", '{"value": 3.5, "scale_min": "1", "scale_max": "5.0"}',
         '{"value":"3.5","scale_min":"1.0","scale_max":"5.0"}'),
        ("number_integer", "+07", "7"),
        ("number_decimal", "1.50", "1.5"),
        ("number_decimal", "3", "3.0"),
        ("boolean", "true", "true"),
        ("date", "2026-10-05", "2026-10-05"),
        ("date_time", "2026-10-05T12:00:00+02:00", "2026-10-05T10:00:00Z"),
        ("color", "#fff123", "#fff123"),
        ("url", "https://example.com/a", "https://example.com/a"),
        (MANY, '["a",   "b"]', '["a","b"]'),
        ("list.number_integer", "[1, 2]", "[1,2]"),
        ("multi_line_text_field", "a\nb", "a\nb"),
    ],
)  # fmt: skip
def test_a_value_is_stored_in_the_one_form_of_its_type(shop, type_name, given, value):
    done = put(shop, given, type=type_name)
    assert done["userErrors"] == []
    assert done["metafields"][0]["value"] == value


@pytest.mark.parametrize(
    ("type_name", "given", "code"),
    [
        ("json", "{", "INVALID_VALUE"),
        ("json", "NaN", "INVALID_VALUE"),
        ("money", '{"amount": "5", "currency_code": "EUR"}', "INVALID_VALUE"),
        ("weight", '{"value": 2, "unit": "stone"}', "INVALID_VALUE"),
        ("rating", '{"value": 6, "scale_min": 1, "scale_max": 5}', "INVALID_VALUE"),
        ("number_integer", "1.5", "INVALID_VALUE"),
        ("number_decimal", "one", "INVALID_VALUE"),
        ("boolean", "yes", "INVALID_VALUE"),
        ("date", "05.10.2026", "INVALID_VALUE"),
        ("url", "ftp://example.com", "INVALID_VALUE"),
        (TEXT, "a\nb", "INVALID_VALUE"),
        (TEXT, "", "BLANK"),
        (TEXT, "x" * 16_385, "TOO_LONG"),
        (MANY, '"a"', "INVALID_VALUE"),
        ("colour", "red", "INCLUSION"),
        (None, "red", "BLANK"),
        ("product_reference", "gid://shopify/Product/1", "INVALID_VALUE"),
    ],
)
def test_a_value_that_its_type_does_not_take_is_refused(shop, type_name, given, code):
    assert codes(put(shop, given, type=type_name)) == [code]
    assert stored(shop) == {}


def test_a_bad_element_of_a_list_is_told_by_its_index(shop):
    done = put(shop, '["a", 1]', type=MANY)
    assert done["userErrors"][0]["elementIndex"] == 1


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"key": "k"}, "TOO_SHORT"),
        ({"key": "k" * 65}, "TOO_LONG"),
        ({"key": "a b"}, "INVALID"),
        ({"namespace": "ns"}, "TOO_SHORT"),
        ({"namespace": "app--1"}, "APP_NOT_AUTHORIZED"),
        ({"ownerId": "gid://shopify/Product/1"}, "INVALID"),
    ],
)
def test_a_bad_place_is_refused(shop, place, code):
    assert codes(put(shop, **place)) == [code]


def test_without_a_namespace_it_is_the_apps_own(shop):
    place = {"ownerId": shop.gid, "key": "fabric", "type": TEXT, "value": "wool"}
    done = ask(shop, SET, [place, {**place, "namespace": "$app:sync", "value": "silk"}])
    own, below = (each["namespace"] for each in done["metafields"])
    assert own.startswith("app--")
    assert below == f"{own}--sync"
    query = """query($id: ID!) { product(id: $id) { own: metafield(key: "fabric") { value }
      below: metafield(namespace: "$app:sync", key: "fabric") { value } } }"""
    found = shop.ask(query, {"id": shop.gid})["data"]["product"]
    assert found == {"own": {"value": "wool"}, "below": {"value": "silk"}}


def test_references_lead_to_what_they_name(shop):
    other = shop.twin.create(shop.domain, {"title": "Cup"})["id"]
    put(shop, other, type="product_reference")
    put(shop, json.dumps([other, shop.gid]), type="list.product_reference", key="pairs")
    query = """query($id: ID!) { product(id: $id) {
      one: metafield(namespace: "custom", key: "fabric") { reference { ... on Product { title } } }
      many: metafield(namespace: "custom", key: "pairs") {
        references(first: 5) { nodes { ... on Product { title } } } } } }"""
    found = shop.ask(query, {"id": shop.gid})["data"]["product"]
    assert found["one"]["reference"] == {"title": "Cup"}
    assert found["many"]["references"]["nodes"] == [{"title": "Cup"}, {"title": "Lamp"}]
    shop.twin.delete(shop.domain, other)
    found = shop.ask(query, {"id": shop.gid})["data"]["product"]
    assert found["one"]["reference"] is None


def test_deleting_answers_null_for_what_was_not_there(shop):
    put(shop)
    place = {"ownerId": shop.gid, "namespace": "custom", "key": "fabric"}
    done = ask(shop, DELETE, [place, {**place, "key": "colour"}])
    assert done == {"deletedMetafields": [place, None], "userErrors": []}
    assert stored(shop) == {}


def test_a_products_metafield_is_its_update_and_stands_in_the_log(shop, ear):
    """Topic table of shopify-platform.md 3.4: products/update, no topic of its own."""
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    shop.twin.advance(5)
    before = shop.product["updatedAt"]
    put(shop)
    assert ear.settle(shop.twin, 1) == ["products/update"]
    assert shop.product["updatedAt"] > before
    shop.twin.set_metafields(shop.domain, entry(shop, "silk"))
    edits = shop.twin.log(kind="edit")
    assert [(each["attribute"], each["old"], each["new"], each["by"]) for each in edits] == [
        ("metafields.custom.fabric", None, "wool", "app"),
        ("metafields.custom.fabric", "wool", "silk", "merchant"),
    ]


@pytest.mark.parametrize("again", ["wool", '{"a": 1}'])
def test_the_same_value_again_is_silent(shop, ear, again):
    """shopify-platform.md 3.4: no webhook, no date, no true edit."""
    type_name = TEXT if again == "wool" else "json"
    put(shop, again, type=type_name)
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    shop.twin.advance(5)
    before, since = shop.product, len(shop.twin.log(kind="edit"))
    assert put(shop, again.replace(" ", "  "), type=type_name)["userErrors"] == []
    assert shop.twin.is_quiet()
    assert ear.heard == []
    assert shop.product == before
    assert len(shop.twin.log(kind="edit")) == since


def test_of_a_variants_metafield_nobody_hears_but_for_a_knob(shop, ear):
    """shopify-platform.md 3.4 and 9: variant metafield edits are unseen in classic webhooks."""
    shop.subscribe(ear.url, "PRODUCTS_UPDATE")
    variant = shop.product["variants"][0]["id"]
    before = shop.product["updatedAt"]
    shop.twin.advance(5)
    put(shop, ownerId=variant)
    assert shop.product["updatedAt"] == before
    shop.twin.settings(shop.domain, variant_metafields_fire=True)
    put(shop, "silk", ownerId=variant)
    assert ear.settle(shop.twin, 1) == ["products/update"]
    assert shop.product["updatedAt"] > before


def test_products_and_variants_bring_metafields_with_them(shop):
    metafield = {"namespace": "custom", "key": "fabric", "type": TEXT, "value": "wool"}
    create = """mutation($product: ProductCreateInput!) { productCreate(product: $product) {
      product { id metafield(namespace: "custom", key: "fabric") { value } }
      userErrors { field message } } }"""
    given = {"title": "Cup", "metafields": [metafield]}
    made = shop.ask(create, {"product": given})["data"]["productCreate"]
    assert made["product"]["metafield"] == {"value": "wool"}
    given["metafields"] = [{**metafield, "type": "json"}]
    refused = shop.ask(create, {"product": given})["data"]["productCreate"]
    assert refused["userErrors"][0]["field"] == ["metafields", "0", "value"]
    update = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
      productVariantsBulkUpdate(productId: $id, variants: $variants) {
        userErrors { field code } } }"""
    variant = {"id": shop.product["variants"][0]["id"], "metafields": [metafield]}
    shop.ask(update, {"id": shop.gid, "variants": [variant]})
    assert stored(shop, shop.product["variants"][0]) == {"fabric": "wool"}
