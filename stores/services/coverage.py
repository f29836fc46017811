"""Subscriptions are looked at by the clock: after eight failures Shopify takes one away."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from stores.enums import READABLE
from stores.models import Store, WebhookSubscription
from stores.services.install import subscribe

LOOK_AGAIN = timedelta(hours=1)
MOST_AT_ONCE = 50


def check_coverage() -> int:
    """Queue a look at the subscriptions of every store whose last one is old; says how many."""
    old = WebhookSubscription.objects.filter(checked_at__lt=timezone.now() - LOOK_AGAIN)
    stores = Store.objects.filter(mode__in=READABLE, subscriptions__in=old).distinct()
    chosen = list(stores.order_by("pk")[:MOST_AT_ONCE])
    for store in chosen:
        subscribe(store, cause_id=uuid4(), dedupe_key="look")
    return len(chosen)
