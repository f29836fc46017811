"""Changes of the shop itself: its name and its plan."""

from stores.twin import payloads
from stores.twin.bucket import Bucket
from stores.twin.webhooks import announce
from stores.twin.world import PLANS, Shop, Twin

__all__ = ["change", "full_bucket", "refill"]


def change(twin: Twin, shop: Shop, *, name: str | None = None, plan: str | None = None) -> None:
    """Rename a shop or move it to another plan, whose buckets are full from then on."""
    if plan is not None and plan not in PLANS:
        raise ValueError(f"There is no plan {plan!r}: {', '.join(PLANS)}.")
    with shop.lock:
        for attribute, old, new in (("name", shop.name, name), ("plan", shop.plan, plan)):
            if new is not None and new != old:
                setattr(shop, attribute, new)
                facts = {"attribute": attribute, "old": old, "new": new, "by": "merchant"}
                twin.oracle.write("edit", shop.domain, resource=shop.gid, **facts)
        refill(twin, shop)
        announce(twin, shop, "shop/update", payloads.shop_body(shop))


def full_bucket(twin: Twin, shop: Shop) -> Bucket:
    """A bucket as the shop's plan has it, and its knob."""
    now, seconds = twin.clock.seconds(), shop.knobs.burst_seconds
    return Bucket.full(PLANS[shop.plan][1], now, seconds)


def refill(twin: Twin, shop: Shop) -> None:
    """New buckets where plan or knob give others than they were."""
    wanted = full_bucket(twin, shop)
    for install in shop.installs.values():
        held = install.bucket
        if (held.restore, held.seconds) != (wanted.restore, wanted.seconds):
            install.bucket = full_bucket(twin, shop)
