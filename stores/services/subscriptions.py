"""Webhook subscriptions, reconciled to the declared list: what is missing is made again."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.conf import settings

from stores.enums import SubscriptionState
from stores.models import Store, WebhookSubscription
from stores.shopify.shop import (
    create_subscription,
    delete_subscription,
    show_metafields,
    subscriptions,
)
from stores.shopify.topics import TOPICS
from stores.shopify.types import Reply, Session, Subscription


def webhook_uri() -> str:
    return f"{settings.PUBLIC_URL}/webhooks/shopify/"


def reconcile_subscriptions(session: Session, uri: str, namespaces: Sequence[str] = ()) -> Reply:
    """Create what is missing, delete what points elsewhere; HTTP only.

    Products' bodies show the metafields of `namespaces`. The reply's body lists, as
    `subscriptions`, what stands afterwards.
    """
    found = subscriptions(session)
    for stray in found:
        if stray.uri != uri:
            delete_subscription(session, stray.gid)
    standing = {one.topic: one for one in found if one.uri == uri}
    for topic in TOPICS.values():
        shown = tuple(sorted(namespaces)) if topic.shows_metafields else ()
        one = standing.get(topic.enum)
        if one is None:
            one = create_subscription(session, topic=topic.enum, uri=uri, namespaces=shown)
        elif one.namespaces != shown:
            one = show_metafields(session, one.gid, shown)
        standing[topic.enum] = one
    return Reply(body={"subscriptions": [asdict(one) for one in standing.values()]})


def record_subscriptions(
    store: Store, found: Sequence[Subscription], *, now: datetime
) -> list[str]:
    """Remember how each declared topic stands at the store; the topics that had to be made anew."""
    standing = {one.topic: one for one in found}
    known = dict(store.subscriptions.exclude(gid="").values_list("topic", "gid"))
    rows = []
    for topic in TOPICS.values():
        one = standing.get(topic.enum)
        state = SubscriptionState.OK if one else SubscriptionState.MISSING
        rows.append(
            WebhookSubscription(
                store=store,
                topic=topic.name,
                gid=one.gid if one else "",
                uri=one.uri if one else "",
                state=state,
                checked_at=now,
            )
        )
    WebhookSubscription.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["store", "topic"],
        update_fields=["gid", "uri", "state", "checked_at"],
    )
    return [row.topic for row in rows if known.get(row.topic, row.gid) != row.gid]
