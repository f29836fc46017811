"""An app's place in a shop: installed, granted other scopes, uninstalled, forgotten.

Source: shopify-platform.md 1.8 (installation, scopes, uninstall) and 3.3 (compliance topics).
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stores.twin import payloads
from stores.twin.apps import App, Install, Token
from stores.twin.rendering import instant
from stores.twin.shopkeeping import full_bucket
from stores.twin.webhooks import announce
from stores.twin.world import Shop, Twin

__all__ = ["comply", "grant", "install", "install_of", "mint", "revoke_secret", "uninstall"]

REDACT_AFTER = timedelta(hours=48)
# From here on the tokens of public apps have to expire (shopify-platform.md, calendar).
ONLY_EXPIRING_FROM = datetime(2027, 1, 1, tzinfo=UTC)


def install(twin: Twin, shop: Shop, app: App, scopes: Iterable[str]) -> Install:
    """The app's place in the shop, made at its first grant; a later one grants other scopes."""
    with shop.lock:
        found = shop.installs.get(app.client_id)
        if found is not None:
            grant(twin, shop, found, scopes)
            return found
        bucket = full_bucket(twin, shop)
        shop.installs[app.client_id] = Install(twin.next_id("install"), app, list(scopes), bucket)
        return shop.installs[app.client_id]


def grant(twin: Twin, shop: Shop, found: Install, scopes: Iterable[str]) -> None:
    """Set what an app may; it is told where that is something else than before."""
    with shop.lock:
        before, found.scopes = found.scopes, list(scopes)
        if set(before) == set(found.scopes):
            return
        body = {
            "id": found.id,
            "shop_id": shop.gid,
            "previous": before,
            "current": found.scopes,
            "updated_at": instant(twin.clock.now()).replace("Z", ".000Z"),
        }
        announce(twin, shop, "app/scopes_update", body, to=[found])


def uninstall(twin: Twin, shop: Shop, client_id: str) -> None:
    """Tokens die and subscriptions go at once; app/uninstalled is the last they hear.

    Two days later shop/redact follows, unless the app is back by then.
    """
    with shop.lock:
        found = shop.installs.pop(client_id)
        announce(twin, shop, "app/uninstalled", payloads.shop_body(shop), to=[found])
        found.subscriptions.clear()

    def redact() -> None:
        if twin.shops.get(shop.domain) is shop and client_id not in shop.installs:
            comply(twin, shop, found, "shop/redact", {})

    twin.agenda.after(REDACT_AFTER.total_seconds(), redact)


def comply(twin: Twin, shop: Shop, found: Install, topic: str, body: Mapping[str, Any]) -> None:
    """Send one of the topics of privacy law, which only configurations can subscribe to."""
    announce(
        twin, shop, topic, {"shop_id": shop.id, "shop_domain": shop.domain, **body}, to=[found]
    )


def install_of(twin: Twin, shop: Shop, token: str) -> Install | None:
    """Whose token this is, while it lives."""
    now = twin.clock.now()
    for found in shop.installs.values():
        if (held := found.tokens.get(token)) is not None:
            return found if _lives(held, found.app, now) else None
    return None


def mint(found: Install, secret: str, *, until: datetime | None, online: bool = False) -> str:
    """A new access token; one that doesn't expire stays the same however often it is asked for."""
    if until is None:
        for text, held in found.tokens.items():
            if held.until is None and held.secret == secret:
                return text
    text = f"{'shpua' if online else 'shpat'}_{secrets.token_hex(16)}"
    found.tokens[text] = Token(secret, until, online)
    return text


def revoke_secret(twin: Twin, app: App, secret: str) -> None:
    """The end of a rotation: what was minted by that secret dies with it."""
    if secret not in app.secrets or len(app.secrets) == 1:
        raise LookupError("An app keeps one secret at least, and revokes only what it has.")
    app.secrets.remove(secret)
    for shop in twin.shops.values():
        with shop.lock:
            if (found := shop.installs.get(app.client_id)) is not None:
                _drop(found.tokens, secret)
                _drop(found.refreshes, secret)


def _drop(held: dict[str, Any], secret: str) -> None:
    for text in [text for text, each in held.items() if each.secret == secret]:
        del held[text]


def _lives(held: Token, app: App, now: datetime) -> bool:
    if held.until is None:
        return not (app.public and now >= ONLY_EXPIRING_FROM)
    return held.until > now
