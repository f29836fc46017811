"""Whether a subscription can be made: its address, name, filter and fields.

Source: shopify-platform.md 3.1 (name) and 3.2. The words of the refusals are ours where the fact
sheet has none.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from stores.twin.apps import Subscription
from stores.twin.errors import UnimplementedError
from stores.twin.filters import FilterSyntaxError, parsed
from stores.twin.refusals import Refusal

__all__ = ["Wishes", "checked", "made", "wishes"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")
_URI = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9a-f:]+")
_ELSEWHERE = ("pubsub://", "arn:aws:")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What can be chosen, by Subscription's own names."""

    uri: str = ""
    name: str | None = None
    filter: str | None = None
    include_fields: tuple[str, ...] = ()
    metafield_namespaces: tuple[str, ...] = ()
    metafields: tuple[tuple[str, str], ...] = ()


def wishes(given: Mapping[str, Any], before: Wishes | None = None) -> Wishes:
    """GraphQL's input over the wishes that stood before. Raises UnimplementedError."""
    if given.get("format", "JSON") != "JSON":
        raise UnimplementedError("The twin sends webhooks as JSON only.")
    found: dict[str, Any] = {
        name: read(given[theirs]) for theirs, (name, read) in _INPUTS.items() if theirs in given
    }
    return replace(before or Wishes(), **found)


def checked(topic: str, wanted: Wishes, others: Iterable[Subscription]) -> list[Refusal]:
    """What Shopify would not have, beside the other subscriptions of the same app."""
    found = [Refusal(["uri"], said) for said in _bad_address(wanted.uri)]
    if wanted.name is not None and not _NAME.fullmatch(wanted.name):
        said = "Name may only contain alphanumeric characters, underscores and hyphens, at most 50"
        found.append(Refusal(["name"], said))
    if wanted.filter:
        try:
            parsed(wanted.filter)
        except FilterSyntaxError as error:
            found.append(Refusal(["filter"], f"Filter is invalid: {error}"))
    for other in others:
        if (other.topic, other.uri, other.filter) == (topic, wanted.uri, wanted.filter):
            found.append(Refusal(["uri"], "Address for this topic has already been taken"))
        if wanted.name is not None and other.name == wanted.name:
            found.append(Refusal(["name"], "Name has already been taken"))
    return [refusal.under("webhookSubscription") for refusal in found]


def made(
    number: int, topic: str, wanted: Wishes, now: datetime, version: str, *, declared: bool = False
) -> Subscription:
    return Subscription(number, topic, api_version=version, created_at=now, updated_at=now,
                        declared=declared, **asdict(wanted))  # fmt: skip


def _listed(given: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(given or ())


def _pairs(given: Iterable[Mapping[str, str]] | None) -> tuple[tuple[str, str], ...]:
    return tuple((each.get("namespace") or "$app", each["key"]) for each in given or ())


def _bad_address(uri: str) -> list[str]:
    """Shopify wants https; the twin takes http too, or nothing could be tried on one machine."""
    if uri.startswith(_ELSEWHERE):
        raise UnimplementedError("The twin delivers by HTTP only.")
    if not uri.strip():
        return ["Address can't be blank"]
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return ["Address is invalid"]
    right = parts.scheme in {"https", "http"} and port != 0 and _URI.fullmatch(uri)
    return [] if right and _HOST.fullmatch(parts.hostname or "") else ["Address is invalid"]


# GraphQL's inputs, and those of an app's configuration, which have names of their own.
_INPUTS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "callbackUrl": ("uri", str),
    "uri": ("uri", str),
    "name": ("name", lambda given: given),
    "filter": ("filter", lambda given: given),
    "includeFields": ("include_fields", _listed),
    "include_fields": ("include_fields", _listed),
    "metafieldNamespaces": ("metafield_namespaces", _listed),
    "metafields": ("metafields", _pairs),
}
