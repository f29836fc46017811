"""Reading an answer: its data when all is well, else the one error that says what is wrong."""

import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from stores.domain.scopes import REQUIRED
from stores.shopify.errors import (
    AccessRevoked,
    Frozen,
    NotFound,
    PlatformDown,
    Refused,
    ScopeMissing,
    ShopifyError,
    Throttled,
    Transient,
    UnknownOutcome,
    WrongVersion,
)
from stores.shopify.types import Points, Reply

__all__ = ["of_status", "reply_of"]

_STATUSES: Mapping[int, tuple[type[ShopifyError], str]] = {
    401: (AccessRevoked, "Shopify no longer knows this token."),
    402: (Frozen, "The shop is frozen for an unpaid bill."),
    403: (AccessRevoked, "Shopify forbids this access."),
    404: (NotFound, "No shop answers at this address with this API version."),
    423: (Frozen, "Shopify has locked the shop."),
    429: (Throttled, "Shopify asks for a pause."),
    430: (Throttled, "Shopify's protection asks for a pause."),
    503: (PlatformDown, "Shopify is not serving."),
}
_CODES: Mapping[str, type[ShopifyError]] = {
    "THROTTLED": Throttled,
    "ACCESS_DENIED": AccessRevoked,
    "SHOP_INACTIVE": Frozen,
    "INTERNAL_SERVER_ERROR": Transient,
    "TIMEOUT": Transient,
}
_DEFAULT_PAUSE = {429: 2.0, 430: 60.0}
_SERVER_ERROR = 500
_SCOPE = re.compile(r"\b(?:read|write)_\w+")


def reply_of(
    response: requests.Response, content: bytes, *, writes: bool, version: str, started: float
) -> Reply:
    """The reply of an answered request; what it costs and leaves is told either way."""
    facts: dict[str, Any] = {
        "http_status": response.status_code,
        "request_id": response.headers.get("X-Request-ID", ""),
    }
    if response.status_code != requests.codes.ok:
        raise of_status(response, writes=writes, **facts)
    parsed = _parsed(content, writes=writes, **facts)
    facts |= _spent(parsed)
    served = response.headers.get("X-Shopify-API-Version", "")
    if served != version:
        error = UnknownOutcome if writes else WrongVersion
        said = f"Shopify served version {served or 'unnamed'} instead of {version}."
        raise error("wrong_version", said, **facts)
    if parsed.get("errors"):
        raise _of_errors(parsed, writes=writes, **facts)
    if not isinstance(data := parsed.get("data"), dict):
        raise _garbled(writes=writes, **facts)
    seconds = time.monotonic() - started
    return Reply(body=data, api_version=served, seconds=seconds, **facts)


def of_status(response: requests.Response, *, writes: bool, **facts: Any) -> ShopifyError:
    """The error behind a status other than 200."""
    status = response.status_code
    if status in _STATUSES:
        error, message = _STATUSES[status]
    elif status >= _SERVER_ERROR:
        # Only 503 says that nothing was done: others may break off a write half-way.
        error, message = (UnknownOutcome if writes else PlatformDown), "Shopify failed inside."
    else:
        error, message = Refused, "Shopify does not accept this request."
    facts["retry_after"] = _retry_after(response) or _DEFAULT_PAUSE.get(status)
    return error(f"http_{status}", message, **facts)


def _retry_after(response: requests.Response) -> float | None:
    raw = response.headers.get("Retry-After", "")
    if re.fullmatch(r"\d+(\.\d+)?", raw):
        return float(raw)
    try:
        until = parsedate_to_datetime(raw)
    except ValueError:
        return None
    return max(1.0, until.timestamp() - time.time())


def _parsed(content: bytes, *, writes: bool, **facts: Any) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _garbled(writes=writes, **facts) from error
    if not isinstance(parsed, dict):
        raise _garbled(writes=writes, **facts)
    # PostgreSQL's jsonb can't hold the character NUL, which no shop's text means to hold.
    found: dict[str, Any] = _without_nul(parsed) if b"\\u0000" in content else parsed
    return found


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_nul(item) for key, item in value.items()}
    return value


def _garbled(*, writes: bool, **facts: Any) -> ShopifyError:
    error = UnknownOutcome if writes else Transient
    return error("garbled", "Shopify's answer can't be read.", **facts)


def _spent(parsed: Mapping[str, Any]) -> dict[str, Any]:
    """Points asked for, used and left; a throttled request uses none."""
    cost = (parsed.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus")
    points = status and Points(
        available=float(status["currentlyAvailable"]),
        maximum=float(status["maximumAvailable"]),
        restore=float(status["restoreRate"]),
    )
    asked, used = cost.get("requestedQueryCost"), cost.get("actualQueryCost")
    return {"asked": asked, "cost": used, "points": points}


def _of_errors(parsed: Mapping[str, Any], *, writes: bool, **facts: Any) -> ShopifyError:
    """The error behind GraphQL's own list, which comes with HTTP 200."""
    first = _first_error(parsed["errors"])
    code = str((first.get("extensions") or {}).get("code") or "refused")
    message = str(first.get("message") or "Shopify gave no reason.")
    error = _CODES.get(code, Refused)
    if error is AccessRevoked and _may_be_kept_back(first):
        error, code = ScopeMissing, "scope_missing"
    applied = isinstance(parsed.get("data"), dict) and any(parsed["data"].values())
    if writes and (applied or error is Transient):
        return UnknownOutcome(code.lower(), f"The write broke off: {message}", **facts)
    if error is Throttled:
        facts["retry_after"] = _until_affordable(**facts)
    return error(code.lower(), message, **facts)


def _may_be_kept_back(error: Mapping[str, Any]) -> bool:
    """Whether a denial is about leave that a store need not grant, and not about all of it."""
    needed = set(_SCOPE.findall(str((error.get("extensions") or {}).get("requiredAccess"))))
    return bool(needed) and not needed & set(REQUIRED)


def _first_error(errors: Any) -> Mapping[str, Any]:
    """`errors` is a list at GraphQL's door and a bare string at the older one before it."""
    first = errors[0] if isinstance(errors, list) and errors else errors
    return first if isinstance(first, dict) else {"message": first}


def _until_affordable(
    *, asked: int | None = None, points: Points | None = None, **_: Any
) -> float | None:
    if asked is None or points is None:
        return None
    return max(0.0, (asked - points.available) / points.restore)
