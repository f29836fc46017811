"""The pages: a person's edit in the admin, and what a shopper sees."""

import re
from html import unescape

import requests

from stores.twin.clock import Clock
from stores.twin.seeds import DEMO_SHOPS, seed_demo
from stores.twin.world import Twin
from tests.twin.conftest import APP, DOMAIN


def form_of(url):
    """What a browser would send back: every field of the page as it stands."""
    text = requests.get(url, timeout=5).text
    fields = {}
    for tag in re.findall(r"<input[^>]*>", text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag or "checked" in tag:
            fields[name[1]] = unescape(value[1]) if value else "on"
    for name, inside in re.findall(
        r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', text, re.DOTALL
    ):
        fields[name] = unescape(inside)
    for name, inside in re.findall(r'<select name="([^"]+)">(.*?)</select>', text, re.DOTALL):
        fields[name] = re.search(r"<option selected>(\w+)", inside)[1]
    return fields


def product_url(shop):
    return f"{shop.url}/admin/products/{shop.gid.rpartition('/')[2]}"


def test_saving_the_form_untouched_changes_and_fires_nothing(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", "INVENTORY_ITEMS_UPDATE")
    requests.post(product_url(shop), form_of(product_url(shop)), timeout=5).raise_for_status()
    assert shop.twin.log(kind="edit") == []
    assert ear.settle(shop.twin, 0) == []


def test_an_edit_of_product_and_variant_in_the_form_fires_exactly_one_update(shop, ear):
    shop.subscribe(ear.url, "PRODUCTS_UPDATE", "INVENTORY_ITEMS_UPDATE")
    number = shop.product["variants"][0]["id"].rpartition("/")[2]
    changes = {"title": "Tall & bright", "tags": "b, A, a", f"{number}.price": "21.5"}
    answer = requests.post(product_url(shop), {**form_of(product_url(shop)), **changes}, timeout=5)
    assert "Saved." in answer.text
    assert ear.settle(shop.twin, 1) == ["products/update"]
    product = shop.product
    assert (product["title"], product["tags"]) == ("Tall & bright", ["A", "b"])
    assert product["variants"][0]["price"] == "21.50"
    assert {row["by"] for row in shop.twin.log(kind="edit")} == {"merchant"}


def test_a_bad_value_in_the_form_is_told_and_changes_nothing(shop):
    form = {**form_of(product_url(shop)), "title": " ", "vendor": "Other"}
    answer = requests.post(product_url(shop), form, timeout=5)
    assert "Title can&#x27;t be blank" in answer.text
    assert shop.product["vendor"] == ""


def test_what_a_merchant_writes_is_escaped(shop):
    shop.twin.edit(DOMAIN, shop.gid, {"title": "<script>alert(1)</script>"})
    for url in (shop.url, f"{shop.url}/admin", product_url(shop)):
        assert "<script" not in requests.get(url, timeout=5).text


def test_a_shopper_sees_active_products_in_the_shops_currency(shop):
    shop.twin.create(DOMAIN, {"title": "Secret plan", "status": "DRAFT"})
    text = requests.get(shop.url, timeout=5).text
    assert "Lamp" in text
    assert "20.00 USD" in text
    assert "Secret plan" not in text


def test_the_admin_uninstalls_an_app(shop):
    answer = requests.post(f"{shop.url}/admin/do/uninstall", {"client_id": APP}, timeout=5)
    assert answer.ok
    assert shop.post("{ shop { id } }").status_code == 401


def test_a_shop_answers_by_its_host_name_too(shop):
    answer = requests.get(f"{shop.twin.url}/admin", headers={"Host": DOMAIN}, timeout=5)
    assert "Lamp" in answer.text


def test_the_front_page_lists_the_shops(shop):
    text = requests.get(shop.twin.url, timeout=5).text
    assert f'href="/shops/{DOMAIN}/admin"' in text


def test_the_seeds_are_three_shops_with_shared_and_with_ambiguous_skus():
    twins = [Twin(Clock()) for _ in range(2)]
    for twin in twins:
        seed_demo(twin)
    shops = [twins[0].shops[domain] for domain in DEMO_SHOPS]
    skus = [[v.values["sku"] for v in shop.variants.values()] for shop in shops]
    assert 36 <= len(shops[0].products) <= 48
    assert all(0.4 < len(set(other) & set(skus[0])) / len(set(skus[0])) < 0.8 for other in skus[1:])
    assert None in skus[1]
    assert len(skus[1]) > len(set(skus[1]))
    again = [twins[1].shops[domain] for domain in DEMO_SHOPS]
    values = [[p.values for p in shop.products.values()] for shop in shops]
    assert values == [[p.values for p in shop.products.values()] for shop in again]
