"""Replicas and the search index that lag: shopify-platform.md 9 and 10."""

import pytest

READ = """query($id: ID!, $node: ID!, $q: String) { product(id: $id) { title
    variants(first: 1) { nodes { price inventoryQuantity } } }
  node(id: $node) { ... on ProductVariant { price } }
  products(first: 9) { nodes { title } }
  found: products(first: 9, query: $q) { nodes { title } } }"""
UPDATE = """mutation($product: ProductUpdateInput!) { productUpdate(product: $product) {
  product { title } } }"""


@pytest.fixture
def late(shop):
    shop.twin.stand_still()
    return shop


def read(shop, query="title:lamp"):
    variant = shop.product["variants"][0]["id"]
    data = shop.ask(READ, {"id": shop.gid, "node": variant, "q": query})["data"]
    titles = [[node["title"] for node in data[each]["nodes"]] for each in ("products", "found")]
    return data["product"]["title"], data["node"], *titles


def test_reads_show_what_was_until_the_lag_has_passed(late):
    late.twin.settings(late.domain, read_lag=2.0)
    variant = {"id": late.product["variants"][0]["id"], "price": "30.00"}
    late.twin.edit(late.domain, late.gid, {"title": "Lantern", "variants": [variant]})
    assert read(late)[:3] == ("Lamp", {"price": "20.00"}, ["Lamp"])
    late.twin.advance(2)
    assert read(late)[:3] == ("Lantern", {"price": "30.00"}, ["Lantern"])


def test_a_mutation_sees_its_own_work(late):
    late.twin.settings(late.domain, read_lag=2.0)
    done = late.ask(UPDATE, {"product": {"id": late.gid, "title": "Lantern"}})["data"]
    assert done["productUpdate"]["product"] == {"title": "Lantern"}
    assert read(late)[0] == "Lamp"


def test_webhooks_tell_what_reads_do_not_yet(late, ear):
    late.subscribe(ear.url, "PRODUCTS_UPDATE")
    late.twin.settings(late.domain, read_lag=2.0)
    late.twin.edit(late.domain, late.gid, {"title": "Lantern"})
    ear.settle(late.twin, 1)
    assert ear.bodies("products/update")[0]["title"] == "Lantern"
    assert read(late)[0] == "Lamp"


def test_the_index_lags_more_than_reads_by_id(late):
    late.twin.settings(late.domain, search_lag=30.0)
    late.twin.edit(late.domain, late.gid, {"title": "Lantern"})
    assert read(late) == ("Lantern", {"price": "20.00"}, ["Lantern"], ["Lantern"])
    assert read(late, "title:lantern")[3] == []
    late.twin.advance(30)
    assert (read(late)[3], read(late, "title:lantern")[3]) == ([], ["Lantern"])


def test_what_is_new_or_gone_is_so_for_readers_later(late):
    late.twin.settings(late.domain, read_lag=5.0)
    lamp = late.gid
    cup = late.twin.create(late.domain, {"title": "Cup"})["id"]
    late.twin.delete(late.domain, lamp)
    text = "query($a: ID!, $b: ID!) { a: product(id: $a) { title } b: product(id: $b) { title } }"
    asked = {"a": lamp, "b": cup}
    assert late.ask(text, asked)["data"] == {"a": {"title": "Lamp"}, "b": None}
    late.twin.advance(5)
    assert late.ask(text, asked)["data"] == {"a": None, "b": {"title": "Cup"}}


def test_stock_lags_with_its_product(house):
    shop = house.shop
    shop.twin.stand_still()
    shop.twin.settings(shop.domain, read_lag=5.0)
    house.set(2)
    text = """query($item: ID!, $place: ID!) { inventoryItem(id: $item) {
      inventoryLevel(locationId: $place) { location { id }
        quantities(names: ["available"]) { quantity } } } }"""
    asked = {"item": house.item, "place": house.place}

    def level():
        return shop.ask(text, asked)["data"]["inventoryItem"]["inventoryLevel"]

    assert level() == {"location": {"id": house.place}, "quantities": [{"quantity": 5}]}
    shop.twin.advance(5)
    assert level()["quantities"] == [{"quantity": 2}]


def test_without_lag_reads_are_true_at_once_again(late):
    late.twin.settings(late.domain, read_lag=5.0)
    late.twin.edit(late.domain, late.gid, {"title": "Lantern"})
    late.twin.settings(late.domain, read_lag=0.0)
    assert read(late)[0] == "Lantern"
    late.twin.edit(late.domain, late.gid, {"title": "Torch"})
    late.twin.settings(late.domain, read_lag=5.0)
    assert read(late)[0] == "Torch"
