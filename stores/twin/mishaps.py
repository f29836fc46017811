"""How deliveries leave a shop: at once, or held, lost, late, doubled, melted into one."""

from dataclasses import replace

from stores.twin.sender import Delivery
from stores.twin.world import Shop, Twin

__all__ = ["depart", "leave_out"]


def depart(twin: Twin, shop: Shop, delivery: Delivery, resource: str) -> None:
    """Send it as the shop's knobs for its topic say; `resource` is what it tells about."""
    knobs = shop.knobs.of_topic(delivery.topic)
    if knobs.coalesce and delivery.topic.endswith("/update"):
        _melt(twin, shop, delivery, resource, knobs.coalesce)
    else:
        _leave(twin, shop, delivery)


def leave_out(twin: Twin, delivery: Delivery, why: str) -> None:
    """Log a delivery that is never sent, with the reason in place of a status."""
    twin.oracle.write(
        "delivery",
        delivery.shop,
        topic=delivery.topic,
        webhook_id=delivery.webhook_id,
        event_id=delivery.event_id,
        attempt=0,
        status=why,
    )


def _melt(twin: Twin, shop: Shop, delivery: Delivery, resource: str, within: float) -> None:
    """The first update of a resource waits; those that follow in time take its place."""
    key = (delivery.subscription_id, resource)
    earlier = shop.melting.get(key)
    shop.melting[key] = delivery
    if earlier is not None:
        leave_out(twin, earlier, "coalesced")
        return

    def leave() -> None:
        with shop.lock:
            _leave(twin, shop, shop.melting.pop(key))

    twin.agenda.after(within, leave)


def _leave(twin: Twin, shop: Shop, delivery: Delivery) -> None:
    knobs = shop.knobs.of_topic(delivery.topic)
    chance = twin.chance(shop.domain, delivery.topic)
    if knobs.hold:
        shop.held.append(delivery)
        return
    if knobs.drop and chance.random() < knobs.drop:
        leave_out(twin, delivery, "dropped")
        return
    late = knobs.delay
    if knobs.reorder and chance.random() < knobs.reorder:
        late += chance.uniform(0.0, knobs.reorder_seconds)
    twin.sender.enqueue(delivery, after=late)
    if knobs.duplicate and chance.random() < knobs.duplicate:
        twin.sender.enqueue(replace(delivery), after=late)
