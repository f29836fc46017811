"""Workspaces, stores and signed deliveries as the tests of this app need them."""

import json
from itertools import count
from urllib.parse import parse_qsl, urlsplit

import requests

from stores.domain.scopes import ASKED
from stores.enums import Mode
from stores.models import Organization, Store, Workspace
from stores.shopify.signing import webhook_signature
from syncqueue.models import Channel

APP, PUBLIC = "client-1", "http://testserver"
SECRET = "shpss_of_the_default_app"
PREVIOUS = "shpss_before_rotation"
DOMAIN = "north.myshopify.com"
ADDRESS = "/webhooks/shopify/"
_numbers = count(1)


def make_workspace(name="Acme"):
    return Workspace.objects.create(name=name, slug=f"{name.lower()}-{next(_numbers)}")


def make_organization(workspace):
    return Organization.objects.create(
        workspace=workspace,
        name="Plus",
        client_id="client-plus",
        client_secret="shpss_of_an_own_app",
    )


def make_store(domain=DOMAIN, **fields):
    return Store.objects.create(
        workspace=fields.pop("workspace", None) or make_workspace(),
        channel=Channel.objects.create(name=domain),
        domain=domain,
        **{
            "shop_gid": f"gid://shopify/Shop/{next(_numbers)}",
            "mode": Mode.IMPORTING,
            "currency": "USD",
            **fields,
        },
    )


def consented(address):
    """The merchant consents at this address: what Shopify sends the browser back with."""
    back = requests.get(address, allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


def consented_code(twin):
    """A code for the app's tokens, straight from the shop's consent."""
    scopes = ",".join(ASKED)
    asked = f"client_id={APP}&scope={scopes}&redirect_uri={PUBLIC}/x&state=s"
    return consented(f"{twin.url}/shops/{DOMAIN}/admin/oauth/authorize?{asked}")["code"]


def product(number=7, **fields):
    return {"id": number, "title": "Cup", **fields}


def as_body(parsed):
    return parsed if isinstance(parsed, bytes) else json.dumps(parsed).encode()


def headers_of(body, *, secret=SECRET, **changed):
    """The headers Shopify sends; a changed one of None is left out."""
    headers = {
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Topic": "products/update",
        "X-Shopify-Webhook-Id": "delivery-1",
        "X-Shopify-Event-Id": "event-1",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Triggered-At": "2026-11-24T12:00:00.123456789Z",
        "X-Shopify-Hmac-Sha256": webhook_signature(body, secret),
        **{f"X-Shopify-{name.replace('_', '-')}": value for name, value in changed.items()},
    }
    return {name: value for name, value in headers.items() if value is not None}


def deliver(client, parsed=None, *, secret=SECRET, **changed):
    """Post a delivery as Shopify does."""
    body = as_body(product() if parsed is None else parsed)
    return client.generic(
        "POST",
        ADDRESS,
        body,
        content_type="application/json",
        headers=headers_of(body, secret=secret, **changed),
    )
