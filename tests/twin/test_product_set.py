"""productSet: lists as a whole, fields one by one, upserts (schema text, fact sheet 4.6)."""

import pytest

SET = """mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers, $now: Boolean) {
  productSet(input: $input, identifier: $identifier, synchronous: $now) {
    product { id title handle } productSetOperation { id status }
    userErrors { field message code } } }"""
OPERATION = """query($id: ID!) { productOperation(id: $id) {
  status product { id title } ... on ProductSetOperation { userErrors { field code } } } }"""
TEXT = "single_line_text_field"
MUG, CUP = "https://pictures.example.com/mug.jpg", "https://pictures.example.com/cup.jpg"


def put(shop, given, identifier=None, *, now=True):
    variables = {"input": given, "identifier": identifier, "now": now}
    return shop.ask(SET, variables)["data"]["productSet"]


def set_own(shop, **given):
    """productSet on the shop's product."""
    return put(shop, given, {"id": shop.gid})


def codes(payload):
    return [error["code"] for error in payload["userErrors"]]


def sizes(*names):
    return [{"name": "Size", "values": [{"name": name} for name in names]}]


def size(name, **more):
    return {"optionValues": [{"optionName": "Size", "name": name}], **more}


def shirt(shop, *names, **more):
    """Give the product these sizes, one variant each."""
    variants = [size(name, sku=f"SHIRT-{name}", price="10") for name in names]
    return set_own(shop, productOptions=sizes(*names), variants=variants, **more)


def variants(shop):
    return {each["title"]: each for each in shop.product["variants"]}


def metafield(key, value):
    return {"namespace": "custom", "key": key, "type": TEXT, "value": value}


def test_a_new_product_has_what_was_given_and_else_the_default_variant(shop):
    made = put(shop, {"title": "Cup", "tags": ["b", "a"]})["product"]
    found = next(each for each in shop.twin.state(shop.domain)["products"] if made == {
        "id": each["id"], "title": "Cup", "handle": "cup"})  # fmt: skip
    assert found["tags"] == ["a", "b"]
    assert [each["title"] for each in found["variants"]] == ["Default Title"]


def test_a_new_product_comes_whole(shop):
    given = {
        "title": "Cup",
        "productOptions": sizes("S", "L"),
        "variants": [size("S", sku="CUP-S", file={"originalSource": CUP}), size("L", price="2")],
        "files": [{"originalSource": MUG, "alt": "A mug"}, {"originalSource": CUP}],
        "metafields": [metafield("fabric", "clay")],
    }
    assert put(shop, given)["userErrors"] == []
    found = shop.twin.state(shop.domain)["products"][1]
    small, large = found["variants"]
    assert [small["title"], small["sku"], large["price"]] == ["S", "CUP-S", "2.00"]
    assert [each["source"] for each in found["media"]] == [MUG, CUP]
    assert (found["media"][0]["alt"], small["media"]) == ("A mug", found["media"][1]["id"])
    assert found["metafields"][0]["value"] == "clay"
    edits = shop.twin.log(kind="edit", resource=found["id"])
    assert "options" not in {each["attribute"] for each in edits}, "a new product's aren't edited"


def test_fields_that_are_not_given_stay(shop):
    """Also lists: what is absent is left alone."""
    shirt(shop, "S", "L", metafields=[metafield("fabric", "wool")], files=[{"originalSource": MUG}])
    before = shop.product
    assert set_own(shop, vendor="North")["userErrors"] == []
    after = shop.product
    assert after.pop("vendor") == "North"
    assert {**after, "vendor": "", "updatedAt": before["updatedAt"]} == before


def test_variants_that_are_not_listed_go_and_the_others_keep_their_ids(shop):
    shirt(shop, "S", "M", "L")
    before = variants(shop)
    given = [size("XL", sku="NEW"), size("S")]
    done = set_own(shop, productOptions=sizes("S", "XL"), variants=given)
    assert done["userErrors"] == []
    after = variants(shop)
    assert list(after) == ["XL", "S"]
    assert after["S"] == before["S"], "scalars that are absent stay"
    assert [value["name"] for value in shop.product["options"][0]["values"]] == ["S", "XL"]
    gone = before["M"]["id"]
    assert (
        shop.ask(f'{{ productVariant(id: "{gone}") {{ id }} }}')["data"]["productVariant"] is None
    )


def test_variants_are_matched_by_id_where_it_is_given(shop):
    shirt(shop, "S", "L")
    ids = {title: each["id"] for title, each in variants(shop).items()}
    given = [size("L", id=ids["S"]), size("S", id=ids["L"])]
    assert set_own(shop, productOptions=sizes("S", "L"), variants=given)["userErrors"] == []
    assert {title: each["id"] for title, each in variants(shop).items()} == {
        "L": ids["S"],
        "S": ids["L"],
    }


def test_options_and_values_are_renamed_by_id(shop):
    shirt(shop, "S", "L")
    option = shop.product["options"][0]
    ids = [each["id"] for each in shop.product["variants"]]
    renamed = {
        "id": option["id"],
        "name": "Fit",
        "values": [
            {"id": value["id"], "name": f"Fit {value['name']}"} for value in option["values"]
        ],
    }
    given = [{"optionValues": [{"optionName": "Fit", "name": f"Fit {name}"}]} for name in "SL"]
    assert set_own(shop, productOptions=[renamed], variants=given)["userErrors"] == []
    assert [each["id"] for each in shop.product["variants"]] == ids
    assert [each["title"] for each in shop.product["variants"]] == ["Fit S", "Fit L"]


def test_another_option_makes_other_variants(shop):
    shirt(shop, "S")
    before = shop.product["variants"][0]["id"]
    options = [*sizes("S"), {"name": "Colour", "values": [{"name": "Red"}]}]
    chosen = [{"optionName": "Size", "name": "S"}, {"optionName": "Colour", "name": "Red"}]
    done = set_own(shop, productOptions=options, variants=[{"optionValues": chosen}])
    assert done["userErrors"] == []
    (variant,) = shop.product["variants"]
    assert variant["title"] == "S / Red"
    assert variant["id"] != before


def test_positions_order_variants(shop):
    given = [size("S", position=2), size("L", position=1)]
    set_own(shop, productOptions=sizes("S", "L"), variants=given)
    assert list(variants(shop)) == ["L", "S"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"variants": [size("S")]}, "PRODUCT_OPTIONS_INPUT_MISSING"),
        ({"productOptions": sizes("S")}, "VARIANTS_INPUT_MISSING"),
        ({"productOptions": sizes("S"), "variants": [size("M")]}, "OPTION_VALUE_DOES_NOT_EXIST"),
        ({"productOptions": sizes("S"), "variants": [{"optionValues": []}]}, "INVALID_VARIANT"),
        ({"productOptions": sizes("S"), "variants": [size("S"), size("s")]}, "INVALID_VARIANT"),
        ({"productOptions": sizes("S", "s"), "variants": [size("S")]}, "DUPLICATED_OPTION_VALUE"),
        ({"productOptions": sizes("S") * 2, "variants": [size("S")]}, "DUPLICATED_OPTION_NAME"),
        ({"productOptions": sizes(), "variants": [size("S")]}, "OPTION_VALUES_MISSING"),
        ({"productOptions": [{"id": "gid://shopify/ProductOption/1"}], "variants": [size("S")]},
         "OPTION_DOES_NOT_EXIST"),
        ({"productOptions": sizes("S"), "variants": [size("S", id="gid://shopify/ProductVariant/1")]},
         "PRODUCT_VARIANT_DOES_NOT_EXIST"),
        ({"productOptions": sizes("S"), "variants": [size("S", price="-1")]}, "INVALID_VARIANT"),
        ({"productOptions": sizes("S"), "variants": [size("S", file={"originalSource": MUG})]},
         "INVALID_INPUT"),
        ({"title": " "}, "INVALID_PRODUCT"),
        ({"metafields": [metafield("k", "wool")]}, "INVALID_METAFIELD"),
        ({"files": [{"id": "gid://shopify/MediaImage/1"}]}, "INVALID_INPUT"),
        ({"id": "gid://shopify/Product/1"}, "ID_NOT_ALLOWED"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_changes(shop, given, code):
    before = shop.twin.state(shop.domain)
    refused = set_own(shop, vendor="North", **given)
    assert codes(refused) == [code]
    assert refused["userErrors"][0]["field"][0] == "input"
    assert shop.twin.state(shop.domain) == before


def test_all_parts_that_are_wrong_are_told_at_once(shop):
    bad = {"title": " ", "files": [{"originalSource": "mug"}], "metafields": [metafield("k", "")]}
    assert codes(set_own(shop, **bad)) == [
        *("INVALID_PRODUCT", "INVALID_INPUT", "INVALID_METAFIELD")
    ]


def test_metafields_that_are_not_listed_go(shop):
    set_own(shop, metafields=[metafield("fabric", "wool"), metafield("colour", "red")])
    set_own(shop, metafields=[metafield("colour", "blue")])
    assert [each["value"] for each in shop.product["metafields"]] == ["blue"]
    set_own(shop, metafields=[])
    assert shop.product["metafields"] == []


def test_a_variants_metafields_are_a_list_too(shop):
    options = {"productOptions": sizes("S")}
    given = [metafield("fabric", "wool"), metafield("colour", "red")]
    set_own(shop, **options, variants=[size("S", metafields=given)])
    set_own(shop, **options, variants=[size("S")])
    assert len(shop.product["variants"][0]["metafields"]) == 2
    set_own(shop, **options, variants=[size("S", metafields=given[:1])])
    assert [each["value"] for each in shop.product["variants"][0]["metafields"]] == ["wool"]


def test_files_that_are_not_listed_are_detached_and_the_order_is_the_lists(shop):
    set_own(shop, files=[{"originalSource": MUG}, {"originalSource": CUP}])
    mug, cup = (each["id"] for each in shop.product["media"])
    set_own(shop, files=[{"id": cup, "alt": "A cup"}, {"id": mug}])
    assert [each["id"] for each in shop.product["media"]] == [cup, mug]
    assert shop.product["media"][0]["alt"] == "A cup"
    set_own(shop, files=[{"id": mug}])
    assert [each["id"] for each in shop.product["media"]] == [mug]
    assert {each["id"] for each in shop.twin.state(shop.domain)["files"]} == {mug, cup}


def test_stock_is_set_for_new_variants_and_where_others_are_stocked(shop):
    place = shop.ask("{ locations(first: 1) { nodes { id } } }")["data"]["locations"]["nodes"][0][
        "id"
    ]
    stock = [{"locationId": place, "name": "available", "quantity": 7}]
    options = {"productOptions": sizes("S")}
    set_own(shop, **options, variants=[size("S", inventoryQuantities=stock)])
    query = "query($id: ID!) { product(id: $id) { totalInventory } }"
    assert shop.ask(query, {"id": shop.gid})["data"]["product"] == {"totalInventory": 7}
    stock[0] = {"locationId": place, "name": "on_hand", "quantity": 3}
    assert set_own(shop, **options, variants=[size("S", inventoryQuantities=stock)])["product"]
    assert shop.ask(query, {"id": shop.gid})["data"]["product"] == {"totalInventory": 3}
    stock[0]["locationId"] = "gid://shopify/Location/1"
    refused = set_own(shop, **options, variants=[size("S", inventoryQuantities=stock)])
    assert codes(refused) == ["INVALID_INPUT"]


def test_a_handle_upserts(shop):
    """Safe to send twice (shopify-platform.md 4.6)."""
    for title in ("Cup", "Big cup"):
        done = put(shop, {"handle": "cup", "title": title}, {"handle": "cup"})
        assert done["userErrors"] == []
    products = shop.twin.state(shop.domain)["products"]
    assert [each["title"] for each in products] == ["Lamp", "Big cup"]


def test_a_custom_id_upserts(shop):
    shop.twin.define(
        shop.domain, ownerType="PRODUCT", namespace="custom", key="ref", name="Ref", type="id"
    )
    identifier = {"customId": {"namespace": "custom", "key": "ref", "value": "A1"}}
    reference = {"namespace": "custom", "key": "ref", "value": "A1"}
    for title in ("Cup", "Big cup"):
        done = put(shop, {"title": title, "metafields": [reference]}, identifier)
        assert done["userErrors"] == []
    assert [each["title"] for each in shop.twin.state(shop.domain)["products"]] == [
        *("Lamp", "Big cup")
    ]
    query = """query($id: ProductIdentifierInput!) { productByIdentifier(identifier: $id) {
      title } }"""
    found = shop.ask(query, {"id": identifier})["data"]["productByIdentifier"]
    assert found == {"title": "Big cup"}
    assert codes(put(shop, {"title": "x"}, identifier)) == ["MISSING_FIELD_REQUIRED"]
    assert codes(put(shop, {"metafields": []}, identifier)) == ["METAFIELD_MISMATCH"]
    other = {"metafields": [{**reference, "value": "B2"}]}
    assert codes(put(shop, other, identifier)) == ["INPUT_MISMATCH"]


def test_a_custom_id_without_its_definition_is_an_error(shop):
    identifier = {"customId": {"namespace": "custom", "key": "ref", "value": "A1"}}
    assert codes(put(shop, {"title": "x"}, identifier)) == ["NOT_FOUND"]
    query = "query($id: ProductIdentifierInput!) { productByIdentifier(identifier: $id) { id } }"
    answer = shop.ask(query, {"id": identifier})
    assert answer["data"] == {"productByIdentifier": None}
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_identifiers_must_fit_the_input_and_lead_somewhere(shop):
    assert codes(put(shop, {"title": "x"}, {"handle": "x"})) == ["MISSING_FIELD_REQUIRED"]
    assert codes(put(shop, {"handle": "y"}, {"handle": "x"})) == ["INPUT_MISMATCH"]
    unknown = "gid://shopify/Product/1"
    assert codes(put(shop, {"title": "x"}, {"id": unknown})) == ["NOT_FOUND"]
    assert codes(put(shop, {"id": unknown, "title": "x"})) == ["PRODUCT_DOES_NOT_EXIST"]
    assert codes(put(shop, {"title": "x", "handle": "lamp"})) == ["HANDLE_NOT_UNIQUE"]


def test_products_are_updated_and_found_by_handle(shop):
    update = """mutation($identifier: ProductUpdateIdentifiers) {
      productUpdate(identifier: $identifier, product: {vendor: "North"}) {
        product { vendor } userErrors { message } } }"""
    done = shop.ask(update, {"identifier": {"handle": "lamp"}})["data"]["productUpdate"]
    assert done["product"] == {"vendor": "North"}
    done = shop.ask(update, {"identifier": {"handle": "cup"}})["data"]["productUpdate"]
    assert done["userErrors"] == [{"message": "Product does not exist."}]
    found = shop.ask('{ productByHandle(handle: "lamp") { vendor } }')["data"]
    assert found == {"productByHandle": {"vendor": "North"}}


def test_an_asynchronous_set_is_polled_until_it_is_complete(shop, ear):
    shop.twin.stand_still()
    shop.subscribe(ear.url, "PRODUCTS_CREATE")
    operation = put(shop, {"title": "Cup"}, now=False)["productSetOperation"]
    states = [operation["status"]]
    for _ in range(2):
        shop.twin.advance(0.25)
        found = shop.ask(OPERATION, {"id": operation["id"]})["data"]["productOperation"]
        states.append(found["status"])
    assert states == ["CREATED", "ACTIVE", "COMPLETE"]
    assert found["product"]["title"] == "Cup"
    assert ear.settle(shop.twin, 1) == ["products/create"]
    log = shop.twin.log(kind="create", resource=found["product"]["id"])[0]
    assert (log["by"], bool(log["request_id"])) == ("app", True)


def test_an_asynchronous_set_keeps_its_refusals(shop):
    shop.twin.stand_still()
    operation = put(shop, {"title": "Cup", "handle": "lamp"}, now=False)["productSetOperation"]
    shop.twin.advance(1)
    found = shop.ask(OPERATION, {"id": operation["id"]})["data"]["productOperation"]
    assert found == {
        "status": "COMPLETE",
        "product": None,
        "userErrors": [{"field": ["input", "handle"], "code": "HANDLE_NOT_UNIQUE"}],
    }


def test_products_are_deleted_at_once_or_later(shop, ear):
    shop.twin.stand_still()
    shop.subscribe(ear.url, "PRODUCTS_DELETE")
    text = """mutation($id: ID!, $now: Boolean!) {
      productDelete(input: {id: $id}, synchronous: $now) {
        deletedProductId productDeleteOperation { id } userErrors { message } } }"""
    first, second = shop.gid, shop.twin.create(shop.domain, {"title": "Cup"})["id"]
    done = shop.ask(text, {"id": first, "now": True})["data"]["productDelete"]
    assert done["deletedProductId"] == first
    done = shop.ask(text, {"id": second, "now": False})["data"]["productDelete"]
    assert done["deletedProductId"] is None
    assert len(shop.twin.state(shop.domain)["products"]) == 1
    shop.twin.advance(1)
    assert shop.twin.state(shop.domain)["products"] == []
    query = """query($id: ID!) { productOperation(id: $id) {
      ... on ProductDeleteOperation { deletedProductId } } }"""
    found = shop.ask(query, {"id": done["productDeleteOperation"]["id"]})["data"]
    assert found["productOperation"] == {"deletedProductId": second}
    ear.settle(shop.twin, 2)
    numbers = [int(gid.rpartition("/")[2]) for gid in (first, second)]
    assert sorted(ear.bodies("products/delete"), key=lambda body: body["id"]) == [
        {"id": number} for number in numbers
    ]


def test_a_duplicate_has_everything_but_unique_values_and_stock(shop):
    """Schema text of productDuplicate."""
    define = {"ownerType": "PRODUCT", "namespace": "custom", "name": "Ref"}
    shop.twin.define(shop.domain, key="ref", type="id", **define)
    reference = {"namespace": "custom", "key": "ref", "value": "A1"}
    shirt(shop, "S", "L", metafields=[reference, metafield("fabric", "wool")])
    text = """mutation($id: ID!) {
      productDuplicate(productId: $id, newTitle: "Lamp two", newStatus: DRAFT) {
        newProduct { id } userErrors { message } } }"""
    shop.ask(text, {"id": shop.gid})
    first, copy = shop.twin.state(shop.domain)["products"]
    assert (copy["title"], copy["handle"], copy["status"]) == ("Lamp two", "lamp-two", "DRAFT")
    assert [(each["title"], each["sku"]) for each in copy["variants"]] == [
        ("S", "SHIRT-S"),
        ("L", "SHIRT-L"),
    ]
    assert [each["key"] for each in copy["metafields"]] == ["fabric"]
    ids = {each["id"] for product in (first, copy) for each in product["variants"]}
    assert len(ids) == 4
