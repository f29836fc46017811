"""What a shop tells its apps: which subscriptions an event concerns, each with its own payload."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stores.twin import payloads
from stores.twin.apps import Install, Subscription
from stores.twin.custom import Metafield, reserved
from stores.twin.goods import Product, Variant
from stores.twin.levels import Level
from stores.twin.mishaps import depart, leave_out
from stores.twin.packing import packed
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
]


def announce_product(twin: Twin, shop: Shop, product: Product, topic: str) -> None:
    if not _listeners(shop.installs.values(), topic):
        return
    if topic == "products/delete":
        announce(twin, shop, topic, {"id": product.id})
    else:
        custom = product.metafields.values()
        announce(twin, shop, topic, payloads.product(shop, product), custom=custom)


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
    custom: Iterable[Metafield] = (),
) -> None:
    """Tell every subscription of a topic, those of all installed apps or of `to`.

    Each delivery has an id of its own; those of one event share the event's id. `custom` are the
    metafields of which a subscription can ask for some.
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
            if subscription.metafield_namespaces or subscription.metafields:
                told = {**told, "metafields": _asked_for(shop, install, subscription, custom)}
            sent = whole if told is body else raw(told)
            more = {"Name": subscription.name} if subscription.name else {}
            delivery = packed(
                twin, shop, install, subscription, body=sent, event_id=event_id, more=more
            )
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


def _asked_for(
    shop: Shop, install: Install, subscription: Subscription, custom: Iterable[Metafield]
) -> list[dict[str, Any]]:
    """The metafields of the namespaces and addresses that a subscription names."""
    app = install.app.client_id
    spaces = {reserved(app, each) for each in subscription.metafield_namespaces}
    places = {(reserved(app, space), key) for space, key in subscription.metafields}
    return [
        payloads.metafield(shop, each)
        for each in custom
        if each.namespace in spaces or (each.namespace, each.key) in places
    ]


def _resource(body: Mapping[str, Any]) -> str:
    return str(body.get("admin_graphql_api_id") or body.get("id"))
