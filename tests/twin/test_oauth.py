"""The code grant, as an app's browser and server go through it."""

import hashlib
import hmac
import re
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from stores.twin.oauth import sign
from stores.twin.packing import signature
from tests.twin.conftest import APP, DOMAIN, REDIRECT, SECRET

ASKED = {"client_id": APP, "scope": "read_products,write_products", "state": "n0nce"}


@pytest.fixture
def shop_url(twin):
    twin.add_shop(DOMAIN)
    return f"{twin.url}/shops/{DOMAIN}"


def consent(shop_url, **changes):
    asked = {**ASKED, "redirect_uri": REDIRECT, **changes}
    return requests.get(
        f"{shop_url}/admin/oauth/authorize", params=asked, timeout=60, allow_redirects=False
    )


def approved(shop_url, *, withhold=(), **changes):
    """What the app's callback is told after the merchant's yes."""
    shown = consent(shop_url, **changes)
    form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', shown.text))
    form |= {f"withhold.{scope}": "on" for scope in withhold}
    answer = requests.post(shown.url, form, timeout=60, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{REDIRECT}?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def exchange(shop_url, *, form=False, **asked):
    body = {"client_id": APP, "client_secret": SECRET, **asked}
    kind = {"data": body} if form else {"json": body}
    return requests.post(f"{shop_url}/admin/oauth/access_token", timeout=60, **kind)


def works(shop_url, token):
    return requests.post(
        f"{shop_url}/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { id } }"},
        headers={"X-Shopify-Access-Token": token},
        timeout=60,
    ).ok


def test_the_signatures_match_the_vectors_of_shopifys_libraries():
    query = {
        "code": "abc123",
        "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvdHdpbi1vbmU",
        "shop": "twin-one.myshopify.com",
        "state": "n0nce",
        "timestamp": "1790000000",
    }
    expected = "36c0f13afaa38a1448f1c04e83fff430acbb3b568035e22ab6d7e96022754723"
    assert sign(query, "hush-test-secret") == expected
    body = b'{"id":8001}'
    assert signature(body, "hush-test-secret") == "8/MGee4ftnnb9cBFTiKe44MKXOd/LFlYFZsc9vcDTTw="


def test_the_callback_is_signed_dated_and_carries_the_state(shop_url):
    query = approved(shop_url)
    given = query.pop("hmac")
    message = "&".join(f"{key}={query[key]}" for key in sorted(query))
    assert given == hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()
    assert (query["state"], query["shop"]) == ("n0nce", DOMAIN)
    assert abs(time.time() - int(query["timestamp"])) < 60
    assert set(query) == {"code", "host", "shop", "state", "timestamp"}


@pytest.mark.parametrize("form", [True, False])
def test_a_code_gives_an_expiring_token_once(shop_url, form):
    code = approved(shop_url)["code"]
    granted = exchange(shop_url, form=form, code=code, expiring="1").json()
    assert granted["scope"] == ASKED["scope"]
    assert (granted["expires_in"], granted["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert works(shop_url, granted["access_token"])
    again = exchange(shop_url, code=code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_request"})


def test_a_wrong_secret_gets_no_token_and_does_not_use_up_the_code(shop_url):
    code = approved(shop_url)["code"]
    assert exchange(shop_url, code=code, client_secret="other").json()["error"] == "invalid_client"
    assert exchange(shop_url, code=code).ok


def test_an_expired_token_is_renewed_by_its_refresh_token(twin, shop_url):
    first = exchange(shop_url, code=approved(shop_url)["code"], expiring="1").json()
    twin.advance(3601)
    assert not works(shop_url, first["access_token"])
    renew = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = exchange(shop_url, **renew).json()
    assert works(shop_url, second["access_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert exchange(shop_url, **renew).ok, "a replay is tolerated until the new one is used"


def test_a_used_refresh_token_dies_when_its_successor_is_used(shop_url):
    first = exchange(shop_url, code=approved(shop_url)["code"], expiring="1").json()
    renew = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = exchange(shop_url, **renew).json()
    assert exchange(shop_url, **{**renew, "refresh_token": second["refresh_token"]}).ok
    dead = exchange(shop_url, **renew)
    assert (dead.status_code, dead.json()) == (401, {"error": "invalid_request"})


def test_a_foreign_redirect_and_an_unknown_app_are_refused(shop_url):
    assert consent(shop_url, redirect_uri="https://evil.example.com/").status_code == 400
    assert consent(shop_url, client_id="stranger").status_code == 400


def test_consent_can_be_automatic(twin, shop_url):
    twin.settings(auto_approve=True)
    assert consent(shop_url).headers["Location"].startswith(REDIRECT)


def test_an_app_without_a_token_is_told_so_in_shopifys_words(shop_url):
    answer = requests.post(f"{shop_url}/admin/api/2026-10/graphql.json", json={}, timeout=60)
    said = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    assert (answer.status_code, answer.json()) == (401, {"errors": said})
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"
    assert answer.headers["X-Request-ID"]
