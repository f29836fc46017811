"""How each field that the twin plays is read; what stands in no table here fails loudly."""

from collections.abc import Callable
from typing import Any

from stores.twin.edits import number
from stores.twin.nodes import Info, Item, Level, find, kind_of, level_of
from stores.twin.paging import Page, connect, matcher
from stores.twin.rendering import instant
from stores.twin.world import PLANS, Product, Subscription

__all__ = ["RESOLVERS", "Resolver"]

Resolver = Callable[..., Any]


def _of(kind: str) -> Resolver:
    """A root field that takes an id of one kind and knows no other."""

    def by_id(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002  Shopify's name
        found = find(info.context.shop, info.context.install, id)
        return found if found is not None and kind_of(found) == kind else None

    return by_id


def _node(_: Any, info: Info, *, id: str) -> Any:  # noqa: A002
    return find(info.context.shop, info.context.install, id)


def _nodes(_: Any, info: Info, *, ids: list[str]) -> list[Any]:
    return [find(info.context.shop, info.context.install, each) for each in ids]


def _products(
    _: Any,
    info: Info,
    *,
    query: str | None = None,
    sort_key: str = "ID",
    **page: Any,
) -> Page:
    products = list(info.context.shop.products.values())
    if query:
        products = list(filter(matcher(query), products))
    if sort_key == "UPDATED_AT":
        products.sort(key=_by_update)
        return connect(products, _by_update, **page)
    return connect(products, _by_id, **page)


def _by_id(found: Any) -> Any:
    return found.id


def _by_update(found: Any) -> Any:
    return (instant(found.updated_at), found.id)


def _count(_: Any, info: Info, *, query: str | None = None, limit: int | None = 10_000) -> Any:
    found = sum(map(matcher(query), info.context.shop.products.values()))
    capped = limit is not None and found > limit
    return {"count": limit if capped else found, "precision": "AT_LEAST" if capped else "EXACT"}


def _variants(product: Product, _: Info, **page: Any) -> Page:
    return connect(product.variants, _by_id, **page)


def _all_variants(_: Any, info: Info, *, query: str | None = None, **page: Any) -> Page:
    wanted = matcher(query)
    found = [each for each in info.context.shop.variants.values() if wanted(each.product)]
    return connect(found, _by_id, **page)


def _locations(_: Any, info: Info, *, include_inactive: bool = False, **page: Any) -> Page:
    every = info.context.shop.locations
    return connect([each for each in every if each.active or include_inactive], _by_id, **page)


def _subscriptions(_: Any, info: Info, *, topics: list[str] | None = None, **page: Any) -> Page:
    every = info.context.install.subscriptions.values()
    found = [each for each in every if topics is None or _topic_enum(each) in topics]
    return connect(found, _by_id, **page)


def _levels(item: Item, info: Info, **page: Any) -> Page:
    places = [each for each in info.context.shop.locations if each.id in item.variant.stock]
    levels = [Level(item.variant, place) for place in places]
    return connect(levels, lambda level: level.location.id, **page)


def _level_at(item: Item, info: Info, *, location_id: str) -> Level | None:
    return level_of(
        info.context.shop,
        f"gid://shopify/InventoryLevel/{number(location_id)}?inventory_item_id={item.variant.item_id}",
    )


def _quantities(level: Level, _: Info, *, names: list[str]) -> list[dict[str, Any]]:
    """On hand is available: the twin has no orders yet that would commit stock."""
    held = {"available": level.available, "on_hand": level.available}
    return [
        {"name": name, "quantity": held.get(name, 0), "id": f"{level.gid}&name={name}"}
        for name in names
    ]


def _topic_enum(subscription: Subscription) -> str:
    return subscription.topic.upper().replace("/", "_")


def _attribute(name: str) -> Resolver:
    return lambda source, _: getattr(source, name)


def _key(name: str) -> Resolver:
    return lambda source, _: source[name]


def _value(name: str) -> Resolver:
    return lambda source, _: source.values[name]


def _moment(name: str) -> Resolver:
    return lambda source, _: instant(getattr(source, name))


def _number(source: Any, _: Info) -> str:
    return str(source.id)


def _itself(source: Any, _: Info) -> Any:
    return source


RESOLVERS: dict[str, Resolver] = {
    "QueryRoot.shop": lambda _, info: info.context.shop,
    "QueryRoot.product": _of("Product"),
    "QueryRoot.productVariant": _of("ProductVariant"),
    "QueryRoot.inventoryItem": _of("InventoryItem"),
    "QueryRoot.inventoryLevel": _of("InventoryLevel"),
    "QueryRoot.location": _of("Location"),
    "QueryRoot.webhookSubscription": _of("WebhookSubscription"),
    "QueryRoot.node": _node,
    "QueryRoot.nodes": _nodes,
    "QueryRoot.products": _products,
    "QueryRoot.productsCount": _count,
    "QueryRoot.productVariants": _all_variants,
    "QueryRoot.locations": _locations,
    "QueryRoot.webhookSubscriptions": _subscriptions,
    "QueryRoot.currentAppInstallation": lambda _, info: info.context.install,
    "AppInstallation.id": lambda install, _: f"gid://shopify/AppInstallation/{install.id}",
    "AppInstallation.accessScopes": lambda install, _: install.scopes,
    "AccessScope.handle": _itself,
    "Count.count": _key("count"),
    "Count.precision": _key("precision"),
    "PageInfo.hasNextPage": _attribute("has_next"),
    "PageInfo.hasPreviousPage": _attribute("has_previous"),
    "PageInfo.startCursor": lambda page, _: page.cursors[0] if page.cursors else None,
    "PageInfo.endCursor": lambda page, _: page.cursors[-1] if page.cursors else None,
    "Shop.id": _attribute("gid"),
    "Shop.name": _attribute("name"),
    "Shop.myshopifyDomain": _attribute("domain"),
    "Shop.currencyCode": _attribute("currency"),
    "Shop.createdAt": _moment("created_at"),
    "Shop.email": lambda shop, _: f"owner@{shop.domain}",
    "Shop.weightUnit": lambda *_: "KILOGRAMS",
    "Shop.plan": _itself,
    "ShopPlan.publicDisplayName": lambda shop, _: PLANS[shop.plan][0],
    "ShopPlan.shopifyPlus": lambda shop, _: shop.plan == "plus",
    "ShopPlan.partnerDevelopment": lambda *_: False,
    "Product.id": _attribute("gid"),
    "Product.legacyResourceId": _number,
    "Product.createdAt": _moment("created_at"),
    "Product.updatedAt": _moment("updated_at"),
    "Product.seo": _itself,
    "Product.variants": _variants,
    "Product.variantsCount": lambda product, _: {
        "count": len(product.variants),
        "precision": "EXACT",
    },
    "Product.hasOnlyDefaultVariant": lambda product, _: product.option_names == ["Title"],
    "Product.totalInventory": lambda product, _: sum(
        sum(each.stock.values()) for each in product.variants
    ),
    "SEO.title": _value("seo.title"),
    "SEO.description": _value("seo.description"),
    "ProductVariant.id": _attribute("gid"),
    "ProductVariant.legacyResourceId": _number,
    "ProductVariant.title": _attribute("title"),
    "ProductVariant.product": _attribute("product"),
    "ProductVariant.createdAt": _moment("created_at"),
    "ProductVariant.updatedAt": _moment("updated_at"),
    "ProductVariant.position": lambda variant, _: variant.product.variants.index(variant) + 1,
    "ProductVariant.inventoryQuantity": lambda variant, _: sum(variant.stock.values()),
    "ProductVariant.inventoryItem": lambda variant, _: Item(variant),
    "ProductVariant.selectedOptions": lambda variant, _: [
        {"name": name, "value": value}
        for name, value in zip(variant.product.option_names, variant.options, strict=True)
    ],
    "SelectedOption.name": _key("name"),
    "SelectedOption.value": _key("value"),
    "InventoryItem.id": lambda item, _: item.variant.item_gid,
    "InventoryItem.legacyResourceId": lambda item, _: str(item.variant.item_id),
    "InventoryItem.sku": lambda item, _: item.variant.values["sku"],
    "InventoryItem.tracked": lambda item, _: item.variant.values["tracked"],
    "InventoryItem.requiresShipping": lambda *_: True,
    "InventoryItem.createdAt": lambda item, _: instant(item.variant.created_at),
    "InventoryItem.updatedAt": lambda item, _: instant(item.variant.item_updated_at),
    "InventoryItem.variant": lambda item, _: item.variant,
    "InventoryItem.measurement": _itself,
    "InventoryItem.inventoryLevels": _levels,
    "InventoryItem.inventoryLevel": _level_at,
    "InventoryItemMeasurement.id": lambda item, _: (
        f"gid://shopify/InventoryItemMeasurement/{item.variant.item_id}"
    ),
    "InventoryItemMeasurement.weight": lambda item, _: item.variant.values["weight"],
    "Weight.value": _key("value"),
    "Weight.unit": _key("unit"),
    "InventoryLevel.id": _attribute("gid"),
    "InventoryLevel.item": lambda level, _: Item(level.variant),
    "InventoryLevel.location": _attribute("location"),
    "InventoryLevel.isActive": lambda *_: True,
    "InventoryLevel.updatedAt": lambda level, _: instant(level.variant.item_updated_at),
    "InventoryLevel.quantities": _quantities,
    "InventoryQuantity.id": _key("id"),
    "InventoryQuantity.name": _key("name"),
    "InventoryQuantity.quantity": _key("quantity"),
    "Location.id": _attribute("gid"),
    "Location.name": _attribute("name"),
    "Location.isActive": _attribute("active"),
    "Location.legacyResourceId": _number,
    "WebhookSubscription.id": _attribute("gid"),
    "WebhookSubscription.topic": lambda found, _: _topic_enum(found),
    "WebhookSubscription.uri": _attribute("uri"),
    "WebhookSubscription.callbackUrl": _attribute("uri"),
    "WebhookSubscription.format": lambda *_: "JSON",
    "WebhookSubscription.name": _attribute("name"),
    "WebhookSubscription.createdAt": _moment("created_at"),
}
for _name in ("title", "handle", "descriptionHtml", "vendor", "productType", "tags", "status"):
    RESOLVERS[f"Product.{_name}"] = _value(_name)
for _name in ("price", "compareAtPrice", "barcode", "taxable", "inventoryPolicy", "sku"):
    RESOLVERS[f"ProductVariant.{_name}"] = _value(_name)
for _kind in ("Product", "ProductVariant", "InventoryLevel", "Location", "WebhookSubscription"):
    RESOLVERS[f"{_kind}Connection.nodes"] = _attribute("nodes")
    RESOLVERS[f"{_kind}Connection.pageInfo"] = _itself
    RESOLVERS[f"{_kind}Connection.edges"] = lambda page, _: list(
        zip(page.nodes, page.cursors, strict=True)
    )
    RESOLVERS[f"{_kind}Edge.node"] = lambda edge, _: edge[0]
    RESOLVERS[f"{_kind}Edge.cursor"] = lambda edge, _: edge[1]
