"""Mutations of an app's webhook subscriptions."""

from typing import Any

from stores.shopify.schema import VERSION
from stores.twin.apps import Subscription
from stores.twin.errors import UnimplementedError
from stores.twin.mutations.answer import mutation
from stores.twin.nodes import Call, Info, find, kind_of
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.subscribing import Wishes, checked, made, wishes
from stores.twin.topics import may_hear, name_of

__all__ = ["SUBSCRIPTIONS"]


@mutation("webhook_subscription")
def _subscribe(_: Any, info: Info, *, topic: str, webhook_subscription: dict[str, Any]) -> Any:
    call, name = info.context, name_of(topic)
    if name is None:
        raise UnimplementedError(f"The twin never fires {topic}.")
    wanted = wishes(webhook_subscription)
    refusals = checked(name, wanted, call.install.subscriptions.values())
    if not may_hear(name, call.install.scopes):
        refusals.append(Refusal(["topic"], f"Your app doesn't have the scope that {topic} needs"))
    if refusals:
        raise RefusedError(*refusals)
    found = made(call.twin.next_id("subscription"), name, wanted, call.twin.second(), VERSION)
    call.install.subscriptions[found.id] = found
    return {"webhook_subscription": found}


@mutation("webhook_subscription")
def _resubscribe(_: Any, info: Info, *, id: str, webhook_subscription: dict[str, Any]) -> Any:  # noqa: A002
    call, found = info.context, _subscription(info.context, id)
    before = Wishes(**{name: getattr(found, name) for name in Wishes.__slots__})
    wanted = wishes(webhook_subscription, before)
    others = [each for each in call.install.subscriptions.values() if each is not found]
    if refusals := checked(found.topic, wanted, others):
        raise RefusedError(*refusals)
    for name in Wishes.__slots__:
        setattr(found, name, getattr(wanted, name))
    found.updated_at = call.twin.second()
    return {"webhook_subscription": found}


@mutation("deleted_webhook_subscription_id")
def _unsubscribe(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002
    found = _subscription(info.context, id)
    del info.context.install.subscriptions[found.id]
    return {"deleted_webhook_subscription_id": found.gid}


def _subscription(call: Call, gid: str) -> Subscription:
    """Raises RefusedError."""
    found = find(call.shop, call.install, gid)
    if found is None or kind_of(found) != "WebhookSubscription":
        raise RefusedError(Refusal(["id"], "Webhook subscription does not exist"))
    subscription: Subscription = found
    return subscription


SUBSCRIPTIONS: dict[str, Resolver] = {
    "webhookSubscriptionCreate": _subscribe,
    "webhookSubscriptionUpdate": _resubscribe,
    "webhookSubscriptionDelete": _unsubscribe,
}
