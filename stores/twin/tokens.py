"""The token door: codes, ID tokens, refresh tokens and bare credentials become access tokens.

Source: shopify-platform.md 1.2 (code), 1.3 (exchange, migration), 1.4 (refresh), 1.7 (client
credentials), 4.3 (statuses).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from stores.twin.apps import App, Install, Refresh
from stores.twin.grants import install, mint
from stores.twin.http import Request, Response, json_response
from stores.twin.idtokens import InvalidIdTokenError, read
from stores.twin.staff import owner_of, user_of
from stores.twin.world import Shop, Twin

__all__ = ["ACCESS_LIFE", "DAY_LIFE", "REFRESH_LIFE", "access_token"]

ACCESS_LIFE = timedelta(hours=1)
DAY_LIFE = timedelta(seconds=86_399)  # of online tokens and of client credentials
REFRESH_LIFE = timedelta(days=90)
REPLAY_LIFE = timedelta(days=30)
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105  a name
_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
_ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
_TRUE = {"1", "true"}

Asked = Mapping[str, Any]


class _RefusedError(Exception):
    """Shopify's refusal: its status and the body's `error`."""

    def __init__(self, error: str, status: int = 400, said: str | None = None) -> None:
        super().__init__(error)
        body = {"error": error} | ({"error_description": said} if said else {})
        self.response = json_response(body, status)


def access_token(twin: Twin, shop: Shop, request: Request) -> Response:
    """Trade something for an access token; JSON and forms are taken alike."""
    asked = request.fields()
    try:
        counter = _Counter(twin, shop, *_client(twin, asked))
        with shop.lock:
            return json_response(_trade(asked)(counter, asked))
    except _RefusedError as refused:
        return refused.response


class _Counter:
    """Where one app's tokens of one shop are made out."""

    def __init__(self, twin: Twin, shop: Shop, app: App, secret: str) -> None:
        self.twin, self.shop, self.app, self.secret = twin, shop, app, secret
        self.now = twin.clock.now()

    @property
    def installed(self) -> Install | None:
        return self.shop.installs.get(self.app.client_id)

    def offline(
        self, found: Install, *, expiring: bool, replaces: str | None = None
    ) -> dict[str, Any]:
        until = self.now + ACCESS_LIFE if expiring else None
        granted: dict[str, Any] = {
            "access_token": mint(found, self.secret, until=until),
            "scope": ",".join(found.scopes),
        }
        if expiring:
            refresh = f"shprt_{secrets.token_hex(16)}"
            found.refreshes[refresh] = Refresh(self.secret, self.now + REFRESH_LIFE, replaces)
            granted["expires_in"] = int(ACCESS_LIFE.total_seconds())
            granted["refresh_token"] = refresh
            granted["refresh_token_expires_in"] = int(REFRESH_LIFE.total_seconds())
        return granted

    def online(self, found: Install, user: int) -> dict[str, Any]:
        token = mint(found, self.secret, until=self.now + DAY_LIFE, online=True)
        scope = ",".join(found.scopes)
        return {
            "access_token": token,
            "scope": scope,
            "expires_in": int(DAY_LIFE.total_seconds()),
            "associated_user_scope": scope,
            "associated_user": user_of(self.shop, user),
        }


def _trade(asked: Asked) -> Callable[[_Counter, Asked], dict[str, Any]]:
    trade = _TRADES.get(str(asked.get("grant_type", "authorization_code")))
    if trade is None:
        raise _RefusedError("unsupported_grant_type")
    return trade


def _client(twin: Twin, asked: Asked) -> tuple[App, str]:
    """The app that proves itself by one of its secrets, and that secret."""
    app, given = twin.apps.get(str(asked.get("client_id", ""))), str(asked.get("client_secret", ""))
    for secret in app.secrets if app else ():
        if app is not None and hmac.compare_digest(secret.encode(), given.encode()):
            return app, secret
    raise _RefusedError("invalid_client")


def _by_code(counter: _Counter, asked: Asked) -> dict[str, Any]:
    """A code works once, for the app that it was made for, with the verifier of its challenge."""
    code = counter.shop.codes.get(str(asked.get("code", "")))
    if code is None or code.client_id != counter.app.client_id or code.until < counter.now:
        raise _RefusedError("invalid_request")
    if code.challenge and code.challenge != _challenge(str(asked.get("code_verifier", ""))):
        raise _RefusedError("invalid_request")
    del counter.shop.codes[str(asked["code"])]
    found = install(counter.twin, counter.shop, counter.app, code.scopes)
    if code.per_user:
        return counter.online(found, owner_of(counter.shop))
    return counter.offline(found, expiring=_wants_expiring(asked))


def _by_exchange(counter: _Counter, asked: Asked) -> dict[str, Any]:
    """An ID token for a token of the app or its user; or an old offline token for an expiring."""
    if asked.get("subject_token_type") == _OFFLINE:
        return _migrated(counter, asked)
    if asked.get("subject_token_type") != _ID_TOKEN:
        raise _RefusedError("invalid_request")
    claims = _claims(counter, str(asked.get("subject_token", "")))
    found = counter.installed
    if found is None:
        raise _RefusedError("invalid_client")
    match asked.get("requested_token_type"):
        case kind if kind == _OFFLINE:
            return counter.offline(found, expiring=_wants_expiring(asked))
        case kind if kind == _ONLINE:
            return counter.online(found, int(claims["sub"]))
    raise _RefusedError("invalid_request")


def _claims(counter: _Counter, token: str) -> dict[str, Any]:
    try:
        return read(
            token,
            domain=counter.shop.domain,
            client_id=counter.app.client_id,
            secrets=counter.app.secrets,
            now=counter.twin.clock.seconds(),
        )
    except InvalidIdTokenError as error:
        raise _RefusedError("invalid_subject_token") from error


def _migrated(counter: _Counter, asked: Asked) -> dict[str, Any]:
    """The old token, which doesn't expire, is revoked; there is no way back."""
    found, old = counter.installed, str(asked.get("subject_token", ""))
    if found is None or (held := found.tokens.get(old)) is None or held.until is not None:
        raise _RefusedError("invalid_subject_token")
    if asked.get("requested_token_type") != _OFFLINE or not _wants_expiring(asked):
        raise _RefusedError("invalid_request")
    del found.tokens[old]
    return counter.offline(found, expiring=True)


def _by_refresh(counter: _Counter, asked: Asked) -> dict[str, Any]:
    """A new pair. A used token lives on until its successor is used, thirty days at most."""
    found, given = counter.installed, str(asked.get("refresh_token", ""))
    held = found.refreshes.get(given) if found is not None else None
    if found is None or held is None or _is_over(counter, held):
        raise _dead(counter.shop)
    if held.replaces is not None:
        found.refreshes.pop(held.replaces, None)
    held.used_at = held.used_at or counter.now
    return counter.offline(found, expiring=True, replaces=given)


def _is_over(counter: _Counter, held: Refresh) -> bool:
    if held.until < counter.now:
        return True
    if held.used_at is None:
        return False
    return counter.shop.knobs.strict_refresh or held.used_at + REPLAY_LIFE < counter.now


def _dead(shop: Shop) -> _RefusedError:
    """Which of the two it is nobody knows for sure (shopify-platform.md 11.1)."""
    status, _, error = shop.knobs.dead_refresh.partition(" ")
    return _RefusedError(error, int(status))


def _by_credentials(counter: _Counter, _: Asked) -> dict[str, Any]:
    """Only in a shop of the app's own organisation where it is installed."""
    found, owner = counter.installed, counter.app.organization
    if found is None or owner is None or owner != counter.shop.organization:
        said = "Client credentials cannot be performed on this shop."
        raise _RefusedError("shop_not_permitted", said=said)
    token = mint(found, counter.secret, until=counter.now + DAY_LIFE)
    return {
        "access_token": token,
        "scope": ",".join(found.scopes),
        "expires_in": int(DAY_LIFE.total_seconds()),
    }


def _wants_expiring(asked: Asked) -> bool:
    return str(asked.get("expiring", "0")).lower() in _TRUE


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


_TRADES: Mapping[str, Callable[[_Counter, Asked], dict[str, Any]]] = {
    "authorization_code": _by_code,
    _EXCHANGE: _by_exchange,
    "refresh_token": _by_refresh,
    "client_credentials": _by_credentials,
}
