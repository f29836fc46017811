"""What a subscription gets of a payload: chosen fields, its filter, nothing twice at once.

Source: shopify-platform.md 3.1 (debouncing) and 3.2 (include_fields, filter).
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from stores.twin import filters
from stores.twin.apps import Subscription

__all__ = ["is_echo", "raw", "shaped"]

REMEMBERED = 1000
_parsed = lru_cache(maxsize=256)(filters.parsed)


def shaped(payload: Mapping[str, Any], subscription: Subscription) -> Mapping[str, Any] | None:
    """The payload for one subscription, or None where its filter lets nothing through.

    The filter sees what the subscription includes: a field that is left out is an unknown one.
    """
    if subscription.include_fields:
        payload = _cut(payload, [name.split(".") for name in subscription.include_fields])
    if subscription.filter and not _parsed(subscription.filter).passes(payload):
        return None
    return payload


def raw(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def is_echo(subscription: Subscription, body: bytes, *, now: float, within: float) -> bool:
    """Whether a reduced body is the same as one that went just before; that one is left out.

    Full bodies carry their moment of change and are never taken for echoes.
    """
    if not subscription.include_fields or not within:
        return False
    digest = hashlib.sha256(body).digest()
    before = subscription.recent.get(digest)
    if before is not None and now - before < within:
        return True
    if len(subscription.recent) >= REMEMBERED:
        subscription.recent.clear()
    subscription.recent[digest] = now
    return False


def _cut(payload: Mapping[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    """The named fields in the payload's own order; a path leads through objects and arrays."""
    wanted: dict[str, list[list[str]]] = {}
    for first, *rest in paths:
        wanted.setdefault(first, []).append(rest)
    return {name: _inside(payload[name], wanted[name]) for name in payload if name in wanted}


def _inside(value: Any, paths: list[list[str]]) -> Any:
    if [] in paths:
        return value
    if isinstance(value, list):
        return [_inside(each, paths) for each in value]
    return _cut(value, paths) if isinstance(value, Mapping) else value
