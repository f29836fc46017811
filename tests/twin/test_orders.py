"""Orders take stock: shopify-platform.md 3.4 and 6."""

import pytest
import requests

TOPICS = ("INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE")


@pytest.fixture
def lamp(shop):
    return shop.product["variants"][0]["id"]


def buy(shop, lamp, quantity=1, **more):
    return shop.twin.order(shop.domain, {"variant": lamp, "quantity": quantity}, **more)


def test_an_order_commits_stock_and_tells_level_and_product(house, ear, lamp):
    house.shop.subscribe(ear.url, *TOPICS)
    order = buy(house.shop, lamp, 2)
    assert order["state"] == "open"
    assert house.stock() == {"available": 3, "committed": 2, "on_hand": 5}
    topics = sorted(ear.settle(house.shop.twin, 2))
    assert topics == ["inventory_levels/update", "products/update"]
    assert ear.bodies("inventory_levels/update")[0]["available"] == 3


def test_a_fulfilled_order_leaves_the_house(house, ear, lamp):
    order = buy(house.shop, lamp, 2)
    house.shop.subscribe(ear.url, *TOPICS)
    house.shop.twin.fulfill(house.shop.domain, order["id"])
    assert house.stock() == {"available": 3, "on_hand": 3}
    assert ear.settle(house.shop.twin, 1) == ["inventory_levels/update"]


@pytest.mark.parametrize(
    ("restock", "left"),
    [(True, {"available": 5, "on_hand": 5}), (False, {"available": 3, "on_hand": 3})],
)
def test_a_cancelled_order_gives_its_stock_back_if_it_is_restocked(house, lamp, restock, left):
    order = buy(house.shop, lamp, 2)
    house.shop.twin.cancel(house.shop.domain, order["id"], restock=restock)
    assert house.stock() == left
    with pytest.raises(RuntimeError, match="is cancelled"):
        house.shop.twin.fulfill(house.shop.domain, order["id"])


def test_what_is_sold_out_is_refused_unless_the_shop_sells_on(house, lamp):
    with pytest.raises(RuntimeError, match="Only 5 of Lamp are available"):
        buy(house.shop, lamp, 6)
    buy(house.shop, lamp, 6, oversell=True)
    assert house.stock() == {"available": -1, "committed": 6, "on_hand": 5}
    values = {"variants": [{"id": lamp, "inventoryPolicy": "CONTINUE"}]}
    house.shop.twin.edit(house.shop.domain, house.shop.gid, values)
    buy(house.shop, lamp)
    assert house.stock()["available"] == -2


def test_an_untracked_item_is_sold_without_moving_stock(house, lamp):
    house.shop.twin.edit(
        house.shop.domain, house.shop.gid, {"variants": [{"id": lamp, "tracked": False}]}
    )
    buy(house.shop, lamp, 9)
    assert house.stock() == {"available": 5, "on_hand": 5}


def test_an_order_takes_from_a_place_that_has_enough_and_serves_the_web(house, lamp):
    far = house.second_place()
    house.shop.twin.count_stock(house.shop.domain, lamp, far, available=8)
    buy(house.shop, lamp, 7)
    assert (house.stock()["available"], house.stock(far)["available"]) == (5, 1)
    house.shop.twin.alter_location(house.shop.domain, house.place, fulfills_online=False)
    buy(house.shop, lamp)
    assert (house.stock()["available"], house.stock(far).get("available")) == (5, None)


def test_the_log_tells_a_sale_as_a_shoppers_edit_of_its_order(house, lamp):
    order = buy(house.shop, lamp, 2)
    rows = house.shop.twin.log(kind="edit", by="shopper")
    assert [(row["attribute"], row["old"], row["new"], row["order"]) for row in rows] == [
        (f"available@{house.place}", 5, 3, order["id"]),
        (f"committed@{house.place}", 0, 2, order["id"]),
    ]


def test_committed_stock_holds_an_item_where_it_is(house, lamp):
    house.shop.twin.open_location(house.shop.domain, name="Annex")
    house.activate(house.shop.twin.state(house.shop.domain)["locations"][1]["id"])
    buy(house.shop, lamp)
    assert "committed" in house.deactivate(house.place)["userErrors"][0]["message"]
    with pytest.raises(RuntimeError, match="pending orders"):
        house.shop.twin.alter_location(house.shop.domain, house.place, "deactivate")


def test_an_app_reads_orders(shop, lamp):
    shop.token = shop.twin.install(shop.domain, "probe-app", ["read_orders", "read_products"])
    order = buy(shop, lamp, 2)
    text = """{ orders(first: 2) { nodes { id name displayFulfillmentStatus cancelledAt
      lineItems(first: 2) { nodes { title sku quantity variant { id } } } } } }"""
    unsorted = shop.ask("{ orders(first: 2, sortKey: TOTAL_PRICE) { nodes { id } } }")
    assert unsorted["errors"][0]["extensions"]["code"] == "TWIN_UNIMPLEMENTED"
    line = {"title": "Lamp", "sku": "LAMP-1", "quantity": 2, "variant": {"id": lamp}}
    assert shop.ask(text)["data"]["orders"]["nodes"] == [
        {
            "id": order["id"],
            "name": "#1001",
            "displayFulfillmentStatus": "UNFULFILLED",
            "cancelledAt": None,
            "lineItems": {"nodes": [line]},
        }
    ]


def test_a_shopper_buys_at_the_storefront_until_it_is_sold_out(shop, lamp):
    number = lamp.rpartition("/")[2]
    first = requests.get(f"{shop.url}/", timeout=10)
    assert "5 left" in first.text
    for _ in range(5):
        page = requests.post(f"{shop.url}/buy", {"variant": number}, timeout=10)
    assert "Sold out" in page.text
    refused = requests.post(f"{shop.url}/buy", {"variant": number}, timeout=10)
    assert (refused.status_code, "are available" in refused.text) == (400, True)
    assert len(shop.twin.state(shop.domain)["orders"]) == 5
