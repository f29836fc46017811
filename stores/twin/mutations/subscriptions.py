"""Mutations of an app's webhook subscriptions."""

from typing import Any

from stores.shopify.schema import VERSION
from stores.twin.errors import UnimplementedError
from stores.twin.mutations.answer import done, refused
from stores.twin.nodes import Call, Info, find, kind_of
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal
from stores.twin.webhooks import topic_name
from stores.twin.world import Subscription

__all__ = ["SUBSCRIPTIONS"]


def _subscribe(_: Any, info: Info, *, topic: str, webhook_subscription: dict[str, Any]) -> Any:
    call, uri = info.context, _uri(webhook_subscription)
    if refusals := _bad_address(call, topic_name(topic), uri):
        return refused(refusals, webhook_subscription=None)
    id_, now = call.twin.next_id("subscription"), call.twin.second()
    name = webhook_subscription.get("name")
    made = Subscription(id_, topic_name(topic), uri, now, VERSION, name)
    call.install.subscriptions[id_] = made
    return done(webhook_subscription=made)


def _resubscribe(_: Any, info: Info, *, id: str, webhook_subscription: dict[str, Any]) -> Any:  # noqa: A002
    call, found = info.context, _subscription(info.context, id)
    if found is None:
        refusal = Refusal(["id"], "Webhook subscription does not exist")
        return refused([refusal], webhook_subscription=None)
    uri = _uri(webhook_subscription) or found.uri
    if uri != found.uri and (refusals := _bad_address(call, found.topic, uri)):
        return refused(refusals, webhook_subscription=None)
    found.uri, found.name = uri, webhook_subscription.get("name", found.name)
    return done(webhook_subscription=found)


def _unsubscribe(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002
    found = _subscription(info.context, id)
    if found is None:
        refusal = Refusal(["id"], "Webhook subscription does not exist")
        return refused([refusal], deleted_webhook_subscription_id=None)
    del info.context.install.subscriptions[found.id]
    return done(deleted_webhook_subscription_id=found.gid)


def _subscription(call: Call, gid: str) -> Subscription | None:
    found = find(call.shop, call.install, gid)
    return found if found is not None and kind_of(found) == "WebhookSubscription" else None


def _uri(given: dict[str, Any]) -> str:
    for name in given:
        if name not in {"uri", "callbackUrl", "format", "name"}:
            raise UnimplementedError(f"The twin does not implement the input {name}.")
    if given.get("format", "JSON") != "JSON":
        raise UnimplementedError("The twin sends webhooks as JSON only.")
    return given.get("uri") or given.get("callbackUrl") or ""


def _bad_address(call: Call, topic: str, uri: str) -> list[Refusal]:
    """Shopify wants https; the twin takes http too, or nothing could be tried on one machine."""
    place = ["webhookSubscription", "uri"]
    if not uri.startswith(("https://", "http://")):
        return [Refusal(place, "Address is invalid")]
    taken = {(each.topic, each.uri) for each in call.install.subscriptions.values()}
    return [Refusal(place, "Address for this topic has already been taken")] * (
        (topic, uri) in taken
    )


SUBSCRIPTIONS: dict[str, Resolver] = {
    "webhookSubscriptionCreate": _subscribe,
    "webhookSubscriptionUpdate": _resubscribe,
    "webhookSubscriptionDelete": _unsubscribe,
}
