"""Releases of an app: what its configuration declares, for every shop that installs it.

Source: shopify-platform.md 3.2 (subscriptions of the configuration), 1.8 (scopes).
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urljoin

from stores.shopify.schema import VERSION
from stores.twin.apps import App, EventSubscription, Subscription
from stores.twin.grants import grant
from stores.twin.subscribing import Wishes, checked, made, wishes
from stores.twin.topics import COMPLIANCE, played
from stores.twin.world import Twin

__all__ = ["deploy"]

_ONLY_BY_API = frozenset({"metafieldNamespaces", "metafields", "metafield_namespaces"})


def deploy(
    twin: Twin,
    client_id: str,
    *,
    secret: str | None = None,
    subscriptions: list[Mapping[str, Any]] | None = None,
    events: list[Mapping[str, Any]] | None = None,
    **more: Any,
) -> App:
    """Make an app known, or put out its next version: what isn't given stays as it was.

    Raises ValueError for what its configuration could not hold.
    """
    known = {each.name for each in fields(App)} - _OF_THEMSELVES
    if strange := sorted(set(more) - known):
        raise ValueError(f"An app has no {', '.join(strange)}: {', '.join(sorted(known))}.")
    found = twin.apps.get(client_id)
    if found is None:
        if not secret:
            raise ValueError("A new app needs a secret.")
        found = App(client_id, [secret])
    elif secret and secret not in found.secrets:
        found.secrets.append(secret)
    for name, value in more.items():
        setattr(found, name, tuple(value) if isinstance(value, list) else value)
    if subscriptions is not None:
        found.subscriptions = _declared(twin, found, subscriptions)
    if events is not None:
        found.events = [_event(twin, found, each) for each in events]
    twin.apps[client_id] = found
    if "scopes" in more:
        _narrow(twin, found)
    return found


def _narrow(twin: Twin, app: App) -> None:
    """What a version no longer asks for is gone at once; what it asks for anew needs consent."""
    known = {*app.scopes, *app.optional_scopes}
    for shop in twin.shops.values():
        if (found := shop.installs.get(app.client_id)) is not None:
            grant(twin, shop, found, [each for each in found.scopes if each in known])


def _declared(twin: Twin, app: App, given: list[Mapping[str, Any]]) -> list[Subscription]:
    """`[[webhooks.subscriptions]]` of the configuration: one subscription for each topic."""
    found: list[Subscription] = []
    for each in given:
        for topic in _topics(each):
            rest = {key: value for key, value in each.items() if key not in _TOPICS}
            wanted = wishes({**rest, "uri": urljoin(app.url, str(each.get("uri", "")))})
            if refusals := checked(topic, wanted, [x for x in found if x.topic == topic]):
                raise ValueError("; ".join(refusal.message for refusal in refusals))
            number, now = twin.next_id("subscription"), twin.second()
            found.append(made(number, topic, wanted, now, VERSION, declared=True))
    return found


def _event(twin: Twin, app: App, given: Mapping[str, Any]) -> EventSubscription:
    """`[[events.subscription]]` of the configuration (3.5)."""
    if strange := sorted(set(given) - _OF_EVENTS):
        raise ValueError(f"The twin does not play {', '.join(strange)} of Events.")
    actions = tuple(given.get("actions", ("update",)))
    if given.get("topic") != "Product" or not set(actions) <= {"create", "update", "delete"}:
        raise ValueError("The twin plays Events of the topic Product only.")
    uri, now = urljoin(app.url, str(given.get("uri", ""))), twin.second()
    if refusals := checked("Product", Wishes(uri), []):
        raise ValueError("; ".join(refusal.message for refusal in refusals))
    return EventSubscription(
        twin.next_id("subscription"),
        "Product",
        uri,
        now,
        now,
        VERSION,
        declared=True,
        handle=given["handle"],
        actions=actions,
        triggers=tuple(given.get("triggers", ())),
        query=given.get("query"),
    )


def _topics(given: Mapping[str, Any]) -> list[str]:
    if only := sorted(_ONLY_BY_API & given.keys()):
        raise ValueError(f"A configuration has no {', '.join(only)}: only the API has.")
    topics = [*given.get("topics", ()), *given.get("compliance_topics", ())]
    if strange := [each for each in topics if not played(each) and each not in COMPLIANCE]:
        raise ValueError(f"The twin never fires {', '.join(strange)}.")
    return topics


_OF_THEMSELVES = frozenset({"client_id", "secrets", "subscriptions", "events"})
_OF_EVENTS = frozenset({"handle", "topic", "actions", "triggers", "uri", "query"})
_TOPICS = frozenset({"topics", "compliance_topics"})
