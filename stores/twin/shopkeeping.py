"""Changes of the shop itself: its name and its plan."""

from stores.twin import payloads
from stores.twin.bucket import Bucket
from stores.twin.webhooks import announce
from stores.twin.world import PLANS, Shop, Twin

__all__ = ["change"]


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
        for install in shop.installs.values():
            if install.bucket.restore != PLANS[shop.plan][1]:
                install.bucket = Bucket.full(PLANS[shop.plan][1], twin.clock.seconds())
        announce(twin, shop, "shop/update", payloads.shop_body(shop))
