"""The authorization code grant over HTTP: where to send a merchant, codes and refreshes."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from stores.shopify import failures
from stores.shopify.client import post
from stores.shopify.errors import AccessRevoked, Refused, ShopifyError, Transient
from stores.shopify.types import Credentials, Token

__all__ = ["authorize_url", "exchange_code", "refresh_token"]

_TERMINAL = (400, 401)


def authorize_url(
    *, base_url: str, client_id: str, scopes: Sequence[str], redirect_uri: str, state: str
) -> str:
    """Where the merchant is asked to install the app."""
    query = {
        "client_id": client_id,
        "scope": ",".join(scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{base_url}/admin/oauth/authorize?{urlencode(query)}"


def exchange_code(*, base_url: str, credentials: Credentials, code: str, now: datetime) -> Token:
    """Take the code of a callback to the shop for an expiring token; a code works once."""
    grant = {"code": code, "expiring": "1"}
    return _granted(base_url, credentials, grant, terminal=Refused, now=now)


def refresh_token(*, base_url: str, credentials: Credentials, token: str, now: datetime) -> Token:
    """Trade a refresh token for a new pair; AccessRevoked says that only a reinstall helps.

    Not through Shopify's package: its address is fixed to myshopify.com, and it lumps the
    terminal `invalid_request` together with what may pass.
    """
    grant = {"grant_type": "refresh_token", "refresh_token": token}
    return _granted(base_url, credentials, grant, terminal=AccessRevoked, now=now)


def _granted(
    base_url: str,
    credentials: Credentials,
    grant: Mapping[str, str],
    *,
    terminal: type[ShopifyError],
    now: datetime,
) -> Token:
    app = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    url = f"{base_url}/admin/oauth/access_token"
    response, content = post(url, {**app, **grant}, headers={}, writes=False)
    facts: dict[str, Any] = {
        "http_status": response.status_code,
        "request_id": response.headers.get("X-Request-ID", ""),
    }
    if response.status_code in _TERMINAL:
        code = _error_code(content) or f"http_{response.status_code}"
        raise terminal(code, f"Shopify refused the token request ({code}).", **facts)
    if not response.ok:
        raise failures.of_status(response, writes=False, **facts)
    try:
        return _token(json.loads(content), now)
    except (ValueError, KeyError, TypeError) as error:
        raise Transient("garbled", "Shopify's answer can't be read.", **facts) from error


def _error_code(content: bytes) -> str:
    try:
        parsed = json.loads(content)
    except ValueError:
        return ""
    return str(parsed.get("error", ""))[:80] if isinstance(parsed, dict) else ""


def _token(granted: Mapping[str, Any], now: datetime) -> Token:
    return Token(
        access_token=granted["access_token"],
        scopes=tuple(filter(None, granted["scope"].split(","))),
        expires_at=_after(now, granted.get("expires_in")),
        refresh_token=granted.get("refresh_token"),
        refresh_expires_at=_after(now, granted.get("refresh_token_expires_in")),
    )


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)
