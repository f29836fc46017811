"""Subscriptions are looked at by the clock: after eight failures Shopify takes one away."""

from datetime import timedelta
from uuid import uuid4

from django.db.models import Exists, OuterRef
from django.utils import timezone

from stores.enums import READABLE
from stores.models import Store, WebhookSubscription
from stores.services.install import AFTER_INSTALL, subscribe
from syncqueue.models import Job

LOOK_AGAIN = timedelta(hours=1)
MOST_AT_ONCE = 50


def check_coverage() -> int:
    """Queue a look at the subscriptions of every store whose last one is old; says how many.

    One an hour, whatever became of it: what is refused must not fill the dead letters.
    """
    since = timezone.now() - LOOK_AGAIN
    looked = Job.objects.filter(
        lane__channel=OuterRef("channel"),
        lane__key="shop",
        handler=AFTER_INSTALL,
        created_at__gt=since,
    )
    old = WebhookSubscription.objects.filter(checked_at__lt=since)
    stores = Store.objects.filter(~Exists(looked), mode__in=READABLE, subscriptions__in=old)
    chosen = list(stores.distinct().order_by("pk")[:MOST_AT_ONCE])
    for store in chosen:
        subscribe(store, cause_id=uuid4())
    return len(chosen)
