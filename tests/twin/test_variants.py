"""Variants in bulk: strategies, pairing with options, positions (shopify-platform.md 4.5, 4.6)."""

import pytest

CREATE = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!,
    $strategy: ProductVariantsBulkCreateStrategy) {
  productVariantsBulkCreate(productId: $id, variants: $variants, strategy: $strategy) {
    productVariants { id title sku price inventoryQuantity }
    userErrors { field message code } } }"""
UPDATE = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $id, variants: $variants) {
    productVariants { id title } userErrors { field message code } } }"""
DELETE = """mutation($id: ID!, $ids: [ID!]!) {
  productVariantsBulkDelete(productId: $id, variantsIds: $ids) {
    product { id } userErrors { field message code } } }"""
REORDER = """mutation($id: ID!, $positions: [ProductVariantPositionInput!]!) {
  productVariantsBulkReorder(productId: $id, positions: $positions) {
    product { id } userErrors { field message code } } }"""
PRODUCT = """mutation($product: ProductCreateInput!) { productCreate(product: $product) {
  product { id handle hasOnlyDefaultVariant options { name optionValues { name hasVariants } }
    variants(first: 9) { nodes { title price inventoryItem { tracked } } } }
  userErrors { field message } } }"""


def ask(shop, text, **variables):
    answer = shop.ask(text, {"id": shop.gid, **variables})
    return next(iter(answer["data"].values()))


def codes(payload):
    return [error["code"] for error in payload["userErrors"]]


def values(**by_option):
    return [{"optionName": option, "name": name} for option, name in by_option.items()]


def size(name, **more):
    return {"optionValues": values(Size=name), **more}


def sizes(shop):
    return [value["name"] for value in shop.product["options"][0]["values"]]


def titles(shop):
    return [variant["title"] for variant in shop.product["variants"]]


@pytest.fixture
def sized(shop):
    """One product with the sizes S, M and L."""
    shop.twin.delete(shop.domain, shop.gid)
    variants = [{"options": [name], "sku": f"SHIRT-{name}"} for name in "SML"]
    made = {"title": "Shirt", "variants": variants, "option_names": ["Size"]}
    shop.twin.create(shop.domain, made)
    return shop


def test_a_new_product_has_one_plain_variant(shop):
    made = ask(shop, PRODUCT, product={"title": "Cup"})["product"]
    assert made["hasOnlyDefaultVariant"]
    assert made["options"] == [
        {"name": "Title", "optionValues": [{"name": "Default Title", "hasVariants": True}]}
    ]
    assert made["variants"]["nodes"] == [
        {"title": "Default Title", "price": "0.00", "inventoryItem": {"tracked": True}}
    ]


def test_a_new_product_with_options_has_the_variant_of_their_first_values(shop):
    options = [{"name": "Size", "values": [{"name": "S"}, {"name": "L"}]}]
    made = ask(shop, PRODUCT, product={"title": "Cup", "productOptions": options})["product"]
    assert [each["title"] for each in made["variants"]["nodes"]] == ["S"]
    assert [value["hasVariants"] for value in made["options"][0]["optionValues"]] == [True, False]


def test_a_handle_made_from_a_title_takes_a_suffix_where_it_is_taken(shop):
    """Schema text of ProductCreateInput.handle; one that is asked for is refused instead."""
    handles = [
        ask(shop, PRODUCT, product={"title": "Black Sunglasses"})["product"]["handle"]
        for _ in range(3)
    ]
    assert handles == ["black-sunglasses", "black-sunglasses-1", "black-sunglasses-2"]
    refused = ask(shop, PRODUCT, product={"title": "Lamp", "handle": "black-sunglasses"})
    assert refused["product"] is None
    assert refused["userErrors"][0]["field"] == ["handle"]


def test_a_deleted_or_renamed_handle_is_free_again(shop):
    shop.twin.edit(shop.domain, shop.gid, {"handle": "lantern"})
    assert ask(shop, PRODUCT, product={"title": "Lamp"})["product"]["handle"] == "lamp"
    shop.twin.delete(shop.domain, shop.twin.state(shop.domain)["products"][0]["id"])
    assert ask(shop, PRODUCT, product={"title": "Lantern"})["product"]["handle"] == "lantern"


@pytest.mark.parametrize(
    ("strategy", "left"),
    [
        ("DEFAULT", ["Big"]),
        ("REMOVE_STANDALONE_VARIANT", ["Big"]),
        ("PRESERVE_STANDALONE_VARIANT", ["Default Title", "Big"]),
    ],
)
def test_the_default_variant_goes_unless_it_is_to_stay(shop, strategy, left):
    made = ask(shop, CREATE, variants=[{"optionValues": values(Title="Big")}], strategy=strategy)
    assert made["userErrors"] == []
    assert titles(shop) == left


@pytest.mark.parametrize(
    ("strategy", "left"),
    [("DEFAULT", ["S", "XL"]), ("REMOVE_STANDALONE_VARIANT", ["XL"])],
)
def test_a_single_variant_of_ones_own_goes_only_where_it_is_to(sized, strategy, left):
    ids = [variant["id"] for variant in sized.product["variants"]]
    ask(sized, DELETE, ids=ids[1:])
    ask(sized, CREATE, variants=[size("XL")], strategy=strategy)
    assert titles(sized) == left


def test_new_variants_bring_attributes_stock_and_new_option_values(sized):
    location = sized.ask("{ locations(first: 1) { nodes { id } } }")
    place = location["data"]["locations"]["nodes"][0]["id"]
    given = size(
        "XL",
        price="12.5",
        inventoryItem={"sku": "SHIRT-XL"},
        inventoryQuantities=[{"locationId": place, "availableQuantity": 7}],
    )
    made = ask(sized, CREATE, variants=[given])["productVariants"][0]
    assert (made["title"], made["sku"], made["price"]) == ("XL", "SHIRT-XL", "12.50")
    assert made["inventoryQuantity"] == 7
    assert sizes(sized) == ["S", "M", "L", "XL"]


@pytest.mark.parametrize(
    ("variant", "code"),
    [
        (size("m"), "VARIANT_ALREADY_EXISTS"),
        ({"price": "1"}, "NEED_TO_ADD_OPTION_VALUES"),
        ({"optionValues": values(Size="XL", Colour="Red")},
         "OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS"),
        ({"optionValues": values(Colour="Red")}, "INVALID_INPUT"),
        (size("XL", id="gid://shopify/ProductVariant/1"), "NO_KEY_ON_CREATE"),
        (size("XL", price="-1"), "GREATER_THAN_OR_EQUAL_TO"),
        (size("XL", inventoryQuantities=[
            {"locationId": "gid://shopify/Location/1", "availableQuantity": 1}]),
         "TRACKED_VARIANT_LOCATION_NOT_FOUND"),
    ],
)  # fmt: skip
def test_a_bad_new_variant_is_refused_with_all_beside_it(sized, variant, code):
    made = ask(sized, CREATE, variants=[size("XXL"), variant])
    assert codes(made) == [code]
    assert made["userErrors"][0]["field"][:2] == ["variants", "1"]
    assert made["productVariants"] is None
    assert titles(sized) == list("SML")


def test_two_new_variants_of_the_same_values_are_refused(sized):
    made = ask(sized, CREATE, variants=[size("XL"), size("xl")])
    assert codes(made) == ["VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE"]


def test_a_variant_moves_to_another_value_and_the_one_it_leaves_empty_goes(sized):
    variant = sized.product["variants"][1]["id"]
    done = ask(sized, UPDATE, variants=[size("Medium", id=variant)])
    assert [each["title"] for each in done["productVariants"]] == ["Medium"]
    assert sizes(sized) == ["S", "L", "Medium"]


def test_two_variants_can_swap_their_values_in_one_call(sized):
    first, second, _ = (variant["id"] for variant in sized.product["variants"])
    done = ask(sized, UPDATE, variants=[size("M", id=first), size("S", id=second)])
    assert done["userErrors"] == []
    assert titles(sized) == ["M", "S", "L"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": None}, "PRODUCT_VARIANT_ID_MISSING"),
        (size("L"), "VARIANT_ALREADY_EXISTS"),
        ({"optionValues": values(Colour="Red")}, "OPTION_DOES_NOT_EXIST"),
        ({"inventoryQuantities": [
            {"locationId": "gid://shopify/Location/1", "availableQuantity": 1}]},
         "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"),
    ],
)  # fmt: skip
def test_a_bad_change_of_a_variant_is_refused(sized, change, code):
    variant = {"id": sized.product["variants"][0]["id"], **change}
    assert codes(ask(sized, UPDATE, variants=[variant])) == [code]
    assert titles(sized) == list("SML")


def test_deleted_variants_take_their_empty_option_values_along(sized):
    ids = [variant["id"] for variant in sized.product["variants"]]
    assert ask(sized, DELETE, ids=ids[:1])["userErrors"] == []
    assert titles(sized) == ["M", "L"]
    assert sizes(sized) == ["M", "L"]
    assert sized.ask(f'{{ productVariant(id: "{ids[0]}") {{ id }} }}')["data"] == {
        "productVariant": None
    }


def test_the_last_variant_stays_and_strangers_are_refused(sized):
    ids = [variant["id"] for variant in sized.product["variants"]]
    assert codes(ask(sized, DELETE, ids=ids)) == ["CANNOT_DELETE_LAST_VARIANT"]
    stranger = sized.twin.create(sized.domain, {"title": "Cup"})["variants"][0]["id"]
    refused = ask(sized, DELETE, ids=[ids[0], stranger])
    assert codes(refused) == ["AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"]
    assert titles(sized) == list("SML")


def test_variants_are_put_at_positions(sized):
    ids = [variant["id"] for variant in sized.product["variants"]]
    since = len(sized.twin.log())
    ask(sized, REORDER, positions=[{"id": ids[2], "position": 1}])
    assert titles(sized) == ["L", "S", "M"]
    edit = sized.twin.log(since=since, kind="edit")[0]
    assert (edit["attribute"], edit["new"]) == ("variants", [ids[2], ids[0], ids[1]])


def test_bad_positions_are_refused(sized):
    first = sized.product["variants"][0]["id"]
    for given, code in [
        ([{"id": first, "position": 0}], "INVALID_POSITION"),
        ([{"id": first, "position": 1}, {"id": first, "position": 2}], "DUPLICATED_VARIANT_ID"),
        ([{"id": "gid://shopify/ProductVariant/1", "position": 1}], "MISSING_VARIANT"),
    ]:
        assert codes(ask(sized, REORDER, positions=given)) == [code]


def test_items_are_born_and_buried_with_their_variants(sized, ear):
    """inventory_items/create and /delete (shopify-platform.md 3.6)."""
    sized.subscribe(ear.url, "INVENTORY_ITEMS_CREATE", "INVENTORY_ITEMS_DELETE", "PRODUCTS_UPDATE")
    ask(sized, CREATE, variants=[size("XL", inventoryItem={"sku": "SHIRT-XL"})])
    assert sorted(ear.settle(sized.twin, 2)) == ["inventory_items/create", "products/update"]
    born = ear.bodies("inventory_items/create")[0]
    assert (born["sku"], born["tracked"]) == ("SHIRT-XL", True)
    ask(sized, DELETE, ids=[sized.product["variants"][3]["id"]])
    ear.settle(sized.twin, 4)
    assert ear.bodies("inventory_items/delete") == [
        {
            "id": born["id"],
            "country_code_of_origin": None,
            "province_code_of_origin": None,
            "harmonized_system_code": None,
            "country_harmonized_system_codes": [],
            "admin_graphql_api_id": born["admin_graphql_api_id"],
        }
    ]


def test_a_product_holds_2048_variants_and_no_more(sized):
    """The limit of shopify-platform.md 4.4; 250 a call."""
    for start in range(0, 2045, 250):
        many = [size(f"n{number}") for number in range(start, min(start + 250, 2045))]
        assert ask(sized, CREATE, variants=many)["userErrors"] == []
    assert len(titles(sized)) == 2048
    assert codes(ask(sized, CREATE, variants=[size("one more")])) == ["INVALID_INPUT"]


PARTIAL = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!, $partial: Boolean) {
  productVariantsBulkUpdate(productId: $id, variants: $variants, allowPartialUpdates: $partial) {
    productVariants { price } userErrors { field code } } }"""


def prices(shop):
    return [variant["price"] for variant in shop.product["variants"]]


def test_what_is_good_persists_where_partial_updates_are_allowed(sized):
    """Schema text of allowPartialUpdates; without it one refusal stops all."""
    ids = [variant["id"] for variant in sized.product["variants"]]
    given = [{"id": gid, "price": price} for gid, price in zip(ids, ("1", "-2", "3"), strict=True)]
    refused = ask(sized, PARTIAL, variants=given, partial=False)
    assert (codes(refused), prices(sized)) == (["GREATER_THAN_OR_EQUAL_TO"], ["0.00"] * 3)
    done = ask(sized, PARTIAL, variants=given, partial=True)
    assert done["userErrors"] == [
        {"field": ["variants", "1", "price"], "code": "GREATER_THAN_OR_EQUAL_TO"}
    ]
    assert [each["price"] for each in done["productVariants"]] == ["1.00", "3.00"]
    assert prices(sized) == ["1.00", "0.00", "3.00"]


def adjusted(shop, **adjustment):
    """Update the first variant's stock by a delta; its id and the answer."""
    place = shop.ask("{ locations(first: 1) { nodes { id } } }")["data"]["locations"]["nodes"][0]
    variant = shop.product["variants"][0]
    given = {"id": variant["id"], "price": "9"}
    given["quantityAdjustments"] = [{"locationId": place["id"], **adjustment}]
    return shop.post(PARTIAL, {"id": shop.gid, "variants": [given]}).json()


def available(shop):
    query = "query($id: ID!) { product(id: $id) { totalInventory } }"
    return shop.ask(query, {"id": shop.gid})["data"]["product"]["totalInventory"]


def test_stock_is_adjusted_along_with_a_variant(shop):
    """shopify-platform.md 4.6: compared like every other; that must be passed."""
    done = adjusted(shop, adjustment=-2, changeFromQuantity=5)
    assert done["data"]["productVariantsBulkUpdate"]["userErrors"] == []
    assert (available(shop), prices(shop)) == (3, ["9.00"])
    stale = adjusted(shop, adjustment=-2, changeFromQuantity=5)
    assert stale["data"]["productVariantsBulkUpdate"]["userErrors"] == [
        {
            "field": ["variants", "0", "quantityAdjustments", "0", "changeFromQuantity"],
            "code": "INVALID_INPUT",
        }
    ]
    assert adjusted(shop, adjustment=-2)["errors"][0]["extensions"]["code"] == (
        "INVALID_FIELD_ARGUMENTS"
    )
    assert available(shop) == 3


def test_a_null_adjustment_takes_the_variant_from_the_location(shop):
    """Schema text of InventoryAdjustmentInput."""
    adjusted(shop, adjustment=None, changeFromQuantity=None)
    levels = shop.product["variants"][0]["stock"].values()
    assert [level["active"] for level in levels] == [False]


def test_options_and_values_are_nodes(sized):
    option = sized.product["options"][0]
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { id
      ... on ProductOption { name position } ... on ProductOptionValue { name hasVariants } } }"""
    gids = [option["id"], option["values"][1]["id"]]
    found = sized.ask(query, {"ids": gids})["data"]["nodes"]
    assert found == [
        {"id": gids[0], "name": "Size", "position": 1},
        {"id": gids[1], "name": "M", "hasVariants": True},
    ]


def test_variants_come_in_order_of_position_and_are_paged_in_it(sized):
    ids = [variant["id"] for variant in sized.product["variants"]]
    ask(sized, REORDER, positions=[{"id": ids[2], "position": 1}])
    query = """query($id: ID!, $after: String, $key: ProductVariantSortKeys) { product(id: $id) {
      variants(first: 2, after: $after, sortKey: $key) {
        nodes { title } pageInfo { endCursor } } } }"""

    def page(**more):
        found = sized.ask(query, {"id": sized.gid, **more})["data"]["product"]["variants"]
        return [node["title"] for node in found["nodes"]], found["pageInfo"]["endCursor"]

    titles, cursor = page(key="POSITION")
    assert titles == ["L", "S"]
    assert page(key="POSITION", after=cursor)[0] == ["M"]
    assert page(key="ID")[0] == ["S", "M"]


def test_a_product_tells_its_words_prices_and_template(sized):
    ids = [variant["id"] for variant in sized.product["variants"]]
    given = [{"id": gid, "price": price} for gid, price in zip(ids, ("7", "30", "9"), strict=True)]
    ask(sized, UPDATE, variants=given)
    update = """mutation($product: ProductUpdateInput!) { productUpdate(product: $product) {
      product { description(truncateAt: 9) templateSuffix category { id }
        priceRangeV2 { minVariantPrice { amount currencyCode } maxVariantPrice { amount } } }
      userErrors { field message } } }"""
    category = "gid://shopify/TaxonomyCategory/aa-1"
    html = "<p>Made of <b>wool</b></p>"
    fields = {"descriptionHtml": html, "templateSuffix": "alt", "category": category}
    found = ask(sized, update, product={"id": sized.gid, **fields})["product"]
    assert found == {
        "description": "Made o...",
        "templateSuffix": "alt",
        "category": {"id": category},
        "priceRangeV2": {
            "minVariantPrice": {"amount": "7.0", "currencyCode": "USD"},
            "maxVariantPrice": {"amount": "30.0"},
        },
    }
    refused = ask(sized, update, product={"id": sized.gid, "category": "cups"})
    assert refused["userErrors"][0]["field"] == ["category"]
