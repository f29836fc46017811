"""The price of documents and the bucket of plans: shopify-platform.md 4.2."""

import pytest
import requests
from graphql import parse

from stores.shopify.schema import load_schema
from stores.twin.cost import price, requested


def cost_of(text, variables=None):
    document = parse(text)
    return requested(price(load_schema(), document, document.definitions[0]), variables or {})


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("{ shop { name } }", 1),
        ("{ products(first: 1) { edges { node { title } } } }", 3),
        ("{ products(first: 100) { nodes { id seo { title } } } }", 202),
        ('{ product(id: "1") { id featuredMedia { id preview { status } } } }', 3),
        ('mutation { tagsAdd(id: "1", tags: ["a"]) { userErrors { message } } }', 10),
    ],
)
def test_scalars_are_free_objects_one_point_connections_by_their_size(text, points):
    assert cost_of(text) == points


def test_of_several_types_the_dearest_counts():
    text = """{ node(id: "1") { id ... on Product { seo { title } featuredMedia { id } }
      ... on ProductVariant { product { id } } } }"""
    assert cost_of(text) == 1 + 2


def test_a_list_of_ids_costs_each_of_them():
    text = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { seo { title } } } }"
    assert cost_of(text, {"ids": ["1", "2", "3"]}) == 3 * 2


def test_a_set_costs_by_what_is_in_it():
    text = """mutation($input: ProductSetInput!) { productSet(input: $input) {
      userErrors { message } } }"""
    variants = [{"optionValues": [], "file": {}, "metafields": [{}]} for _ in range(10)]
    given = {"variants": variants, "files": [{}, {}], "metafields": [{}] * 5}
    assert cost_of(text, {"input": given}) == 10 + 2 + 4 + 6 + 6


def test_the_price_is_told_field_by_field_on_demand(shop):
    text = "{ products(first: 10) { nodes { id seo { title } } } }"
    answer = shop.post(text, more={"Shopify-GraphQL-Cost-Debug": "1"}).json()
    fields = answer["extensions"]["cost"]["fields"]
    assert [(each["path"], each["requestedTotalCost"]) for each in fields] == [
        (["products"], 22),
        (["products", "nodes"], 2),
        (["products", "nodes", "seo"], 1),
    ]
    assert fields[0]["definedCost"] == 2
    assert "fields" not in shop.ask(text)["extensions"]["cost"]


@pytest.mark.parametrize(
    ("plan", "restore"), [("basic", 100), ("advanced", 200), ("plus", 1000), ("enterprise", 2000)]
)
def test_a_bucket_holds_twenty_seconds_of_its_plan(twin, plan, restore):
    domain = f"{plan}.myshopify.com"
    twin.add_shop(domain, plan=plan)
    answer = requests.post(
        f"{twin.url}/shops/{domain}/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { id } }"},
        headers={"X-Shopify-Access-Token": twin.install(domain, "probe-app")},
        timeout=10,
    )
    status = answer.json()["extensions"]["cost"]["throttleStatus"]
    assert (status["restoreRate"], status["maximumAvailable"]) == (restore, 20 * restore)


def test_branches_that_came_are_what_is_paid(shop):
    text = """query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { seo { title } }
      ... on ProductVariant { product { id seo { title } } } } }"""
    variant = shop.product["variants"][0]["id"]
    cost = shop.ask(text, {"ids": [shop.gid, variant]})["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (6, 5)
