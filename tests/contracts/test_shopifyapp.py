"""Shopify's current library for Python apps, `shopifyapp`, unchanged, as a client.

What it does is its own business; asserted is that it takes the answers for Shopify's.
"""

import json

import pytest
from shopify_app import ShopifyApp

from stores.shopify.schema import VERSION
from tests.contracts.conftest import REFRESH_TOKEN, _from_environment
from tests.twin.conftest import ear

__all__ = ["ear"]

NEW_SECRET = "shpss_of_the_contract_after_rotation"
PATCH = "/patch-id-token"
LONG_AGO = "2020-01-01T00:00:00Z"
SHOP = "{ shop { myshopifyDomain } }"


@pytest.fixture
def app(place):
    return ShopifyApp(place.client_id, place.secret)


@pytest.fixture
def played_app(played):
    """The same where only the twin can say what is to happen."""
    return ShopifyApp(played.client_id, played.secret)


def ask(app, place, token, query=SHOP, **more):
    return app.admin_graphql_request(
        query, shop=place.shop, access_token=token, api_version=VERSION, **more
    )


def home(address):
    return {"method": "GET", "url": address, "headers": {}, "body": ""}


def details(app, place):
    """The ID token, verified by the library as a request of the App Bridge."""
    headers = {"Authorization": f"Bearer {place.id_token()}"}
    request = {
        "method": "GET",
        "url": "https://app.example.com/api",
        "headers": headers,
        "body": "",
    }
    verified = app.verify_app_home_req(request, PATCH)
    assert verified.ok, verified.log
    assert verified.shop == place.shop
    return verified.id_token


def test_client_credentials_give_a_token_that_works(app, place):
    done = app.exchange_using_client_credentials(place.shop)
    assert done.ok, done.log
    answer = ask(app, place, done.access_token.token)
    assert answer.ok, answer.log
    assert answer.data == {"shop": {"myshopifyDomain": place.domain}}
    assert answer.extensions["cost"]["requestedQueryCost"] == 1


def test_a_wrong_secret_is_an_invalid_client(place):
    done = ShopifyApp(place.client_id, "shpss_wrong").exchange_using_client_credentials(place.shop)
    assert (done.ok, done.log.code) == (False, "invalid_client")


def test_an_unknown_token_is_unauthorized_and_a_wrong_field_an_error(app, place):
    assert ask(app, place, "shpat_unknown").log.code == "unauthorized"
    token = app.exchange_using_client_credentials(place.shop).access_token.token
    wrong = ask(app, place, token, "{ shop { colour } }")
    assert wrong.log.code == "graphql_errors"
    (error,) = json.loads(wrong.response.body)["errors"]
    assert error["extensions"]["code"] == "undefinedField"


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_an_id_token_is_verified_and_exchanged(app, place, mode):
    done = app.exchange_using_token_exchange(mode, details(app, place))
    assert done.ok, done.log
    token = done.access_token
    assert (token.access_mode, token.shop) == (mode, place.shop)
    assert (token.user is not None) == (mode == "online")
    assert token.expires
    assert bool(token.refresh_token) == (mode == "offline")
    assert ask(app, place, token.token).ok


def test_a_token_can_be_had_that_does_not_expire(played_app, played):
    done = played_app.exchange_using_token_exchange(
        "offline", details(played_app, played), expiring=False
    )
    assert done.ok
    assert (done.access_token.expires, done.access_token.refresh_token) == (None, None)


def test_an_expired_token_is_refreshed(app, place):
    if place.twin is None:
        why = "it is used up by the test"
        refresh = {"shop": place.shop, "refresh_token": _from_environment(REFRESH_TOKEN, why)}
    else:
        token = app.exchange_using_token_exchange("offline", details(app, place)).access_token
        refresh = {"shop": token.shop, "refresh_token": token.refresh_token}
    old = {**refresh, "access_mode": "offline", "token": "", "scope": "", "expires": LONG_AGO}
    done = app.refresh_token_exchanged_access_token(old)
    assert done.ok, done.log
    assert done.access_token.refresh_token != refresh["refresh_token"]
    assert ask(app, place, done.access_token.token).ok


def test_a_stale_id_token_asks_the_app_bridge_to_retry(played_app, played):
    id_token = details(played_app, played)
    played.twin.advance(90)
    done = played_app.exchange_using_token_exchange("offline", id_token)
    assert (done.ok, done.log.code) == (False, "invalid_subject_token")
    assert done.response.status == 401


def test_the_embedded_page_is_verified_by_its_address(played_app, played):
    address = played.twin.visit(played.domain, played.client_id)["address"]
    verified = played_app.verify_app_home_req(home(address), PATCH)
    assert verified.ok, verified.log
    assert verified.shop == played.shop
    assert played_app.exchange_using_token_exchange("offline", verified.id_token).ok


def delivered(played, ear, *, secret):
    """One webhook as the library's request."""
    played.twin.deploy(
        played.client_id, subscriptions=[{"topics": ["products/update"], "uri": ear.url}]
    )
    gid = played.twin.state(played.domain)["products"][0]["id"]
    played.twin.edit(played.domain, gid, {"title": f"Lamp {secret}"})
    headers, body = ear.wait(1)[0]
    return {"method": "POST", "url": ear.url, "headers": headers, "body": body.decode()}


def test_a_webhook_is_verified_and_a_changed_one_is_not(played_app, played, ear):
    request = delivered(played, ear, secret=1)
    verified = played_app.verify_webhook_req(request)
    assert verified.ok, verified.log
    assert verified.shop == played.shop
    forged = {**request, "body": request["body"].replace("Lamp", "Lump")}
    assert played_app.verify_webhook_req(forged).log.code == "invalid_hmac"


def test_after_a_rotation_the_old_secret_still_signs_until_it_is_revoked(played, ear):
    played.twin.deploy(played.client_id, secret=NEW_SECRET)
    request = delivered(played, ear, secret=1)
    assert not ShopifyApp(played.client_id, NEW_SECRET).verify_webhook_req(request).ok
    both = ShopifyApp(played.client_id, NEW_SECRET, old_client_secret=played.secret)
    assert both.verify_webhook_req(request).ok
    ear.heard.clear()
    played.twin.revoke_secret(played.client_id, played.secret)
    assert (
        ShopifyApp(played.client_id, NEW_SECRET)
        .verify_webhook_req(delivered(played, ear, secret=2))
        .ok
    )


def test_an_event_is_verified_by_the_same_library(played_app, played, ear):
    event = {"handle": "hub", "topic": "Product", "uri": ear.url}
    played.twin.deploy(played.client_id, events=[event])
    played.twin.settings(events=True)
    gid = played.twin.state(played.domain)["products"][0]["id"]
    played.twin.edit(played.domain, gid, {"title": "Tall lamp"})
    headers, body = ear.wait(1)[0]
    request = {"method": "POST", "url": ear.url, "headers": headers, "body": body.decode()}
    verified = played_app.verify_webhook_req(request)
    assert (verified.ok, verified.shop) == (True, played.shop)


def test_client_credentials_are_refused_outside_of_the_organisation(played_app, played):
    played.twin.add_shop("foreign.myshopify.com", organization="globex")
    played.twin.install("foreign.myshopify.com", played.client_id)
    done = played_app.exchange_using_client_credentials("foreign")
    assert not done.ok
    assert "shop_not_permitted" in done.log.detail
