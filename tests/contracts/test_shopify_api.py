"""Shopify's older library, `ShopifyAPI` (PyPI 12.7), unchanged, as a client.

It knows the code grant, session tokens and GraphQL; token exchange came after it.
"""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import shopify
from shopify import session_token

from stores.shopify.schema import VERSION
from tests.contracts.conftest import REDIRECT


@pytest.fixture
def session(played):
    shopify.Session.setup(api_key=played.client_id, secret=played.secret)
    yield shopify.Session(played.domain, VERSION)
    shopify.ShopifyResource.clear_session()


def approved(address):
    """The merchant's browser: open the page, press the button, follow the redirect's address."""
    shown = requests.get(address, timeout=60)
    form = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', shown.text))
    answer = requests.post(shown.url, form, timeout=60, allow_redirects=False)
    assert answer.headers["Location"].startswith(f"{REDIRECT}?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def test_an_app_is_installed_by_the_code_grant_and_asks(session, played):
    address = session.create_permission_url(["write_products"], REDIRECT, "n0nce")
    assert address.startswith(f"https://{played.domain}/admin/oauth/authorize?")
    params = approved(address)
    assert params["state"] == "n0nce"
    session.request_token(params)
    assert str(session.access_scopes) == "write_products"
    shopify.ShopifyResource.activate_session(session)
    answer = json.loads(shopify.GraphQL().execute("{ shop { myshopifyDomain } }"))
    assert answer["data"] == {"shop": {"myshopifyDomain": played.domain}}


def test_a_code_works_once(session):
    params = approved(session.create_permission_url(["write_products"], REDIRECT))
    assert "state" not in params
    session.request_token(params)
    session.token = None
    with pytest.raises(shopify.session.urllib.error.HTTPError, match="400"):
        session.request_token(params)


def test_a_changed_callback_is_refused_by_the_library(session):
    params = approved(session.create_permission_url(["write_products"], REDIRECT, "n0nce"))
    with pytest.raises(shopify.ValidationException):
        session.request_token({**params, "shop": "evil.myshopify.com"})


def test_a_session_token_is_decoded(session, place):
    header = f"Bearer {place.id_token()}"
    claims = session_token.decode_from_header(header, place.client_id, place.secret)
    assert claims["dest"] == f"https://{place.domain}"
