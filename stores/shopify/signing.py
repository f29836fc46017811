"""Shopify's signatures: base64 over the raw body of a webhook, hex over an OAuth query."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from shopify_app.types import RequestInput
from shopify_app.verify.webhook import verify_webhook_req

__all__ = ["query_is_genuine", "query_signature", "webhook_is_genuine", "webhook_signature"]


def webhook_signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def webhook_is_genuine(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether an app with one of these secrets (current, previous) signed this very body."""
    if not secrets or not signature.isascii():
        return False
    secret, previous = secrets[0], (secrets[1] if len(secrets) > 1 else None)
    try:
        request: RequestInput = {
            "method": "POST",
            "url": "",
            "headers": {"x-shopify-hmac-sha256": signature},
            "body": body.decode(),
        }
        verdict = verify_webhook_req(
            request, {"client_id": "", "client_secret": secret, "old_client_secret": previous}
        )
    # The library parses the body for its log before it verifies: hostile nesting must not pass.
    except (UnicodeDecodeError, RecursionError):
        return False
    return bool(verdict.ok)


def query_signature(query: Mapping[str, str], secret: str) -> str:
    """Sign the callback's parameters; the package knows only the other signature of proxies."""
    pairs = (f"{key}={query[key]}" for key in sorted(query) if key not in {"hmac", "signature"})
    return hmac.digest(secret.encode(), "&".join(pairs).encode(), hashlib.sha256).hex()


def query_is_genuine(query: Mapping[str, str], secrets: Sequence[str]) -> bool:
    """Whether Shopify signed this query for an app with one of these secrets."""
    given = query.get("hmac", "").encode()
    return any(
        hmac.compare_digest(query_signature(query, secret).encode(), given) for secret in secrets
    )
