"""How products and their variants are read."""

from typing import Any, NamedTuple

from graphql import GraphQLError

from stores.twin.edits.identity import by_identifier
from stores.twin.errors import UnimplementedError
from stores.twin.goods import Option, Product
from stores.twin.jobs import Operation
from stores.twin.nodes import Info, Item, find
from stores.twin.paging import Page, connect, listed, matcher
from stores.twin.queries.read import (
    Resolver,
    attribute,
    by_id,
    itself,
    moment,
    number_of,
    value,
)
from stores.twin.refusals import RefusedError
from stores.twin.rendering import instant

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


def _variants(product: Product, _: Info, *, sort_key: str = "POSITION", **page: Any) -> Page:
    if sort_key == "ID":
        return connect(sorted(product.variants, key=by_id), by_id, **page)
    if sort_key != "POSITION":
        raise UnimplementedError(f"The twin does not sort variants by {sort_key}.")
    return listed(product.variants, **page)


class _Option(NamedTuple):
    """An option with its place and the ids of the values that variants have."""

    option: Option
    position: int
    used: set[int]


def _options(product: Product, _: Info, *, first: int | None = None) -> list[_Option]:
    used = product.used()
    return [_Option(each, at, used) for at, each in enumerate(product.options[:first], start=1)]


def _all_variants(_: Any, info: Info, *, query: str | None = None, **page: Any) -> Page:
    wanted = matcher(query)
    found = [each for each in info.context.shop.variants.values() if wanted(each.product)]
    return connect(found, by_id, **page)


def _by_identifier(_: Any, info: Info, *, identifier: dict[str, Any]) -> Product | None:
    """Without a definition of unique values for a custom id, an error of the whole field."""
    context = info.context
    try:
        return by_identifier(context.shop, context.author.app, identifier)
    except RefusedError as refused:
        codes = {"code": refused.refusals[0].code}
        raise GraphQLError(str(refused), extensions=codes) from refused


def _by_handle(_: Any, info: Info, *, handle: str) -> Product | None:
    return info.context.shop.products.get(info.context.shop.handles.get(handle, 0))


def _operation(_: Any, info: Info, *, id: str) -> Operation | None:  # noqa: A002
    found = find(info.context.shop, info.context.install, id)
    return found if isinstance(found, Operation) else None


PRODUCTS: dict[str, Resolver] = {
    "QueryRoot.productByIdentifier": _by_identifier,
    "QueryRoot.productByHandle": _by_handle,
    "QueryRoot.productOperation": _operation,
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
    "Product.hasOnlyDefaultVariant": attribute("has_only_default_variant"),
    "Product.options": _options,
    "Product.totalInventory": lambda product, _: sum(each.available for each in product.variants),
    "SEO.title": value("seo.title"),
    "SEO.description": value("seo.description"),
    "ProductVariant.id": attribute("gid"),
    "ProductVariant.legacyResourceId": number_of,
    "ProductVariant.title": attribute("title"),
    "ProductVariant.product": attribute("product"),
    "ProductVariant.createdAt": moment("created_at"),
    "ProductVariant.updatedAt": moment("updated_at"),
    "ProductVariant.position": attribute("position"),
    "ProductVariant.displayName": lambda variant, _: (
        f"{variant.product.values['title']} - {variant.title}"
    ),
    "ProductVariant.inventoryQuantity": attribute("available"),
    "ProductVariant.inventoryItem": lambda variant, _: Item(variant),
    "ProductVariant.selectedOptions": lambda variant, _: list(
        zip(variant.product.options, variant.chosen, strict=True)
    ),
    "SelectedOption.name": lambda pair, _: pair[0].name,
    "SelectedOption.value": lambda pair, _: pair[1].name,
    "SelectedOption.optionValue": lambda pair, _: (pair[1], True),
    "ProductOption.id": lambda each, _: each.option.gid,
    "ProductOption.name": lambda each, _: each.option.name,
    "ProductOption.position": attribute("position"),
    "ProductOption.values": lambda each, _: [
        value.name for value in each.option.values if value.id in each.used
    ],
    "ProductOption.optionValues": lambda each, _: [
        (value, value.id in each.used) for value in each.option.values
    ],
    "ProductOptionValue.id": lambda pair, _: pair[0].gid,
    "ProductOptionValue.name": lambda pair, _: pair[0].name,
    "ProductOptionValue.hasVariants": lambda pair, _: pair[1],
    "ProductOptionValue.linkedMetafieldValue": lambda *_: None,
}
for _name in ("title", "handle", "descriptionHtml", "vendor", "productType", "tags", "status"):
    PRODUCTS[f"Product.{_name}"] = value(_name)
for _name in ("price", "compareAtPrice", "barcode", "taxable", "inventoryPolicy", "sku"):
    PRODUCTS[f"ProductVariant.{_name}"] = value(_name)
for _kind in ("ProductSetOperation", "ProductDeleteOperation", "ProductDuplicateOperation"):
    PRODUCTS[f"{_kind}.id"] = attribute("gid")
    PRODUCTS[f"{_kind}.status"] = attribute("status")
    PRODUCTS[f"{_kind}.product"] = attribute("product")
    PRODUCTS[f"{_kind}.userErrors"] = attribute("refusals")
PRODUCTS["ProductDeleteOperation.deletedProductId"] = attribute("deleted_product_id")
PRODUCTS["ProductDuplicateOperation.newProduct"] = attribute("new_product")
