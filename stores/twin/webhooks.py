"""What a shop tells its apps: which subscriptions a change concerns, signed, with its faults."""

import base64
import hashlib
import hmac
import json
import uuid
from datetime import UTC
from typing import Any

from stores.twin import payloads
from stores.twin.goods import Product, Variant
from stores.twin.sender import Delivery
from stores.twin.world import Install, Shop, Subscription, Twin

__all__ = [
    "announce",
    "announce_item",
    "announce_level",
    "announce_product",
    "release",
    "signature",
    "topic_name",
]


def announce_product(twin: Twin, shop: Shop, product: Product, topic: str) -> None:
    if _listeners(shop, topic):
        gone = topic == "products/delete"
        announce(twin, shop, topic, {"id": product.id} if gone else payloads.product(shop, product))


def announce_item(twin: Twin, shop: Shop, variant: Variant, topic: str) -> None:
    if _listeners(shop, topic):
        gone = topic == "inventory_items/delete"
        announce(twin, shop, topic, payloads.item(shop, variant, gone=gone))


def announce_level(twin: Twin, shop: Shop, variant: Variant, location_id: int) -> None:
    body = payloads.level(shop, variant, location_id)
    announce(twin, shop, "inventory_levels/update", body)


def announce(twin: Twin, shop: Shop, topic: str, body: dict[str, Any]) -> None:
    """Send one event to every subscription of its topic: own id each, the event's id shared."""
    event_id = str(uuid.uuid4())
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    for install, subscription in _listeners(shop, topic):
        delivery = _delivery(twin, shop, install, subscription, raw)
        delivery.headers["X-Shopify-Event-Id"] = event_id
        _depart(twin, shop, delivery)


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


def signature(raw: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()


def topic_name(enum: str) -> str:
    """INVENTORY_ITEMS_UPDATE is `inventory_items/update`: the last word is the event."""
    for event in ("SCOPES_UPDATE", "IN_STOCK", "OUT_OF_STOCK"):
        if enum.endswith(f"_{event}"):
            return f"{enum.removesuffix(f'_{event}')}/{event}".lower()
    resource, _, event = enum.rpartition("_")
    return f"{resource}/{event}".lower()


def _listeners(shop: Shop, topic: str) -> list[tuple[Install, Subscription]]:
    return [
        (install, subscription)
        for install in shop.installs.values()
        for subscription in install.subscriptions.values()
        if subscription.topic == topic
    ]


def _delivery(
    twin: Twin, shop: Shop, install: Install, subscription: Subscription, raw: bytes
) -> Delivery:
    triggered_at = twin.clock.now().astimezone(UTC).isoformat(timespec="microseconds")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": subscription.topic,
        "X-Shopify-Hmac-Sha256": signature(raw, install.app.secret),
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": subscription.api_version,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Triggered-At": triggered_at.replace("+00:00", "Z"),
    }
    if subscription.name:
        headers["X-Shopify-Name"] = subscription.name

    def give_up() -> None:
        """After its last retry Shopify deletes the subscription itself."""
        with shop.lock:
            install.subscriptions.pop(subscription.id, None)

    return Delivery(shop.domain, subscription.topic, subscription.uri, headers, raw, give_up)


def _depart(twin: Twin, shop: Shop, delivery: Delivery) -> None:
    """Send it, unless the shop's faults hold, lose, double or delay it."""
    knobs, chance = shop.knobs, twin.chance(shop.domain, delivery.topic)
    if knobs.hold:
        shop.held.append(delivery)
        return
    if knobs.drop and chance.random() < knobs.drop:
        twin.oracle.write(
            "delivery",
            shop.domain,
            topic=delivery.topic,
            webhook_id=delivery.webhook_id,
            event_id=delivery.headers["X-Shopify-Event-Id"],
            attempt=0,
            status="dropped",
        )
        return
    twin.sender.enqueue(delivery, after=knobs.delay)
    if knobs.duplicate and chance.random() < knobs.duplicate:
        twin.sender.enqueue(delivery, after=knobs.delay)
