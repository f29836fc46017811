"""What a shop tells its apps: which subscriptions an event concerns, each with its own payload."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any

from stores.twin import payloads
from stores.twin.apps import Install, Subscription
from stores.twin.goods import Product, Variant
from stores.twin.levels import Level
from stores.twin.mishaps import depart, leave_out
from stores.twin.sender import Delivery
from stores.twin.shaping import is_echo, raw, shaped
from stores.twin.topics import may_hear
from stores.twin.world import Shop, Twin

__all__ = [
    "announce",
    "announce_item",
    "announce_level",
    "announce_product",
    "announce_variant",
    "release",
    "signature",
]


def announce_product(twin: Twin, shop: Shop, product: Product, topic: str) -> None:
    if _listeners(shop.installs.values(), topic):
        gone = topic == "products/delete"
        announce(twin, shop, topic, {"id": product.id} if gone else payloads.product(shop, product))


def announce_item(twin: Twin, shop: Shop, variant: Variant, topic: str) -> None:
    if _listeners(shop.installs.values(), topic):
        gone = topic == "inventory_items/delete"
        announce(twin, shop, topic, payloads.item(shop, variant, gone=gone))


def announce_level(twin: Twin, shop: Shop, level: Level, event: str) -> None:
    """A level's `update`, `connect` or `disconnect`."""
    topic = f"inventory_levels/{event}"
    if _listeners(shop.installs.values(), topic):
        body = payloads.level(shop, level, gone=event == "disconnect")
        announce(twin, shop, topic, body)


def announce_variant(twin: Twin, shop: Shop, variant: Variant, now: str) -> None:
    """variants/in_stock or variants/out_of_stock; `now` is "in" or "out_of"."""
    topic = f"variants/{now}_stock"
    if _listeners(shop.installs.values(), topic):
        announce(twin, shop, topic, payloads.variant(shop, variant))


def announce(
    twin: Twin,
    shop: Shop,
    topic: str,
    body: Mapping[str, Any],
    *,
    to: Iterable[Install] | None = None,
) -> None:
    """Tell every subscription of a topic, those of all installed apps or of `to`.

    Each delivery has an id of its own; those of one event share the event's id.
    """
    listeners = _listeners(shop.installs.values() if to is None else to, topic)
    if not listeners:
        return
    whole, resource = raw(body), _resource(body)
    for _ in range(1 + shop.knobs.of_topic(topic).storm):
        event_id = str(uuid.uuid4())
        for install, subscription in listeners:
            told = shaped(body, subscription)
            if told is None:
                continue
            sent = whole if told is body else raw(told)
            delivery = _delivery(twin, shop, install, subscription, body=sent, event_id=event_id)
            now, within = twin.clock.seconds(), shop.knobs.debounce
            if is_echo(subscription, sent, now=now, within=within):
                leave_out(twin, delivery, "debounced")
            else:
                depart(twin, shop, delivery, resource)


def release(twin: Twin, shop: Shop, ids: list[str] | None = None) -> list[dict[str, Any]]:
    """Send held deliveries one after another, all or these in this order; an id may come twice."""
    with shop.lock:
        held = {delivery.webhook_id: delivery for delivery in shop.held}
        unknown = set(ids or ()) - held.keys()
        if unknown:
            raise LookupError(f"Not held: {', '.join(sorted(unknown))}.")
        wanted = list(held) if ids is None else ids
        shop.held = [each for each in shop.held if each.webhook_id not in wanted]
    return [
        {"id": each, "topic": held[each].topic, "status": twin.sender.send(held[each])}
        for each in wanted
    ]


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def _listeners(installs: Iterable[Install], topic: str) -> list[tuple[Install, Subscription]]:
    """Those of the apps' configurations and those made by the API: both may be told."""
    return [
        (install, subscription)
        for install in installs
        for subscription in _subscriptions(install)
        if subscription.topic == topic and may_hear(topic, install.scopes)
    ]


def _subscriptions(install: Install) -> Iterator[Subscription]:
    yield from install.app.subscriptions
    yield from install.subscriptions.values()


def _resource(body: Mapping[str, Any]) -> str:
    return str(body.get("admin_graphql_api_id") or body.get("id"))


def _delivery(
    twin: Twin,
    shop: Shop,
    install: Install,
    subscription: Subscription,
    *,
    body: bytes,
    event_id: str,
) -> Delivery:
    triggered_at = twin.clock.now().astimezone(UTC).isoformat(timespec="microseconds")
    webhook_id = str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": subscription.topic,
        "X-Shopify-Hmac-Sha256": signature(body, install.app.secret),
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": shop.knobs.serves or subscription.api_version,
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Event-Id": event_id,
        "X-Shopify-Triggered-At": triggered_at.replace("+00:00", "Z"),
    }
    if subscription.name:
        headers["X-Shopify-Name"] = subscription.name
    return Delivery(
        shop.domain,
        subscription.topic,
        subscription.uri,
        headers,
        body,
        _give_up(shop, install, subscription),
        webhook_id=webhook_id,
        event_id=event_id,
        subscription_id=subscription.id,
    )


def _give_up(shop: Shop, install: Install, subscription: Subscription) -> Callable[[], None]:
    """After its last retry Shopify deletes a subscription of the API; never a declared one."""

    def delete() -> None:
        with shop.lock:
            install.subscriptions.pop(subscription.id, None)

    return delete
