"""Doors for apps: released, installed, granted, framed, uninstalled, held to privacy law."""

from stores.twin import embedded, grants
from stores.twin.apps import Install
from stores.twin.control.asking import Ask, Door, Json
from stores.twin.deploys import deploy
from stores.twin.topics import COMPLIANCE

__all__ = ["DOORS"]

SCOPES = ["read_products", "write_products", "read_inventory", "write_inventory", "read_locations"]


def release(ask: Ask) -> Json:
    """{client_id, secret, …}: make an app known, or put out its next version.

    Further: url, redirects, organization, public, scopes, optional_scopes, subscriptions, events.
    A subscription is as in an app's configuration: {topics, compliance_topics, uri, filter,
    include_fields, name}. What isn't given stays as it was; a new secret joins the others.
    """
    deploy(ask.twin, **ask.given)
    return {}


def every(ask: Ask) -> Json:
    """The apps, without their secrets."""
    return {
        "apps": [
            {
                "client_id": app.client_id,
                "url": app.url,
                "organization": app.organization,
                "scopes": list(app.scopes),
                "optional_scopes": list(app.optional_scopes),
                "subscriptions": [[each.topic, each.uri] for each in app.subscriptions],
            }
            for app in ask.twin.apps.values()
        ]
    }


def revoke_secret(ask: Ask) -> Json:
    """{secret}: end a rotation; all tokens that this secret has minted die."""
    grants.revoke_secret(ask.twin, ask.app, ask.given["secret"])
    return {}


def install(ask: Ask) -> Json:
    """{client_id, scopes?} → {token}.

    The grant that a merchant's consent would give, without the pages; it doesn't expire.
    """
    with ask.shop.lock:
        scopes = list(ask.given.get("scopes") or ask.app.scopes or SCOPES)
        found = grants.install(ask.twin, ask.shop, ask.app, scopes)
        return {"token": grants.mint(found, ask.app.secret, until=None)}


def scopes(ask: Ask) -> Json:
    """{client_id, scopes}: the merchant grants exactly these; the app is told of a change."""
    grants.grant(ask.twin, ask.shop, _installed(ask), ask.given["scopes"])
    return {}


def uninstall(ask: Ask) -> Json:
    """{client_id?}: uninstall one app, or all."""
    client_ids = [ask.app.client_id] if "client_id" in ask.given else list(ask.shop.installs)
    for client_id in client_ids:
        grants.uninstall(ask.twin, ask.shop, client_id)
    return {}


def comply(ask: Ask) -> Json:
    """{client_id, topic, body?}: send a topic of privacy law to the app's configured address."""
    topic = ask.given["topic"]
    if topic not in COMPLIANCE:
        raise ValueError(f"{topic!r} is none of {', '.join(sorted(COMPLIANCE))}.")
    grants.comply(ask.twin, ask.shop, _installed(ask), topic, ask.given.get("body") or {})
    return {}


def visit(ask: Ask) -> Json:
    """{client_id, path?} → {id_token, address}: what the admin gives an embedded app."""
    app, path = _installed(ask).app, ask.given.get("path", "/")
    return {
        "id_token": embedded.id_token(ask.twin, ask.shop, app),
        "address": embedded.framed_address(ask.twin, ask.shop, app, path),
    }


def _installed(ask: Ask) -> Install:
    """Raises LookupError in words."""
    found = ask.shop.installs.get(ask.app.client_id)
    if found is None:
        raise LookupError(f"{ask.app.client_id} is not installed in {ask.shop.domain}.")
    return found


DOORS: dict[str, Door] = {
    "GET apps": every,
    "POST apps": release,
    "POST apps/{app}/revoke": revoke_secret,
    "POST shops/{shop}/install": install,
    "POST shops/{shop}/scopes": scopes,
    "POST shops/{shop}/uninstall": uninstall,
    "POST shops/{shop}/comply": comply,
    "POST shops/{shop}/visit": visit,
}
