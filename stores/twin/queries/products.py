"""How products and their variants are read."""

from typing import Any

from stores.twin.nodes import Info, Item
from stores.twin.paging import Page, connect, matcher
from stores.twin.queries.read import (
    Resolver,
    attribute,
    by_id,
    itself,
    key,
    moment,
    number_of,
    value,
)
from stores.twin.rendering import instant
from stores.twin.world import Product

__all__ = ["PRODUCTS"]


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
    return connect(products, by_id, **page)


def _by_update(found: Any) -> Any:
    return (instant(found.updated_at), found.id)


def _count(_: Any, info: Info, *, query: str | None = None, limit: int | None = 10_000) -> Any:
    found = sum(map(matcher(query), info.context.shop.products.values()))
    capped = limit is not None and found > limit
    return {"count": limit if capped else found, "precision": "AT_LEAST" if capped else "EXACT"}


def _variants(product: Product, _: Info, **page: Any) -> Page:
    return connect(product.variants, by_id, **page)


def _all_variants(_: Any, info: Info, *, query: str | None = None, **page: Any) -> Page:
    wanted = matcher(query)
    found = [each for each in info.context.shop.variants.values() if wanted(each.product)]
    return connect(found, by_id, **page)


PRODUCTS: dict[str, Resolver] = {
    "QueryRoot.products": _products,
    "QueryRoot.productsCount": _count,
    "QueryRoot.productVariants": _all_variants,
    "Product.id": attribute("gid"),
    "Product.legacyResourceId": number_of,
    "Product.createdAt": moment("created_at"),
    "Product.updatedAt": moment("updated_at"),
    "Product.seo": itself,
    "Product.variants": _variants,
    "Product.variantsCount": lambda product, _: {
        "count": len(product.variants),
        "precision": "EXACT",
    },
    "Product.hasOnlyDefaultVariant": lambda product, _: product.option_names == ["Title"],
    "Product.totalInventory": lambda product, _: sum(
        sum(each.stock.values()) for each in product.variants
    ),
    "SEO.title": value("seo.title"),
    "SEO.description": value("seo.description"),
    "ProductVariant.id": attribute("gid"),
    "ProductVariant.legacyResourceId": number_of,
    "ProductVariant.title": attribute("title"),
    "ProductVariant.product": attribute("product"),
    "ProductVariant.createdAt": moment("created_at"),
    "ProductVariant.updatedAt": moment("updated_at"),
    "ProductVariant.position": lambda variant, _: variant.product.variants.index(variant) + 1,
    "ProductVariant.inventoryQuantity": lambda variant, _: sum(variant.stock.values()),
    "ProductVariant.inventoryItem": lambda variant, _: Item(variant),
    "ProductVariant.selectedOptions": lambda variant, _: [
        {"name": name, "value": value}
        for name, value in zip(variant.product.option_names, variant.options, strict=True)
    ],
    "SelectedOption.name": key("name"),
    "SelectedOption.value": key("value"),
}
for _name in ("title", "handle", "descriptionHtml", "vendor", "productType", "tags", "status"):
    PRODUCTS[f"Product.{_name}"] = value(_name)
for _name in ("price", "compareAtPrice", "barcode", "taxable", "inventoryPolicy", "sku"):
    PRODUCTS[f"ProductVariant.{_name}"] = value(_name)
