"""What belongs to the shop as a whole: who it is, where it keeps stock, what it tells us."""

from collections.abc import Iterator, Sequence
from typing import Any

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.errors import Refused
from stores.shopify.stock_types import Location
from stores.shopify.types import Reply, Session, ShopIdentity, Subscription

__all__ = [
    "create_subscription",
    "delete_subscription",
    "locations",
    "shop_identity",
    "show_metafields",
    "subscriptions",
]


def shop_identity(session: Session) -> ShopIdentity:
    """Whose token this is, and the scopes it really has."""
    body = execute(session, document("shop_identity"), {}).body
    shop = body["shop"]
    return ShopIdentity(
        gid=shop["id"],
        name=shop["name"],
        domain=shop["myshopifyDomain"],
        currency=shop["currencyCode"],
        timezone=shop["ianaTimezone"],
        plan=shop["plan"]["publicDisplayName"],
        scopes=tuple(scope["handle"] for scope in body["currentAppInstallation"]["accessScopes"]),
    )


def locations(session: Session) -> tuple[Location, ...]:
    """Every location of the store, closed ones too."""
    nodes = _nodes(session, "locations", "locations")
    return tuple(Location(node["id"], node["name"], node["isActive"]) for node in nodes)


def subscriptions(session: Session) -> tuple[Subscription, ...]:
    """The webhook subscriptions that this app really has in the store."""
    nodes = _nodes(session, "webhook_subscriptions", "webhookSubscriptions")
    return tuple(_subscription(node) for node in nodes)


def create_subscription(
    session: Session, *, topic: str, uri: str, namespaces: Sequence[str] = ()
) -> Subscription:
    """Subscribe to one topic, by GraphQL's name; Refused says what Shopify has against it."""
    variables = {"topic": topic, "uri": uri, "namespaces": list(namespaces)}
    reply = execute(session, document("webhook_subscription_create"), variables)
    payload = _accepted(reply, "webhookSubscriptionCreate")
    return _subscription(payload["webhookSubscription"])


def show_metafields(session: Session, gid: str, namespaces: Sequence[str]) -> Subscription:
    """Let the bodies of a standing subscription show exactly these namespaces' metafields."""
    variables = {"id": gid, "namespaces": list(namespaces)}
    reply = execute(session, document("webhook_subscription_update"), variables)
    payload = _accepted(reply, "webhookSubscriptionUpdate")
    return _subscription(payload["webhookSubscription"])


def delete_subscription(session: Session, gid: str) -> None:
    reply = execute(session, document("webhook_subscription_delete"), {"id": gid})
    _accepted(reply, "webhookSubscriptionDelete")


def _nodes(session: Session, name: str, field: str) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        connection = execute(session, document(name), {"after": after}).body[field]
        yield from connection["nodes"]
        if not connection["pageInfo"]["hasNextPage"]:
            return
        after = connection["pageInfo"]["endCursor"]


def _subscription(node: dict[str, Any]) -> Subscription:
    namespaces = tuple(sorted(node.get("metafieldNamespaces") or ()))
    return Subscription(node["id"], node["topic"], node["uri"], namespaces)


def _accepted(reply: Reply, field: str) -> dict[str, Any]:
    payload: dict[str, Any] = reply.body[field]
    if errors := payload["userErrors"]:
        said = " ".join(error["message"] for error in errors)
        raise Refused(
            "user_error", said, http_status=reply.http_status, request_id=reply.request_id
        )
    return payload
