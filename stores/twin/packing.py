"""One delivery for one subscription: headers, signature, and what happens if nobody takes it."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC

from stores.twin.apps import Install, Subscription
from stores.twin.sender import Delivery
from stores.twin.world import Shop, Twin

__all__ = ["CLASSIC", "EVENTS", "packed", "signature"]

# How the headers of webhooks begin, and those of Events (shopify-platform.md 3.1, 3.5).
CLASSIC, EVENTS = "X-Shopify-", "shopify-"
PATIENCE = 8


def packed(
    twin: Twin,
    shop: Shop,
    install: Install,
    subscription: Subscription,
    *,
    body: bytes,
    event_id: str,
    family: str = CLASSIC,
    more: Mapping[str, str] | None = None,
) -> Delivery:
    """A delivery with an id of its own, triggered now; `more` are further headers of its family."""
    triggered_at = twin.clock.now().astimezone(UTC).isoformat(timespec="microseconds")
    webhook_id = str(uuid.uuid4())
    named = {
        "Topic": subscription.topic,
        "Hmac-Sha256": signature(body, install.app.secret),
        "Shop-Domain": shop.domain,
        "API-Version": shop.knobs.serves or subscription.api_version,
        "Webhook-Id": webhook_id,
        "Event-Id": event_id,
        "Triggered-At": triggered_at.replace("+00:00", "Z"),
        **(more or {}),
    }
    if family == EVENTS:
        named = {name.lower(): value for name, value in named.items()}
    return Delivery(
        shop.domain,
        subscription.topic,
        subscription.uri,
        {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            **{f"{family}{name}": value for name, value in named.items()},
        },
        body,
        _judge(twin, shop, install, subscription),
        webhook_id=webhook_id,
        event_id=event_id,
        subscription_id=subscription.id,
    )


def signature(body: bytes, secret: str) -> str:
    """Base64 over the raw body, as both families sign."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def _judge(
    twin: Twin, shop: Shop, install: Install, subscription: Subscription
) -> Callable[[bool, bool], None]:
    """Shopify deletes a subscription of the API that fails too often; never a declared one."""

    def delete() -> None:
        with shop.lock:
            install.subscriptions.pop(subscription.id, None)

    def judge(arrived: bool, is_last: bool) -> None:  # noqa: FBT001  two facts of one try
        subscription.failures = 0 if arrived else subscription.failures + 1
        too_often = shop.knobs.impatient and subscription.failures >= PATIENCE
        if not arrived and (is_last or too_often):
            twin.agenda.after(0.0, delete)  # not here: nothing on its way may wait for a shop

    return judge
