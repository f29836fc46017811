"""Tokens over HTTP: the exchange of a code, the refresh of a pair, and how they end."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from stores.shopify.errors import AccessRevoked, PlatformDown, Refused, Transient
from stores.shopify.oauth import authorize_url, exchange_code, refresh_token
from stores.shopify.shop import (
    create_subscription,
    delete_subscription,
    locations,
    shop_identity,
    subscriptions,
)
from stores.shopify.types import Credentials, base_url

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
APP = Credentials("client-1", "shpss_hidden", "shpss_older")
PAIR = {
    "access_token": "shpat_new",
    "scope": "read_products,write_products",
    "expires_in": 3600,
    "refresh_token": "shprt_new",
    "refresh_token_expires_in": 7776000,
}


def refreshed(shopify):
    return refresh_token(base_url=shopify.url, credentials=APP, token="shprt_old", now=NOW)


def exchanged(shopify):
    return exchange_code(base_url=shopify.url, credentials=APP, code="c", now=NOW)


def test_a_merchant_is_sent_to_the_shops_own_consent_page():
    url = urlsplit(
        authorize_url(
            base_url=base_url("north.myshopify.com"),
            client_id="client-1",
            scopes=["read_products", "write_products"],
            redirect_uri="https://sync.example/shopify/callback/",
            state="n0nce",
        )
    )
    assert (url.netloc, url.path) == ("north.myshopify.com", "/admin/oauth/authorize")
    assert parse_qs(url.query)["scope"] == ["read_products,write_products"]
    assert parse_qs(url.query)["state"] == ["n0nce"]


def test_the_twin_stands_in_for_every_shop():
    assert base_url("a.myshopify.com", "http://localhost:1") == (
        "http://localhost:1/shops/a.myshopify.com"
    )


def test_a_code_becomes_an_expiring_pair(shopify):
    shopify.say(PAIR)
    token = exchanged(shopify)
    path, _, asked = shopify.asked[0]
    assert path == "/admin/oauth/access_token"
    assert (asked["code"], asked["client_secret"], asked["expiring"]) == ("c", "shpss_hidden", "1")
    assert (token.access_token, token.refresh_token) == ("shpat_new", "shprt_new")
    assert token.expires_at == NOW + timedelta(hours=1)
    assert token.scopes == ("read_products", "write_products")
    assert "shp" not in repr(token) + repr(APP)


def test_a_token_that_never_expires_has_no_instant(shopify):
    shopify.say({"access_token": "shpat_new", "scope": ""})
    token = exchanged(shopify)
    assert (token.expires_at, token.refresh_token, token.scopes) == (None, None, ())


def test_a_used_code_is_refused(shopify):
    shopify.say({"error": "invalid_request"}, status=400)
    with pytest.raises(Refused) as refusal:
        exchanged(shopify)
    assert refusal.value.code == "invalid_request"


@pytest.mark.parametrize("status", [400, 401])
def test_a_dead_refresh_token_means_access_is_gone(shopify, status):
    shopify.say({"error": "invalid_request"}, status=status)
    with pytest.raises(AccessRevoked):
        refreshed(shopify)


def test_a_refresh_during_an_outage_may_be_tried_again(shopify):
    shopify.say({}, status=503)
    shopify.say(status=0)
    shopify.say(b"<html>")
    shopify.say({"scope": "x"})
    with pytest.raises(PlatformDown):
        refreshed(shopify)
    for _ in range(3):
        with pytest.raises(Transient):
            refreshed(shopify)


def test_a_shop_says_who_it_is_and_what_the_token_may_do(shopify):
    shop = {
        "id": "gid://shopify/Shop/1",
        "name": "North",
        "myshopifyDomain": "north.myshopify.com",
        "currencyCode": "USD",
        "ianaTimezone": "Europe/Zurich",
        "plan": {"publicDisplayName": "Plus"},
    }
    scopes = {"accessScopes": [{"handle": "read_products"}]}
    shopify.say({"data": {"shop": shop, "currentAppInstallation": scopes}})
    identity = shop_identity(shopify.session)
    assert (identity.gid, identity.currency, identity.plan) == (shop["id"], "USD", "Plus")
    assert identity.timezone == "Europe/Zurich"
    assert identity.scopes == ("read_products",)


def test_subscriptions_are_read_over_all_pages(shopify):
    for number, more in ((1, True), (2, False)):
        node = {"id": f"gid://shopify/W/{number}", "topic": "SHOP_UPDATE", "uri": "https://a"}
        info = {"hasNextPage": more, "endCursor": "c"}
        shopify.say({"data": {"webhookSubscriptions": {"nodes": [node], "pageInfo": info}}})
    assert [found.gid[-1] for found in subscriptions(shopify.session)] == ["1", "2"]


def test_a_refused_subscription_says_why_in_shopifys_words(shopify):
    taken = "Address for this topic has already been taken"
    errors = [{"field": ["webhookSubscription", "uri"], "message": taken}]
    payload = {"webhookSubscription": None, "userErrors": errors}
    shopify.say({"data": {"webhookSubscriptionCreate": payload}})
    with pytest.raises(Refused, match=taken):
        create_subscription(shopify.session, topic="SHOP_UPDATE", uri="https://a")


def test_a_subscription_is_made_and_taken_away(shopify):
    node = {"id": "gid://shopify/W/1", "topic": "SHOP_UPDATE", "uri": "https://a"}
    made = {"webhookSubscription": node, "userErrors": []}
    shopify.say({"data": {"webhookSubscriptionCreate": made}})
    shopify.say({"data": {"webhookSubscriptionDelete": {"userErrors": []}}})
    found = create_subscription(shopify.session, topic="SHOP_UPDATE", uri="https://a")
    delete_subscription(shopify.session, found.gid)
    assert [asked["variables"] for _, _, asked in shopify.asked] == [
        {"topic": "SHOP_UPDATE", "uri": "https://a", "namespaces": []},
        {"id": "gid://shopify/W/1"},
    ]


def test_a_closed_location_still_shows(shopify):
    node = {"id": "gid://shopify/Location/1", "name": "Attic", "isActive": False}
    info = {"hasNextPage": False, "endCursor": None}
    shopify.say({"data": {"locations": {"nodes": [node], "pageInfo": info}}})
    (found,) = locations(shopify.session)
    assert (found.gid, found.name, found.active) == (node["id"], "Attic", False)
