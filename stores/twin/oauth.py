"""The authorization code grant: consent, signed callback, tokens that expire and are renewed."""

import base64
import hashlib
import hmac
import html
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from stores.twin import payloads
from stores.twin.apps import App, Install
from stores.twin.bucket import Bucket
from stores.twin.http import Request, Response, json_response, redirect
from stores.twin.pages import page, refusal
from stores.twin.webhooks import announce
from stores.twin.world import PLANS, Shop, Twin

__all__ = ["access_token", "authorize", "install", "install_of", "sign", "uninstall"]

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)


def authorize(twin: Twin, shop: Shop, request: Request) -> Response:
    """GET shows what the app asks for, POST is the merchant's yes."""
    asked = request.form() if request.method == "POST" else request.query
    app = twin.apps.get(asked.get("client_id", ""))
    target = asked.get("redirect_uri", "")
    if app is None:
        return refusal("Oauth error invalid_client: this app is not known.")
    if not target.startswith(app.redirects or ("\0",)):
        return refusal("Oauth error invalid_request: the redirect_uri is not whitelisted.")
    if request.method == "POST" or twin.settings.auto_approve:
        return redirect(_callback(twin, shop, app, asked))
    return _consent(shop, app, asked)


def access_token(twin: Twin, shop: Shop, request: Request) -> Response:
    """Trade a code or a refresh token; JSON and forms are taken alike."""
    asked = request.fields()
    app = twin.apps.get(str(asked.get("client_id", "")))
    if app is None or not _same(app.secret, asked.get("client_secret")):
        return json_response({"error": "invalid_client"}, 401)
    grant = asked.get("grant_type", "authorization_code")
    with shop.lock:
        if grant == "refresh_token":
            return _renewed(twin, shop, app, asked)
        if grant == "authorization_code":
            return _first(twin, shop, app, asked)
    return json_response({"error": "unsupported_grant_type"}, 400)


def install(twin: Twin, shop: Shop, app: App, scopes: list[str]) -> Install:
    """The app's place in the shop, made at its first grant and kept by later ones."""
    found = shop.installs.get(app.client_id)
    if found is None:
        bucket = Bucket.full(PLANS[shop.plan][1], twin.clock.seconds())
        found = Install(twin.next_id("install"), app, scopes, bucket)
        shop.installs[app.client_id] = found
    found.scopes = scopes
    return found


def install_of(twin: Twin, shop: Shop, token: str) -> Install | None:
    """Whose token this is, while it lives."""
    now = twin.clock.now()
    for found in shop.installs.values():
        if token in found.tokens:
            until = found.tokens[token]
            return found if until is None or until > now else None
    return None


def uninstall(twin: Twin, shop: Shop, client_id: str) -> None:
    """Tokens die and subscriptions go at once; app/uninstalled is their last delivery."""
    with shop.lock:
        found = shop.installs.pop(client_id)
        announce(twin, shop, "app/uninstalled", payloads.shop_body(shop), to=[found])


def sign(query: Mapping[str, str], secret: str) -> str:
    """Lower-case hex over the sorted pairs, without the signature itself."""
    message = "&".join(f"{key}={query[key]}" for key in sorted(query) if key != "hmac")
    return hmac.digest(secret.encode(), message.encode(), hashlib.sha256).hex()


def _callback(twin: Twin, shop: Shop, app: App, asked: Mapping[str, str]) -> str:
    code = secrets.token_hex(16)
    scopes = [scope.strip() for scope in asked.get("scope", "").split(",") if scope.strip()]
    with shop.lock:
        shop.codes[code] = (app.client_id, scopes, twin.clock.now() + CODE_LIFE)
    host = f"admin.shopify.com/store/{shop.domain.partition('.')[0]}"
    query = {
        "code": code,
        "host": base64.b64encode(host.encode()).decode().rstrip("="),
        "shop": shop.domain,
        "state": asked.get("state", ""),
        "timestamp": str(int(twin.clock.seconds())),
    }
    target = asked["redirect_uri"]
    joint = "&" if "?" in target else "?"
    return f"{target}{joint}{urlencode({**query, 'hmac': sign(query, app.secret)})}"


def _first(twin: Twin, shop: Shop, app: App, asked: Mapping[str, Any]) -> Response:
    client_id, scopes, until = shop.codes.pop(str(asked.get("code", "")), ("", [], None))
    if client_id != app.client_id or until is None or until < twin.clock.now():
        return json_response({"error": "invalid_request"}, 400)
    found = install(twin, shop, app, scopes)
    expiring = str(asked.get("expiring", "0")) in {"1", "true", "True"}
    return json_response(_tokens(twin, found, expiring=expiring))


def _renewed(twin: Twin, shop: Shop, app: App, asked: Mapping[str, Any]) -> Response:
    """A used refresh token lives on until the one that replaced it is used."""
    found, given = shop.installs.get(app.client_id), str(asked.get("refresh_token", ""))
    until, parent = found.refreshes.get(given, (None, None)) if found else (None, None)
    if found is None or until is None or until < twin.clock.now():
        return json_response({"error": "invalid_request"}, 401)
    if parent is not None:
        found.refreshes.pop(parent, None)
    return json_response(_tokens(twin, found, expiring=True, parent=given))


def _tokens(
    twin: Twin, found: Install, *, expiring: bool, parent: str | None = None
) -> dict[str, Any]:
    access, now = f"shpat_{secrets.token_hex(16)}", twin.clock.now()
    granted: dict[str, Any] = {"access_token": access, "scope": ",".join(found.scopes)}
    found.tokens[access] = now + ACCESS_LIFE if expiring else None
    if expiring:
        refresh = f"shprt_{secrets.token_hex(16)}"
        found.refreshes[refresh] = (now + REFRESH_LIFE, parent)
        granted["expires_in"] = int(ACCESS_LIFE.total_seconds())
        granted["refresh_token"] = refresh
        granted["refresh_token_expires_in"] = int(REFRESH_LIFE.total_seconds())
    return granted


def _consent(shop: Shop, app: App, asked: Mapping[str, str]) -> Response:
    scopes = [scope for scope in asked.get("scope", "").split(",") if scope]
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(asked.get(name, ""))}">'
        for name in ("client_id", "scope", "redirect_uri", "state")
    )
    asks = "".join(f"<li><code>{html.escape(scope)}</code></li>" for scope in scopes)
    body = (
        f"<p>The app <strong>{html.escape(app.client_id)}</strong> asks {html.escape(shop.name)}"
        f" for:</p><ul>{asks}</ul>"
        f'<form method="post">{hidden}<button>Install app</button></form>'
    )
    return page("Install app", body)


def _same(secret: str, given: object) -> bool:
    return hmac.compare_digest(secret.encode(), str(given).encode())
