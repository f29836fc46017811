"""Global ids and what they name in a shop; who asks."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLResolveInfo

from stores.twin.apps import App, Install, Subscription
from stores.twin.bulk.operations import BulkOperation
from stores.twin.custom import Definition, Metafield
from stores.twin.edits import Author
from stores.twin.faults import Fault
from stores.twin.gids import number
from stores.twin.goods import Product, ShownOption, ShownValue, Variant
from stores.twin.jobs import Operation
from stores.twin.levels import Level
from stores.twin.library import CONTENT_TYPES, File
from stores.twin.past import Goods
from stores.twin.selling import Channel, Order, Publication
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
    struck: Mapping[str, Fault] = field(default_factory=dict)  # faults that hit this very call
    tells_cost: bool = False
    base: str = ""  # the shop's address, as the app reached it
    in_bulk: bool = False  # one run of a bulk mutation
    searches: list[dict[str, Any]] = field(default_factory=list)  # what to say about searches

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
    ShownOption: "ProductOption",
    ShownValue: "ProductOptionValue",
    Item: "InventoryItem",
    Level: "InventoryLevel",
    Location: "Location",
    Order: "Order",
    BulkOperation: "BulkOperation",
    Publication: "Publication",
    Channel: "Channel",
    App: "App",
    Install: "AppInstallation",
    Subscription: "WebhookSubscription",
    Shop: "Shop",
    Metafield: "Metafield",
    Definition: "MetafieldDefinition",
}


def kind_of(value: Any) -> str:
    """The type in GraphQL of something that has one of several."""
    return value.kind if isinstance(value, (File, Operation)) else _NAMES[type(value)]


def find(shop: Shop, install: Install, gid: str, *, goods: Goods | None = None) -> Any:
    """What a global id names in this shop, or None; goods as they are or as they are given."""
    parts = re.fullmatch(r"gid://shopify/(\w+)/(\d+)(?:\?.*)?", gid)
    if parts is None:
        return None
    kind, id_ = parts[1], int(parts[2])
    if kind == "InventoryLevel":
        return level_of(goods or shop, gid)
    if (pick := _GOODS.get(kind)) is not None:
        return pick(goods or shop, id_)
    found = _FINDERS[kind](shop, install, id_) if kind in _FINDERS else None
    return found if found is not None and kind_of(found) == kind else None


def level_of(goods: Goods, gid: str) -> Level | None:
    """The level that an id names, be it active or not."""
    path, _, item = gid.partition("?inventory_item_id=")
    variant = goods.items.get(number(item) or 0)
    return None if variant is None else variant.stock.get(number(path) or 0)


def _of(every: Iterable[Any], id_: int) -> Any:
    return next((each for each in every if each.id == id_), None)


def _item(goods: Goods, id_: int) -> Item | None:
    variant = goods.items.get(id_)
    return Item(variant) if variant else None


def _channel(shop: Shop, _: Install, id_: int) -> Channel | None:
    found = _of(shop.publications, id_)
    return Channel(found) if found else None


def _metafield(shop: Shop, _: Install, id_: int) -> Metafield | None:
    """By looking at every owner: asked for too seldom to keep a table of."""
    owners: tuple[Shop | Product | Variant, ...]
    owners = (shop, *shop.products.values(), *shop.variants.values())
    every = (each for owner in owners for each in owner.metafields.values())
    return next((each for each in every if each.id == id_), None)


def _option(shop: Shop, id_: int) -> ShownOption | None:
    every = (each for product in shop.products.values() for each in product.shown_options())
    return next((each for each in every if each.option.id == id_), None)


def _option_value(shop: Shop, id_: int) -> ShownValue | None:
    options = (each for product in shop.products.values() for each in product.shown_options())
    every = (value for option in options for value in option.values)
    return next((each for each in every if each.value.id == id_), None)


_GOODS: Mapping[str, Callable[[Goods, int], Any]] = {
    "Product": lambda goods, id_: goods.products.get(id_),
    "ProductVariant": lambda goods, id_: goods.variants.get(id_),
    "InventoryItem": _item,
}
_FINDERS: Mapping[str, Callable[[Shop, Install, int], Any]] = {
    "ProductOption": lambda shop, _, id_: _option(shop, id_),
    "ProductOptionValue": lambda shop, _, id_: _option_value(shop, id_),
    "Location": lambda shop, _, id_: _of(shop.locations, id_),
    "Order": lambda shop, _, id_: shop.orders.get(id_),
    "Publication": lambda shop, _, id_: _of(shop.publications, id_),
    "Channel": _channel,
    "BulkOperation": lambda _, install, id_: install.bulk.get(id_),
    "WebhookSubscription": lambda _, install, id_: install.subscriptions.get(id_),
    "Shop": lambda shop, _, id_: shop if shop.id == id_ else None,
    "Metafield": _metafield,
    "MetafieldDefinition": lambda shop, _, id_: _of(shop.definitions.values(), id_),
    "ProductSetOperation": lambda shop, _, id_: shop.product_operations.get(id_),
    "ProductDeleteOperation": lambda shop, _, id_: shop.product_operations.get(id_),
    "ProductDuplicateOperation": lambda shop, _, id_: shop.product_operations.get(id_),
    **dict.fromkeys(CONTENT_TYPES, lambda shop, _, id_: shop.files.get(id_)),
}
