"""The admin around an embedded app: consent, the frame, and the doors of its App Bridge.

Source: shopify-platform.md 1.8 (managed installation), 1.5 (ID tokens), 8 (embedded apps).
"""

import hashlib
from html import escape
from urllib.parse import urlencode

from stores.twin import grants, idtokens, oauth
from stores.twin.apps import App, Install
from stores.twin.http import BadRequestError, Request, Response, html, json_response, redirect
from stores.twin.pages import page, refusal
from stores.twin.staff import owner_of
from stores.twin.world import Shop, Twin

__all__ = ["app_page", "door", "framed_address", "id_token"]


def app_page(twin: Twin, shop: Shop, request: Request, client_id: str, rest: str) -> Response:
    """The app in its frame; before that, the merchant's consent to what its version asks for."""
    app = twin.apps.get(client_id)
    if app is None or not app.url:
        return refusal(f"There is no embedded app {client_id}.")
    if _lacks(shop, app):
        if request.method != "POST" and not twin.settings.auto_approve:
            return page("Install app", oauth.consent_form(shop, app, app.scopes, {}, choice=False))
        _consent(twin, shop, app)
    if request.method == "POST":
        return redirect(f"{request.prefix}/admin/apps/{client_id}")
    return _frame(twin, shop, app, request, f"/{rest}")


def door(twin: Twin, shop: Shop, request: Request, client_id: str, what: str) -> Response:
    """What the frame asks for on behalf of the App Bridge inside it."""
    found = shop.installs.get(client_id)
    if found is None:
        return json_response({"error": "The app is not installed."}, 404)
    if what == "id_token":
        return json_response({"id_token": id_token(twin, shop, found.app)})
    if request.method == "POST":
        try:
            _change_scopes(twin, shop, found, request)
        except BadRequestError as error:
            return json_response({"error": str(error)}, 400)
    app = found.app
    return json_response(
        {
            "granted": found.scopes,
            "required": list(app.scopes),
            "optional": list(app.optional_scopes),
        }
    )


def framed_address(twin: Twin, shop: Shop, app: App, path: str) -> str:
    """Where the frame leads: the app's page with all that Shopify appends, signed."""
    query = {
        "embedded": "1",
        "host": oauth.host_of(shop),
        "id_token": id_token(twin, shop, app),
        "locale": "en",
        "session": _session(shop, app),
        "shop": shop.domain,
        "timestamp": str(int(twin.clock.seconds())),
    }
    signed = {**query, "hmac": oauth.sign(query, app.secret)}
    return f"{app.url.rstrip('/')}{path}?{urlencode(signed)}"


def id_token(twin: Twin, shop: Shop, app: App) -> str:
    """A fresh ID token of the shop's owner."""
    return idtokens.issued(
        domain=shop.domain,
        client_id=app.client_id,
        secret=app.secret,
        user=owner_of(shop),
        session=_session(shop, app),
        now=twin.clock.seconds(),
    )


def _lacks(shop: Shop, app: App) -> bool:
    """Whether the app is not installed, or its version asks for what it may not yet."""
    found = shop.installs.get(app.client_id)
    return found is None or not set(oauth.scopes_left(shop, app.scopes, {})) <= set(found.scopes)


def _consent(twin: Twin, shop: Shop, app: App) -> None:
    """Grant what the version asks for, beside the optional scopes that it has already."""
    found = shop.installs.get(app.client_id)
    kept = [each for each in found.scopes if each in app.optional_scopes] if found else []
    asked = oauth.scopes_left(shop, app.scopes, {})
    grants.install(twin, shop, app, [*asked, *kept])


def _session(shop: Shop, app: App) -> str:
    return hashlib.sha256(f"{shop.domain} {app.client_id}".encode()).hexdigest()


def _change_scopes(twin: Twin, shop: Shop, found: Install, request: Request) -> None:
    """Optional scopes come and go at the app's own request; required ones stay."""
    asked, optional = request.json(), set(found.app.optional_scopes)
    added, gone = asked.get("request") or [], asked.get("revoke") or []
    if strange := sorted(set(added + gone) - optional):
        raise BadRequestError(f"Not declared as optional: {', '.join(strange)}.")
    scopes = [each for each in found.scopes if each not in gone]
    allowed = oauth.scopes_left(shop, added, {})
    grants.grant(twin, shop, found, [*scopes, *(each for each in allowed if each not in scopes)])


def _frame(twin: Twin, shop: Shop, app: App, request: Request, path: str) -> Response:
    admin, source = f"{request.prefix}/admin", framed_address(twin, shop, app, path)
    name = escape(app.client_id)
    return html(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{name}</title>'
        f'<link rel="stylesheet" href="/shopifycloud/frame.css"></head>'
        f'<body data-doors="{admin}/app_bridge/{name}" data-home="{admin}/apps/{name}">'
        f"<header><strong>{escape(shop.name)}</strong><small>{escape(shop.domain)}</small></header>"
        f'<nav aria-label="Admin"><ul><li><a href="{admin}">Products</a></li>'
        f'<li><a href="{admin}/apps/{name}" aria-current="page">{name}</a></li></ul>'
        f'<ul id="app-links" aria-label="Pages of the app"></ul></nav>'
        f'<main><iframe src="{escape(source)}" title="{name}" name="app-iframe"></iframe>'
        f'<p id="save-bar" role="status" hidden>Unsaved changes</p>'
        f'<p id="toast" role="status" hidden></p></main>'
        f'<script src="/shopifycloud/frame.js"></script></body></html>'
    )
