"""Doors for apps: made known, installed, uninstalled."""

import secrets

from stores.twin import oauth
from stores.twin.control.asking import Ask, Door, Json

__all__ = ["DOORS"]

SCOPES = ["read_products", "write_products", "read_inventory", "write_inventory", "read_locations"]


def register(ask: Ask) -> Json:
    """Make an app known: {client_id, secret, redirects: [address, …]}."""
    redirects = tuple(ask.given.get("redirects", ()))
    ask.twin.register_app(ask.given["client_id"], ask.given["secret"], redirects)
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
