"""Webhooks as an app receives them: headers, signature, bodies, retries and their faults."""

import base64
import hashlib
import hmac
import json
import re
import time

import requests

from tests.twin.conftest import DOMAIN, SECRET

PRODUCT = ("PRODUCTS_UPDATE",)
UPDATE = """mutation($product: ProductUpdateInput!) {
  productUpdate(product: $product) { userErrors { message } } }"""


def retitle(shop, title="Tall lamp"):
    return shop.twin.edit(DOMAIN, shop.gid, {"title": title})


def deliveries(twin, **wanted):
    rows = twin.log(kind="delivery")
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def logged(twin, count, **wanted):
    """Wait until the log tells of so many deliveries."""
    until = time.monotonic() + 60
    while len(found := deliveries(twin, **wanted)) < count:
        assert time.monotonic() < until, found
        time.sleep(0.005)


def subscriptions(shop):
    found = shop.ask("{ webhookSubscriptions(first: 9) { nodes { id } } }")
    return found["data"]["webhookSubscriptions"]["nodes"]


def test_a_delivery_has_the_real_headers_and_a_valid_signature(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    retitle(shop)
    headers, raw = ear.wait(1)[0]
    signed = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    assert headers["X-Shopify-Hmac-Sha256"] == signed
    assert headers["X-Shopify-Topic"] == "products/update"
    assert headers["X-Shopify-Shop-Domain"] == DOMAIN
    assert headers["X-Shopify-API-Version"] == "2026-10"
    assert headers["X-Shopify-Webhook-Id"] != headers["X-Shopify-Event-Id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z", headers["X-Shopify-Triggered-At"])
    assert headers["Content-Type"] == "application/json"


def test_a_products_body_has_whole_ids_money_strings_and_the_shops_hour(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    retitle(shop)
    ear.wait(1)
    body = ear.bodies("products/update")[0]
    variant = body["variants"][0]
    assert body["admin_graphql_api_id"] == f"gid://shopify/Product/{body['id']}" == shop.gid
    assert (body["title"], body["status"], body["tags"]) == ("Tall lamp", "active", "")
    assert (variant["price"], variant["sku"], variant["inventory_policy"]) == (
        "20.00",
        "LAMP-1",
        "deny",
    )
    assert body["updated_at"].endswith("-05:00")
    assert [each["admin_graphql_api_id"] for each in body["variant_gids"]] == [
        variant["admin_graphql_api_id"]
    ]


def test_a_products_body_tells_neither_weight_nor_seo(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    retitle(shop)
    ear.wait(1)
    raw = json.dumps(ear.bodies("products/update")[0])
    assert "seo" not in raw
    assert "weight" not in raw
    assert "grams" not in raw


def test_a_long_product_shows_a_hundred_variants_and_names_all(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_CREATE")
    variants = [{"sku": f"S-{n}", "options": [str(n)]} for n in range(120)]
    shop.twin.create(DOMAIN, {"title": "Long", "variants": variants, "option_names": ["Size"]})
    ear.wait(1)
    body = ear.bodies("products/create")[0]
    assert (len(body["variants"]), len(body["variant_gids"])) == (100, 120)


def test_a_weight_is_told_by_its_inventory_item_only(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", "INVENTORY_ITEMS_UPDATE")
    variant = shop.product["variants"][0]["id"]
    weight = {"value": 2.5, "unit": "KILOGRAMS"}
    shop.twin.edit(DOMAIN, shop.gid, {"variants": [{"id": variant, "weight": weight}]})
    assert ear.settle(shop.twin, 1) == ["inventory_items/update"]
    body = ear.bodies("inventory_items/update")[0]
    assert (body["weight_value"], body["weight_unit"], body["sku"]) == (2.5, "kg", "LAMP-1")


def test_a_sku_is_told_by_item_and_product_under_one_subscription_each(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", "INVENTORY_ITEMS_UPDATE")
    variant = shop.product["variants"][0]["id"]
    shop.twin.edit(DOMAIN, shop.gid, {"variants": [{"id": variant, "sku": "LAMP-9"}]})
    topics = ear.settle(shop.twin, 2)
    assert sorted(topics) == ["inventory_items/update", "products/update"]


def test_our_own_write_comes_back(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    shop.ask(UPDATE, {"product": {"id": shop.gid, "title": "Tall lamp"}})
    assert ear.settle(shop.twin, 1) == ["products/update"]


def test_a_write_without_a_change_fires_as_the_knob_says(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    shop.ask(UPDATE, {"product": {"id": shop.gid, "title": "Lamp"}})
    ear.settle(shop.twin, 1)
    shop.twin.settings(DOMAIN, noop_fires=False)
    shop.ask(UPDATE, {"product": {"id": shop.gid, "title": "Lamp"}})
    assert len(ear.settle(shop.twin, 1)) == 1


def test_a_merchant_saving_nothing_new_is_silent_and_a_touch_is_not(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    retitle(shop, "Lamp")
    shop.twin.touch(DOMAIN, shop.gid)
    assert len(ear.settle(shop.twin, 1)) == 1
    assert shop.twin.log(kind="edit") == []


def test_a_deletion_tells_the_number_alone(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_DELETE")
    number = int(shop.gid.rpartition("/")[2])
    shop.twin.delete(DOMAIN, shop.gid)
    ear.wait(1)
    assert ear.bodies("products/delete") == [{"id": number}]


def test_uninstalling_is_told_last_and_kills_token_and_subscriptions(shop, ear):
    shop.subscribe(ear.url, *PRODUCT, "APP_UNINSTALLED")
    shop.twin.uninstall(DOMAIN)
    retitle(shop)
    assert ear.settle(shop.twin, 1) == ["app/uninstalled"]
    assert ear.bodies("app/uninstalled")[0]["myshopify_domain"] == DOMAIN
    assert shop.post("{ shop { id } }").status_code == 401


def test_the_same_topic_and_address_twice_is_refused(shop, ear):
    first, second = shop.subscribe(ear.url, "PRODUCTS_UPDATE", "PRODUCTS_UPDATE")
    assert first["webhookSubscription"]["uri"] == ear.url
    assert second["webhookSubscription"] is None
    assert second["userErrors"][0]["message"] == "Address for this topic has already been taken"


def test_two_subscriptions_share_the_event_but_not_the_delivery(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    shop.subscribe(f"{ear.url}/again", *PRODUCT)
    retitle(shop)
    heads = [headers for headers, _ in ear.wait(2)]
    assert len({head["X-Shopify-Event-Id"] for head in heads}) == 1
    assert len({head["X-Shopify-Webhook-Id"] for head in heads}) == 2


def test_a_refused_delivery_is_tried_again_with_the_same_id_and_body(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    ear.status = 500
    retitle(shop)
    retitle(shop, "Taller lamp")
    logged(shop.twin, 2, status=500)
    ear.status = 200
    shop.twin.advance(11)
    ear.wait(4)
    bodies = {}
    for headers, raw in ear.heard:
        bodies.setdefault(headers["X-Shopify-Webhook-Id"], []).append(raw)
    assert [len(set(found)) for found in bodies.values()] == [1, 1]
    assert [len(found) for found in bodies.values()] == [2, 2]


def test_after_eight_failed_retries_the_subscription_is_deleted(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    ear.status = 301
    retitle(shop)
    for tries in range(1, 9):
        logged(shop.twin, tries, status=301)
        assert subscriptions(shop), tries
        shop.twin.advance(6000)
    assert ear.settle(shop.twin, 9) == ["products/update"] * 9
    assert subscriptions(shop) == []


def test_an_address_where_nobody_listens_is_logged_and_tried_again(shop):
    shop.subscribe("http://127.0.0.1:9/hooks", *PRODUCT)
    retitle(shop)
    logged(shop.twin, 1, status="ConnectionRefusedError")


def test_held_deliveries_are_released_in_the_order_asked_even_twice(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    shop.twin.settings(DOMAIN, hold=True)
    retitle(shop, "First")
    retitle(shop, "Second")
    first, second = (each["id"] for each in shop.twin.held(DOMAIN))
    assert ear.heard == []
    sent = shop.twin.release(DOMAIN, [second, first, second])
    assert [each["status"] for each in sent] == [200, 200, 200]
    titles = [json.loads(raw)["title"] for _, raw in ear.heard]
    assert titles == ["Second", "First", "Second"]
    assert shop.twin.held(DOMAIN) == []


def test_dropped_deliveries_stand_in_the_log_and_doubled_ones_keep_their_id(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    shop.twin.settings(DOMAIN, drop=1.0)
    retitle(shop, "Lost")
    assert len(deliveries(shop.twin, status="dropped")) == 1
    shop.twin.settings(DOMAIN, drop=0.0, duplicate=1.0)
    retitle(shop, "Twice")
    ear.settle(shop.twin, 2)
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in ear.heard}) == 1


def test_a_delayed_delivery_waits_on_the_twins_clock(shop, ear):
    shop.subscribe(ear.url, *PRODUCT)
    shop.twin.settings(DOMAIN, delay=3600)
    retitle(shop)
    assert shop.twin.is_quiet()
    assert ear.heard == []
    shop.twin.advance(3600)
    ear.wait(1)


def test_an_impatient_shopify_counts_failures_of_all_deliveries_in_a_row(shop, ear):
    """The sources leave open whether eight failures are those of one delivery (3.1)."""
    shop.subscribe(ear.url, *PRODUCT)
    shop.twin.stand_still()
    shop.twin.settings(DOMAIN, impatient=True)
    ear.status = 500
    for number in range(7):
        retitle(shop, f"Lamp {number}")
    shop.twin.advance(0)
    assert len(subscriptions(shop)) == 1
    retitle(shop, "The eighth")
    shop.twin.advance(0)
    assert subscriptions(shop) == []


def test_a_change_of_the_shop_itself_is_told_and_a_new_plan_has_a_bucket_of_its_own(shop, ear):
    shop.subscribe(ear.url, "SHOP_UPDATE")
    shop.twin.change_shop(DOMAIN, name="North & Co", plan="plus")
    ear.wait(1)
    (body,) = ear.bodies("shop/update")
    assert (body["name"], body["plan_name"]) == ("North & Co", "plus")
    status = shop.ask("{ shop { name } }")["extensions"]["cost"]["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (20_000.0, 1000.0)


def test_the_control_api_takes_json_only(shop):
    """Or any page in a person's browser could turn the knobs of a twin on the same machine."""
    url = f"{shop.twin.url}/_twin/reset"
    assert requests.post(url, data="{}", timeout=60).status_code == 400
    assert shop.product
