"""ID tokens: what the embedded admin vouches for, for a minute (shopify-platform.md 1.5)."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Sequence
from typing import Any

__all__ = ["LIFE", "InvalidIdTokenError", "issued", "read"]

LIFE = 60
LEEWAY = 10


class InvalidIdTokenError(ValueError):
    """The token is not ours, not for this app or shop, or not of this minute."""


def issued(*, domain: str, client_id: str, secret: str, user: int, session: str, now: float) -> str:
    """A signed token of a user of the shop for one app."""
    moment = int(now)
    claims = {
        "iss": f"https://{domain}/admin",
        "dest": f"https://{domain}",
        "aud": client_id,
        "sub": str(user),
        "exp": moment + LIFE,
        "nbf": moment,
        "iat": moment,
        "jti": str(uuid.uuid4()),
        "sid": session,
    }
    message = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    return f"{message}.{_signature(message, secret)}"


def read(
    token: str, *, domain: str, client_id: str, secrets: Sequence[str], now: float
) -> dict[str, Any]:
    """The claims of a token that holds here and now. Raises InvalidIdTokenError."""
    try:
        head, body, signature = token.split(".")
        claims: dict[str, Any] = json.loads(_decoded(body))
        fresh = claims["nbf"] - LEEWAY <= now <= claims["exp"] + LEEWAY
        is_for = (claims["aud"], claims["dest"]) == (client_id, f"https://{domain}")
        is_hs256 = json.loads(_decoded(head))["alg"] == "HS256"
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidIdTokenError("It can't be read.") from error
    ours = any(_same(signature, _signature(f"{head}.{body}", secret)) for secret in secrets)
    if not (ours and is_hs256 and fresh and is_for):
        raise InvalidIdTokenError("It does not hold.")
    return claims


def _encoded(part: dict[str, Any]) -> str:
    raw = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signature(message: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), message.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
