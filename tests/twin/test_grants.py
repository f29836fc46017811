"""Installation by Shopify, scopes that come and go, the end of an installation, privacy law.

Source: shopify-platform.md 1.8 and 3.3; the embedded admin: 8.
"""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests

from stores.twin.oauth import sign
from tests.twin.conftest import APP, DOMAIN, SECRET

HOME = "https://app.example.com"
SCOPES = "{ currentAppInstallation { accessScopes { handle } app { apiKey } } }"
REVOKE = """mutation($scopes: [String!]!) { appRevokeAccessScopes(scopes: $scopes) {
  revoked { handle } userErrors { field code } } }"""


@pytest.fixture
def embedded(shop, ear):
    """An embedded app with optional scopes whose configuration names the ear for everything."""
    topics = ["app/uninstalled", "app/scopes_update"]
    laws = ["customers/data_request", "customers/redact", "shop/redact"]
    shop.twin.deploy(
        APP,
        url=HOME,
        scopes=["read_products"],
        optional_scopes=["write_products", "read_locations"],
        subscriptions=[{"topics": topics, "compliance_topics": laws, "uri": ear.url}],
    )
    shop.twin.grant(DOMAIN, APP, ["read_products"])
    ear.settle(shop.twin, 1)
    ear.heard.clear()
    return shop


def handles(shop):
    nodes = shop.ask(SCOPES)["data"]["currentAppInstallation"]["accessScopes"]
    return [node["handle"] for node in nodes]


def open_app(shop, **options):
    return requests.get(f"{shop.url}/admin/apps/{APP}", timeout=60, **options)


def frame_of(answer):
    """The address that the page of the admin frames."""
    return unescape(re.search(r'<iframe src="([^"]+)"', answer.text)[1])


def test_opening_an_app_for_the_first_time_asks_the_merchant_and_installs_it(embedded, ear):
    embedded.twin.uninstall(DOMAIN)
    asked = open_app(embedded)
    assert "read_products" in asked.text
    assert "<iframe" not in asked.text
    opened = requests.post(f"{embedded.url}/admin/apps/{APP}", timeout=60)
    assert frame_of(opened).startswith(f"{HOME}/?")
    token = embedded.twin.install(DOMAIN, APP)
    embedded.token = token
    assert handles(embedded) == ["read_products"]


def test_the_frame_leads_to_the_app_with_all_that_shopify_appends_and_signs(embedded):
    address = urlsplit(frame_of(open_app(embedded)))
    query = dict(parse_qsl(address.query))
    assert set(query) == {
        "embedded",
        "hmac",
        "host",
        "id_token",
        "locale",
        "session",
        "shop",
        "timestamp",
    }
    assert (query["embedded"], query["shop"]) == ("1", DOMAIN)
    assert query["hmac"] == sign(query, SECRET)
    claims = jwt.decode(query["id_token"], SECRET, algorithms=["HS256"], audience=APP)
    assert claims["sid"] == query["session"]


def test_a_page_of_the_app_keeps_its_path(embedded):
    answer = requests.get(f"{embedded.url}/admin/apps/{APP}/stores/7", timeout=60)
    assert urlsplit(frame_of(answer)).path == "/stores/7"


def test_the_frames_doors_give_id_tokens_and_scopes(embedded, ear):
    doors = f"{embedded.url}/admin/app_bridge/{APP}"
    token = requests.get(f"{doors}/id_token", timeout=60).json()["id_token"]
    assert jwt.decode(token, SECRET, algorithms=["HS256"], audience=APP)["dest"].endswith(DOMAIN)
    told = requests.post(f"{doors}/scopes", json={"request": ["write_products"]}, timeout=60)
    assert told.json() == {
        "granted": ["read_products", "write_products"],
        "required": ["read_products"],
        "optional": ["write_products", "read_locations"],
    }
    refused = requests.post(f"{doors}/scopes", json={"request": ["read_orders"]}, timeout=60)
    assert (refused.status_code, "read_orders" in refused.json()["error"]) == (400, True)
    ear.wait(1)
    (body,) = ear.bodies("app/scopes_update")
    assert (body["previous"], body["current"]) == (
        ["read_products"],
        ["read_products", "write_products"],
    )
    assert body["shop_id"].startswith("gid://shopify/Shop/")


def test_optional_scopes_are_given_back_and_required_ones_are_not(embedded, ear):
    embedded.twin.grant(DOMAIN, APP, ["read_products", "write_products"])
    done = embedded.ask(REVOKE, {"scopes": ["write_products"]})["data"]["appRevokeAccessScopes"]
    assert done == {"revoked": [{"handle": "write_products"}], "userErrors": []}
    assert handles(embedded) == ["read_products"]
    assert len(ear.settle(embedded.twin, 2)) == 2
    for scope, code in {
        "read_products": "CANNOT_REVOKE_REQUIRED_SCOPES",
        "read_orders": "CANNOT_REVOKE_UNDECLARED_SCOPES",
    }.items():
        done = embedded.ask(REVOKE, {"scopes": [scope]})["data"]["appRevokeAccessScopes"]
        assert done["userErrors"] == [{"field": ["scopes", "0"], "code": code}]


def test_a_version_that_asks_for_more_waits_for_consent_and_less_is_gone_at_once(embedded):
    embedded.twin.deploy(APP, scopes=["read_products", "read_inventory"])
    assert handles(embedded) == ["read_products"]
    assert "read_inventory" in open_app(embedded).text
    requests.post(f"{embedded.url}/admin/apps/{APP}", timeout=60).raise_for_status()
    assert handles(embedded) == ["read_products", "read_inventory"]
    embedded.twin.deploy(APP, scopes=["read_inventory"])
    assert handles(embedded) == ["read_inventory"]


def test_a_grant_that_changes_nothing_is_silent(embedded, ear):
    embedded.twin.grant(DOMAIN, APP, ["read_products"])
    assert ear.settle(embedded.twin, 0) == []


def test_an_uninstalled_shop_is_to_be_forgotten_two_days_later(embedded, ear):
    embedded.twin.stand_still()
    embedded.twin.uninstall(DOMAIN)
    embedded.twin.advance(48 * 3600 - 1)
    assert ear.settle(embedded.twin, 1) == ["app/uninstalled"]
    embedded.twin.advance(1)
    assert ear.settle(embedded.twin, 2) == ["app/uninstalled", "shop/redact"]
    (body,) = ear.bodies("shop/redact")
    assert body["shop_domain"] == DOMAIN
    assert isinstance(body["shop_id"], int)


def test_a_shop_that_is_back_by_then_is_not_forgotten(embedded, ear):
    embedded.twin.stand_still()
    embedded.twin.uninstall(DOMAIN)
    embedded.twin.install(DOMAIN, APP)
    embedded.twin.advance(49 * 3600)
    assert ear.settle(embedded.twin, 1) == ["app/uninstalled"]


def test_a_reinstall_has_a_new_token_and_only_the_configured_subscriptions(embedded, ear):
    embedded.subscribe(ear.url, "PRODUCTS_UPDATE")
    before = embedded.token
    embedded.twin.uninstall(DOMAIN)
    embedded.token = embedded.twin.install(DOMAIN, APP)
    assert embedded.token != before
    assert embedded.ask("{ webhookSubscriptionsCount { count } }")["data"] == {
        "webhookSubscriptionsCount": {"count": 0}
    }
    embedded.twin.grant(DOMAIN, APP, ["write_products"])
    assert sorted(ear.settle(embedded.twin, 2)) == ["app/scopes_update", "app/uninstalled"]


def test_an_app_uninstalls_itself_by_a_mutation(embedded, ear):
    text = "mutation { appUninstall { app { apiKey } userErrors { message } } }"
    done = embedded.ask(text)["data"]["appUninstall"]
    assert done == {"app": {"apiKey": APP}, "userErrors": []}
    assert embedded.post("{ shop { id } }").status_code == 401
    assert ear.settle(embedded.twin, 1) == ["app/uninstalled"]


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_privacy_laws_topics_come_on_demand(embedded, ear, topic):
    embedded.twin.comply(DOMAIN, APP, topic, customer={"id": 7, "email": "a@b.c", "phone": None})
    ear.wait(1)
    (body,) = ear.bodies(topic)
    assert (body["shop_domain"], body["customer"]["id"]) == (DOMAIN, 7)


def test_no_api_can_subscribe_to_privacy_laws_topics(embedded, ear):
    text = """mutation($uri: String!) { webhookSubscriptionCreate(topic: SHOP_REDACT,
      webhookSubscription: {uri: $uri}) { userErrors { message } } }"""
    assert "errors" in embedded.ask(text, {"uri": ear.url})
