"""Searches, sorting and paging: Shopify's search syntax, the schema's lists, platform.md 4.4."""

import pytest

TITLES = """query($q: String, $key: ProductSortKeys, $reverse: Boolean) {
  products(first: 50, query: $q, sortKey: $key, reverse: $reverse) { nodes { title } } }"""
GOODS = [
    {"title": "Green Lamp", "vendor": "Ada", "productType": "Lamps", "tags": ["sale", "new"]},
    {"title": "Red Lamp", "vendor": "Bert", "productType": "Lamps", "status": "DRAFT"},
    {"title": "Green Cup", "vendor": "Ada", "productType": "Cups", "tags": ["sale"]},
]


@pytest.fixture
def stocked(shop):
    shop.twin.delete(shop.domain, shop.gid)
    for number, goods in enumerate(GOODS):
        variant = {"sku": f"SKU-{number}", "barcode": f"40{number}", "price": f"{number + 1}.00"}
        shop.twin.create(shop.domain, {**goods, "variants": [{**variant, "stock": number}]})
        shop.twin.advance(60)
    return shop


def titles(shop, q=None, **more):
    answer = shop.ask(TITLES, {"q": q, **more})
    return [node["title"] for node in answer["data"]["products"]["nodes"]]


LAMPS, GREEN = ["Green Lamp", "Red Lamp"], ["Green Lamp", "Green Cup"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("title:green", GREEN),
        ("title:gre*", GREEN),
        ("title:'green lamp'", ["Green Lamp"]),
        ("title:lamp green", ["Green Lamp"]),
        ("lamp", LAMPS),
        ("ada", GREEN),
        ("sku:SKU-1", ["Red Lamp"]),
        ("sku:sku-*", [*LAMPS, "Green Cup"]),
        ("barcode:402", ["Green Cup"]),
        ("handle:red-lamp,green-cup", ["Red Lamp", "Green Cup"]),
        ("status:draft", ["Red Lamp"]),
        ("status:active,draft", [*LAMPS, "Green Cup"]),
        ("vendor:Ada OR vendor:Bert", [*LAMPS, "Green Cup"]),
        ("vendor:Ada AND product_type:Lamps", ["Green Lamp"]),
        ("vendor:Ada product_type:Lamps", ["Green Lamp"]),
        ("tag:sale NOT tag:new", ["Green Cup"]),
        ("tag:sale -tag:new", ["Green Cup"]),
        ("tag_not:sale", ["Red Lamp"]),
        ("tag:*", GREEN),
        ("product_type:Cups OR (vendor:Bert AND status:DRAFT)", ["Red Lamp", "Green Cup"]),
        ("price:>=2 price:<3", ["Red Lamp"]),
        ("inventory_total:>0", ["Red Lamp", "Green Cup"]),
        ("created_at:>'2020-01-01'", [*LAMPS, "Green Cup"]),
        ("created_at:<now updated_at:>2020", [*LAMPS, "Green Cup"]),
        ("updated_at:<='2020-01-01T00:00:00Z'", []),
        ("  ", [*LAMPS, "Green Cup"]),
    ],
)
def test_products_are_found_by_terms(stocked, query, found):
    assert titles(stocked, query) == found


def test_a_moment_is_found_by_its_second_and_its_day(stocked):
    cup = stocked.twin.state(stocked.domain)["products"][2]
    assert titles(stocked, f"updated_at:'{cup['updatedAt']}'") == ["Green Cup"]
    assert titles(stocked, f"updated_at:>='{cup['updatedAt']}'") == ["Green Cup"]
    assert titles(stocked, f"updated_at:>'{cup['updatedAt']}'") == []
    assert "Green Cup" in titles(stocked, f"updated_at:{cup['updatedAt'][:10]}")


def test_ids_are_found_one_by_one_and_as_a_range(stocked):
    first, second, _ = (each["id"] for each in stocked.twin.state(stocked.domain)["products"])
    number = int(second.rpartition("/")[2])
    assert titles(stocked, f"id:{number}") == ["Red Lamp"]
    assert titles(stocked, f"id:'{first}'") == ["Green Lamp"]
    assert titles(stocked, f"id:>={number}") == ["Red Lamp", "Green Cup"]
    assert titles(stocked, f"id:>{number - 1} id:<{number + 1}") == ["Red Lamp"]


@pytest.mark.parametrize("query", ["(title:a", "title:a)", "updated_at:>yesterday", "id:many"])
def test_a_search_that_cannot_be_read_is_an_error(stocked, query):
    answer = stocked.ask(TITLES, {"q": query})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_an_unknown_field_is_left_out_with_a_warning(stocked):
    """As seen in the field: the rest of the search decides alone."""
    answer = stocked.ask(TITLES, {"q": "colour:red vendor:Ada"})
    assert [node["title"] for node in answer["data"]["products"]["nodes"]] == GREEN
    assert answer["extensions"]["search"] == [
        {
            "path": ["products"],
            "query": "colour:red vendor:Ada",
            "warnings": [
                {
                    "field": "colour",
                    "message": "Invalid search field for this query.",
                    "code": "invalid_field",
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("TITLE", ["Green Cup", "Green Lamp", "Red Lamp"]),
        ("VENDOR", ["Green Lamp", "Green Cup", "Red Lamp"]),
        ("PRODUCT_TYPE", ["Green Cup", "Green Lamp", "Red Lamp"]),
        ("UPDATED_AT", ["Green Lamp", "Red Lamp", "Green Cup"]),
        ("CREATED_AT", ["Green Lamp", "Red Lamp", "Green Cup"]),
        ("INVENTORY_TOTAL", ["Green Lamp", "Red Lamp", "Green Cup"]),
    ],
)
def test_products_are_sorted_and_turned_round(stocked, key, found):
    assert titles(stocked, key=key) == found
    turned = titles(stocked, key=key, reverse=True)
    assert turned == found[::-1]


def test_an_edit_moves_a_product_to_the_end_of_those_sorted_by_their_date(stocked):
    first = stocked.twin.state(stocked.domain)["products"][0]["id"]
    stocked.twin.edit(stocked.domain, first, {"title": "Blue Lamp"})
    assert titles(stocked, key="UPDATED_AT")[-1] == "Blue Lamp"


PAGE = """query($first: Int, $last: Int, $after: String, $before: String, $reverse: Boolean,
    $q: String) {
  products(first: $first, last: $last, after: $after, before: $before, reverse: $reverse,
      sortKey: TITLE, query: $q) { edges { cursor node { title } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def page(shop, **given):
    found = shop.ask(PAGE, given)["data"]["products"]
    return [edge["node"]["title"] for edge in found["edges"]], found["pageInfo"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("query", [None, "price:>0"])
def test_pages_lead_there_and_back(stocked, reverse, query):
    order = sorted(each["title"] for each in GOODS)
    order = order[::-1] if reverse else order
    given = {"reverse": reverse, "q": query}
    first, info = page(stocked, first=2, **given)
    assert (first, info["hasNextPage"], info["hasPreviousPage"]) == (order[:2], True, False)
    rest, more = page(stocked, first=2, after=info["endCursor"], **given)
    assert (rest, more["hasNextPage"], more["hasPreviousPage"]) == (order[2:], False, True)
    back, info = page(stocked, last=1, before=more["startCursor"], **given)
    assert (back, info["hasPreviousPage"]) == (order[1:2], True)


def test_a_cursor_is_opaque_and_must_be_one(stocked):
    answer = stocked.ask(PAGE, {"first": 1, "after": "not a cursor"})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("size", [{}, {"first": 1, "last": 1}, {"first": 251}])
def test_a_page_has_one_size_of_at_most_250(stocked, size):
    answer = stocked.ask(PAGE, size)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_a_connection_ends_at_its_cap(stocked):
    stocked.twin.settings(stocked.domain, paging_cap=2)
    _, info = page(stocked, first=2)
    answer = stocked.ask(PAGE, {"first": 2, "after": info["endCursor"]})
    assert "narrow the search" in answer["errors"][0]["message"]


def test_variants_and_items_are_found_and_sorted(stocked):
    text = """{ productVariants(first: 9, query: "sku:SKU-0 OR inventory_quantity:>1",
        sortKey: INVENTORY_QUANTITY, reverse: true) { nodes { sku } }
      inventoryItems(first: 9, query: "sku:SKU-1", reverse: true) { nodes { sku } }
      found: productVariantsCount(query: "product_status:draft") { count }
      productsCount(query: "vendor:Ada", limit: 1) { count precision } }"""
    assert stocked.ask(text)["data"] == {
        "productVariants": {"nodes": [{"sku": "SKU-2"}, {"sku": "SKU-0"}]},
        "inventoryItems": {"nodes": [{"sku": "SKU-1"}]},
        "found": {"count": 1},
        "productsCount": {"count": 1, "precision": "AT_LEAST"},
    }
