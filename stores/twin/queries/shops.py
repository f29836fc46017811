"""How the shop and anything by its id are read."""

from typing import Any

from stores.twin.nodes import Info, find, kind_of
from stores.twin.queries.lists import seen
from stores.twin.queries.read import Resolver, attribute, itself, key, moment
from stores.twin.world import PLANS

__all__ = ["SHOPS"]


def _of(kind: str) -> Resolver:
    """A root field that takes an id of one kind and knows no other."""

    def by_gid(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002  Shopify's name
        found = _found(info, id)
        return found if found is not None and kind_of(found) == kind else None

    return by_gid


def _found(info: Info, gid: str) -> Any:
    """What an id names; goods as the query sees them."""
    return find(info.context.shop, info.context.install, gid, goods=seen(info))


def _node(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002
    return _found(info, id)


def _nodes(_: Any, info: Info, *, ids: list[str]) -> list[Any]:
    return [_found(info, each) for each in ids]


SHOPS: dict[str, Resolver] = {
    "QueryRoot.shop": lambda _, info: info.context.shop,
    "QueryRoot.product": _of("Product"),
    "QueryRoot.productVariant": _of("ProductVariant"),
    "QueryRoot.inventoryItem": _of("InventoryItem"),
    "QueryRoot.inventoryLevel": _of("InventoryLevel"),
    "QueryRoot.node": _node,
    "QueryRoot.nodes": _nodes,
    "Count.count": key("count"),
    "Count.precision": key("precision"),
    "Shop.id": attribute("gid"),
    "Shop.name": attribute("name"),
    "Shop.myshopifyDomain": attribute("domain"),
    "Shop.currencyCode": attribute("currency"),
    "Shop.ianaTimezone": lambda shop, _: shop.zone.key,
    "Shop.createdAt": moment("created_at"),
    "Shop.email": lambda shop, _: f"owner@{shop.domain}",
    "Shop.weightUnit": lambda *_: "KILOGRAMS",
    "Shop.plan": itself,
    "ShopPlan.publicDisplayName": lambda shop, _: PLANS[shop.plan][0],
    "ShopPlan.shopifyPlus": lambda shop, _: shop.plan in {"plus", "enterprise"},
    "ShopPlan.partnerDevelopment": lambda *_: False,
}
