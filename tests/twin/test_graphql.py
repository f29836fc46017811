"""What a shop answers: state, paging, refusals, points, and a loud no to what isn't played."""

import pytest

from stores.shopify.schema import load_schema
from stores.twin.cost import price, requested

UPDATE = """mutation($product: ProductUpdateInput!) { productUpdate(product: $product) {
  product { id title tags descriptionHtml updatedAt } userErrors { field message } } }"""
VARIANTS = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $id, variants: $variants) {
    productVariants { id price sku inventoryItem { measurement { weight { value unit } } } }
    userErrors { field message code } } }"""


def update(shop, **values):
    answer = shop.ask(UPDATE, {"product": {"id": shop.gid, **values}})
    return answer["data"]["productUpdate"]


def update_variant(shop, **values):
    variants = [{"id": shop.product["variants"][0]["id"], **values}]
    answer = shop.ask(VARIANTS, {"id": shop.gid, "variants": variants})
    return answer["data"]["productVariantsBulkUpdate"]


def test_a_shop_says_who_it_is_and_what_the_app_may(shop):
    data = shop.ask(
        "{ shop { myshopifyDomain currencyCode plan { publicDisplayName } }"
        " currentAppInstallation { accessScopes { handle } } }"
    )["data"]
    assert data["shop"]["myshopifyDomain"] == shop.domain
    assert data["shop"]["plan"] == {"publicDisplayName": "Basic"}
    assert {"handle": "write_products"} in data["currentAppInstallation"]["accessScopes"]


def test_pages_follow_each_other_without_gap_or_overlap(shop):
    for number in range(6):
        shop.twin.create(shop.domain, {"title": f"Cup {number}"})
    text = """query($after: String) { products(first: 3, after: $after, sortKey: ID) {
      nodes { title } pageInfo { hasNextPage endCursor } } }"""
    titles, after, more = [], None, True
    while more:
        page = shop.ask(text, {"after": after})["data"]["products"]
        titles += [node["title"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert titles == ["Lamp", *(f"Cup {number}" for number in range(6))]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("sku:CUP-1", ["Cup"]),
        ("updated_at:>'2020-01-01T00:00:00Z'", ["Lamp", "Cup"]),
        ("updated_at:>'2999-01-01T00:00:00Z'", []),
        ("title:lamp AND status:ACTIVE", ["Lamp"]),
    ],
)
def test_products_are_found_by_the_terms_of_a_sync(shop, query, titles):
    shop.twin.create(shop.domain, {"title": "Cup", "variants": [{"sku": "CUP-1"}]})
    text = "query($query: String) { products(first: 9, query: $query) { nodes { title } } }"
    found = shop.ask(text, {"query": query})["data"]["products"]["nodes"]
    assert [node["title"] for node in found] == titles


def test_an_unknown_id_is_null(shop):
    data = shop.ask('{ product(id: "gid://shopify/Product/1") { id } node(id: "nonsense") { id } }')
    assert data["data"] == {"product": None, "node": None}


def test_a_node_is_found_by_its_kind(shop):
    variant = shop.product["variants"][0]["id"]
    text = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    nodes = shop.ask(text, {"ids": [shop.gid, variant]})["data"]["nodes"]
    assert [node["__typename"] for node in nodes] == ["Product", "ProductVariant"]


def test_texts_come_back_as_shopify_renders_them(shop):
    done = update(shop, descriptionHtml=" <p>A<br/>B</p> ", tags=["steel", "Camp", "STEEL", " "])
    assert done["product"]["descriptionHtml"] == "<p>A<br>B</p>"
    assert done["product"]["tags"] == ["Camp", "steel"]


def test_money_has_two_decimals_and_weight_lives_on_the_item(shop):
    weight = {"value": 1.5, "unit": "KILOGRAMS"}
    item = {"sku": "LAMP-2", "measurement": {"weight": weight}}
    done = update_variant(shop, price="21.5", inventoryItem=item)["productVariants"][0]
    assert (done["price"], done["sku"]) == ("21.50", "LAMP-2")
    assert done["inventoryItem"]["measurement"]["weight"] == weight


def test_a_blank_title_is_refused_and_nothing_changes(shop):
    done = update(shop, title="  ", vendor="Other")
    assert done["product"] is None
    assert done["userErrors"] == [{"field": ["title"], "message": "Title can't be blank"}]
    assert (shop.product["title"], shop.product["vendor"]) == ("Lamp", "")


def test_a_negative_price_is_refused_with_its_place(shop):
    error = update_variant(shop, price="-1")["userErrors"][0]
    assert error["field"] == ["variants", "0", "price"]
    assert error["message"] == "Price must be greater than or equal to 0"


def test_a_variant_of_another_product_is_refused(shop):
    other = shop.twin.create(shop.domain, {"title": "Cup"})["variants"][0]["id"]
    variants = [{"id": other, "price": "1"}]
    done = shop.ask(VARIANTS, {"id": shop.gid, "variants": variants})["data"]
    assert done["productVariantsBulkUpdate"]["userErrors"][0]["code"] == (
        "PRODUCT_VARIANT_DOES_NOT_EXIST"
    )


def test_two_mutations_run_in_order_and_each_shows_its_own_moment(shop):
    text = """mutation($a: ProductUpdateInput!, $b: ProductUpdateInput!) {
      a: productUpdate(product: $a) { product { title vendor } }
      b: productUpdate(product: $b) { product { title vendor } } }"""
    given = {"a": {"id": shop.gid, "title": "A"}, "b": {"id": shop.gid, "vendor": "B"}}
    data = shop.ask(text, given)["data"]
    assert data["a"]["product"] == {"title": "A", "vendor": ""}
    assert data["b"]["product"] == {"title": "A", "vendor": "B"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "{ products(first: 1) { nodes { giftCardTemplateSuffix } } }",
            "Product.giftCardTemplateSuffix",
        ),
        ("{ products(first: 1, savedSearchId: 4) { nodes { id } } }", "saved_search_id"),
        ('{ products(first: 1, query: "bundles:true") { nodes { id } } }', "bundles"),
    ],
)
def test_what_is_not_played_fails_loudly(shop, text, named):
    answer = shop.ask(text)
    assert named in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["code"] == "TWIN_UNIMPLEMENTED"


def test_an_input_that_is_not_played_fails_loudly(shop):
    answer = shop.ask(UPDATE, {"product": {"id": shop.gid, "giftCardTemplateSuffix": "alt"}})
    assert "giftCardTemplateSuffix" in answer["errors"][0]["message"]


def test_a_document_that_shopify_would_refuse_is_refused(shop):
    answer = shop.post("{ shop { colour } }")
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "undefinedField"


def test_a_wrong_amount_is_an_invalid_variable(shop):
    variants = [{"id": shop.gid, "price": "cheap"}]
    answer = shop.ask(VARIANTS, {"id": shop.gid, "variants": variants})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"


def test_another_version_is_not_found(shop):
    shop.url = shop.url.replace("north", "nowhere")
    assert shop.post("{ shop { id } }").status_code == 404


def test_the_documented_example_costs_three():
    from graphql import parse  # noqa: PLC0415

    document = parse("{ products(first: 1) { edges { node { title } } } }")
    priced = price(load_schema(), document, document.definitions[0])
    assert requested(priced, {}) == 3


def test_what_was_not_found_is_given_back(shop):
    answer = shop.ask("{ products(first: 100) { nodes { id seo { title } } } }")
    cost = answer["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (202, 4)
    assert cost["throttleStatus"]["maximumAvailable"] == 2000
    assert cost["throttleStatus"]["currentlyAvailable"] >= 1996


def test_an_empty_bucket_throttles_with_http_200_until_it_has_refilled(shop):
    text = "{ products(first: 240) { nodes { variants(first: 1) { nodes { id } } } } }"
    page = "query($n: Int!) { products(first: $n) { nodes { id } } }"
    assert shop.ask(text)["extensions"]["cost"]["requestedQueryCost"] == 962
    update_text = "mutation { " + " ".join(
        f'm{n}: tagsAdd(id: "{shop.gid}", tags: ["t"]) {{ userErrors {{ message }} }}'
        for n in range(95)
    )
    for _ in range(2):
        shop.ask(update_text + " }")
    answer = shop.post(page, {"n": 245})
    body = answer.json()
    assert answer.status_code == 200
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    assert shop.twin.counters(shop.domain)["throttled"] == 1
    shop.twin.advance(20)
    assert "errors" not in shop.ask(page, {"n": 245})


def test_a_document_above_the_maximum_is_never_run(shop):
    text = "{ products(first: 250) { nodes { variants(first: 10) { nodes { id } } } } }"
    error = shop.ask(text)["errors"][0]["extensions"]
    assert (error["code"], error["maxCost"]) == ("MAX_COST_EXCEEDED", 1000)


def test_long_lists_are_refused(shop):
    assert "between 0 and 250" in str(shop.ask("{ products(first: 251) { nodes { id } } }"))
    variants = [{"id": shop.gid}] * 251
    answer = shop.ask(VARIANTS, {"id": shop.gid, "variants": variants})
    assert answer["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
