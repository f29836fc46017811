"""How the shop, its installed app, its subscriptions and anything by its id are read."""

from typing import Any

from stores.twin.nodes import Info, find, kind_of
from stores.twin.paging import Page, connect
from stores.twin.queries.read import Resolver, attribute, by_id, itself, key, moment
from stores.twin.world import PLANS, Subscription

__all__ = ["SHOPS"]


def _of(kind: str) -> Resolver:
    """A root field that takes an id of one kind and knows no other."""

    def by_gid(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002  Shopify's name
        found = find(info.context.shop, info.context.install, id)
        return found if found is not None and kind_of(found) == kind else None

    return by_gid


def _node(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002
    return find(info.context.shop, info.context.install, id)


def _nodes(_: Any, info: Info, *, ids: list[str]) -> list[Any]:
    return [find(info.context.shop, info.context.install, each) for each in ids]


def _subscriptions(_: Any, info: Info, *, topics: list[str] | None = None, **page: Any) -> Page:
    every = info.context.install.subscriptions.values()
    found = [each for each in every if topics is None or _topic_enum(each) in topics]
    return connect(found, by_id, **page)


def _topic_enum(subscription: Subscription) -> str:
    return subscription.topic.upper().replace("/", "_")


SHOPS: dict[str, Resolver] = {
    "QueryRoot.shop": lambda _, info: info.context.shop,
    "QueryRoot.product": _of("Product"),
    "QueryRoot.productVariant": _of("ProductVariant"),
    "QueryRoot.inventoryItem": _of("InventoryItem"),
    "QueryRoot.inventoryLevel": _of("InventoryLevel"),
    "QueryRoot.location": _of("Location"),
    "QueryRoot.webhookSubscription": _of("WebhookSubscription"),
    "QueryRoot.node": _node,
    "QueryRoot.nodes": _nodes,
    "QueryRoot.webhookSubscriptions": _subscriptions,
    "QueryRoot.currentAppInstallation": lambda _, info: info.context.install,
    "AppInstallation.id": lambda install, _: f"gid://shopify/AppInstallation/{install.id}",
    "AppInstallation.accessScopes": lambda install, _: install.scopes,
    "AccessScope.handle": itself,
    "Count.count": key("count"),
    "Count.precision": key("precision"),
    "Shop.id": attribute("gid"),
    "Shop.name": attribute("name"),
    "Shop.myshopifyDomain": attribute("domain"),
    "Shop.currencyCode": attribute("currency"),
    "Shop.createdAt": moment("created_at"),
    "Shop.email": lambda shop, _: f"owner@{shop.domain}",
    "Shop.weightUnit": lambda *_: "KILOGRAMS",
    "Shop.plan": itself,
    "ShopPlan.publicDisplayName": lambda shop, _: PLANS[shop.plan][0],
    "ShopPlan.shopifyPlus": lambda shop, _: shop.plan == "plus",
    "ShopPlan.partnerDevelopment": lambda *_: False,
    "WebhookSubscription.id": attribute("gid"),
    "WebhookSubscription.topic": lambda found, _: _topic_enum(found),
    "WebhookSubscription.uri": attribute("uri"),
    "WebhookSubscription.callbackUrl": attribute("uri"),
    "WebhookSubscription.format": lambda *_: "JSON",
    "WebhookSubscription.name": attribute("name"),
    "WebhookSubscription.createdAt": moment("created_at"),
}
