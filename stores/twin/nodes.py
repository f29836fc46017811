"""Global ids and what they name in a shop; who asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo

from stores.twin.apps import Install, Subscription
from stores.twin.custom import Definition, Metafield
from stores.twin.edits import Author
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import Product, Variant
from stores.twin.levels import Level
from stores.twin.world import Location, Shop, Twin

__all__ = ["Call", "Info", "Item", "Level", "find", "kind_of", "level_of"]


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks: the context of one request."""

    twin: Twin
    shop: Shop
    install: Install
    request_id: str
    cause: str | None = None

    @property
    def author(self) -> Author:
        return Author("app", self.request_id, self.cause, self.install.app.client_id)


Info = GraphQLResolveInfo[Call]


@dataclass(frozen=True, slots=True)
class Item:
    """A variant seen as what lies in the warehouse."""

    variant: Variant


_NAMES: Mapping[type, str] = {
    Product: "Product",
    Variant: "ProductVariant",
    Item: "InventoryItem",
    Level: "InventoryLevel",
    Location: "Location",
    Subscription: "WebhookSubscription",
    Shop: "Shop",
    Metafield: "Metafield",
    Definition: "MetafieldDefinition",
}


def kind_of(value: Any) -> str:
    return _NAMES[type(value)]


def find(shop: Shop, install: Install, gid: str) -> Any:
    """What a global id names in this shop, or None."""
    found = re.fullmatch(r"gid://shopify/(\w+)/(\d+)(?:\?.*)?", gid)
    if not found:
        return None
    kind, id_ = found[1], int(found[2])
    if kind == "InventoryItem":
        return Item(shop.items[id_]) if id_ in shop.items else None
    if kind == "InventoryLevel":
        return level_of(shop, gid)
    if kind == "Location":
        return next((each for each in shop.locations if each.id == id_), None)
    if kind == "Metafield":
        return _metafield(shop, id_)
    if kind.startswith("ProductOption"):
        raise UnimplementedError("The twin does not find options and their values by id.")
    places: dict[str, Mapping[int, Any]] = {
        "Product": shop.products,
        "ProductVariant": shop.variants,
        "WebhookSubscription": install.subscriptions,
        "Shop": {shop.id: shop},
        "MetafieldDefinition": {each.id: each for each in shop.definitions.values()},
    }
    return places.get(kind, {}).get(id_)


def level_of(shop: Shop, gid: str) -> Level | None:
    """The level that an id names, be it active or not."""
    path, _, item = gid.partition("?inventory_item_id=")
    variant = shop.items.get(number(item) or 0)
    return None if variant is None else variant.stock.get(number(path) or 0)


def _metafield(shop: Shop, id_: int) -> Metafield | None:
    """By looking at every owner: asked for too seldom to keep a table of."""
    owners: tuple[Shop | Product | Variant, ...]
    owners = (shop, *shop.products.values(), *shop.variants.values())
    every = (each for owner in owners for each in owner.metafields.values())
    return next((each for each in every if each.id == id_), None)
