"""What may leave for the error tracker: no request bodies, no tokens, no secrets."""

from typing import Any

SECRET_WORDS = ("authorization", "cookie", "hmac", "key", "password", "secret", "token")
FILTERED = "[filtered]"


def scrub_event(event: Any, _hint: Any) -> Any:
    """Sentry's `before_send`: drop the request's body and blank everything named like a secret."""
    request = event.get("request")
    if request:
        request.pop("data", None)
        request.pop("cookies", None)
        request.pop("query_string", None)
    return _scrub(event)


def _scrub(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: FILTERED if _is_secret(name) else _scrub(inner) for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_scrub(inner) for inner in value]
    return value


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and any(word in name.lower() for word in SECRET_WORDS)
