"""Doors for apps: made known, installed, uninstalled."""

import secrets

from stores.twin import oauth
from stores.twin.control.asking import Ask, Door, Json
from stores.twin.deploys import deploy

__all__ = ["DOORS"]

SCOPES = ["read_products", "write_products", "read_inventory", "write_inventory", "read_locations"]


def register(ask: Ask) -> Json:
    """{client_id, secret, url?, redirects?, subscriptions?}: make an app known, or release anew.

    A subscription is as in an app's configuration: {topics, compliance_topics, uri, filter,
    include_fields, name}. What isn't given stays as it was.
    """
    deploy(ask.twin, **ask.given)
    return {}


def install(ask: Ask) -> Json:
    """{client_id, scopes?} → {token}.

    The grant that a merchant's consent would give, without the pages; it doesn't expire.
    """
    with ask.shop.lock:
        found = oauth.install(ask.twin, ask.shop, ask.app, list(ask.given.get("scopes") or SCOPES))
        token = f"shpat_{secrets.token_hex(16)}"
        found.tokens[token] = None
    return {"token": token}


def uninstall(ask: Ask) -> Json:
    """{client_id?}: uninstall one app, or all."""
    client_ids = [ask.app.client_id] if "client_id" in ask.given else list(ask.shop.installs)
    for client_id in client_ids:
        oauth.uninstall(ask.twin, ask.shop, client_id)
    return {}


DOORS: dict[str, Door] = {
    "POST apps": register,
    "POST shops/{shop}/install": install,
    "POST shops/{shop}/uninstall": uninstall,
}
