"""How products are read, and what goes on with them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql import GraphQLError

from stores.twin.edits.identity import by_identifier
from stores.twin.errors import UnimplementedError
from stores.twin.goods import Product
from stores.twin.jobs import Operation
from stores.twin.nodes import Info, find
from stores.twin.paging import Page, connect, listed
from stores.twin.queries.lists import seen
from stores.twin.queries.read import (
    Resolver,
    attribute,
    by_id,
    itself,
    moment,
    money,
    number_of,
    value,
)
from stores.twin.refusals import RefusedError
from stores.twin.rendering import plain

__all__ = ["PRODUCTS"]


def _variants(product: Product, _: Info, *, sort_key: str = "POSITION", **page: Any) -> Page:
    if sort_key == "ID":
        return connect(sorted(product.variants, key=by_id), by_id, **page)
    if sort_key != "POSITION":
        raise UnimplementedError(f"The twin does not sort variants by {sort_key}.")
    return listed(product.variants, **page)


def _by_identifier(_: Any, info: Info, *, identifier: dict[str, Any]) -> Product | None:
    """Without a definition of unique values for a custom id, an error of the whole field."""
    context = info.context
    try:
        found = by_identifier(context.shop, context.author.app, identifier)
    except RefusedError as refused:
        codes = {"code": refused.refusals[0].code}
        raise GraphQLError(str(refused), extensions=codes) from refused
    return seen(info).products.get(found.id) if found is not None else None


def _by_handle(_: Any, info: Info, *, handle: str) -> Product | None:
    return seen(info).products.get(info.context.shop.handles.get(handle, 0))


def _operation(_: Any, info: Info, *, id: str) -> Operation | None:  # noqa: A002
    found = find(info.context.shop, info.context.install, id)
    return found if isinstance(found, Operation) else None


def _description(product: Product, _: Info, *, truncate_at: int | None = None) -> str:
    return plain(product.values["descriptionHtml"], truncate_at)


def _price(choose: Callable[..., str]) -> Resolver:
    """The lowest or the highest price of a product's variants."""

    def chosen(pair: tuple[Product, str], _: Info) -> dict[str, str]:
        product, currency = pair
        prices = (variant.values["price"] for variant in product.variants)
        return money(choose(prices, key=Decimal), currency)

    return chosen


PRODUCTS: dict[str, Resolver] = {
    "QueryRoot.productByIdentifier": _by_identifier,
    "QueryRoot.productByHandle": _by_handle,
    "QueryRoot.productOperation": _operation,
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
    "Product.options": lambda product, _, *, first=None: product.shown_options()[:first],
    "Product.description": _description,
    "Product.bodyHtml": value("descriptionHtml"),
    "Product.category": value("category"),
    "TaxonomyCategory.id": itself,
    "Product.isGiftCard": lambda *_: False,
    "Product.requiresSellingPlan": lambda *_: False,
    "Product.hasVariantsThatRequiresComponents": lambda *_: False,
    "Product.hasOutOfStockVariants": lambda product, _: any(
        each.values["tracked"] and each.available <= 0 for each in product.variants
    ),
    "Product.tracksInventory": lambda product, _: any(
        each.values["tracked"] for each in product.variants
    ),
    "Product.priceRangeV2": lambda product, info: (product, info.context.shop.currency),
    "ProductPriceRangeV2.minVariantPrice": _price(min),
    "ProductPriceRangeV2.maxVariantPrice": _price(max),
    "Product.totalInventory": lambda product, _: sum(each.available for each in product.variants),
    "SEO.title": value("seo.title"),
    "SEO.description": value("seo.description"),
}
_NAMES = ("title", "handle", "descriptionHtml", "vendor", "productType", "tags", "status")
for _name in (*_NAMES, "templateSuffix"):
    PRODUCTS[f"Product.{_name}"] = value(_name)
for _kind in ("ProductSetOperation", "ProductDeleteOperation", "ProductDuplicateOperation"):
    PRODUCTS[f"{_kind}.id"] = attribute("gid")
    PRODUCTS[f"{_kind}.status"] = attribute("status")
    PRODUCTS[f"{_kind}.product"] = attribute("product")
    PRODUCTS[f"{_kind}.userErrors"] = attribute("refusals")
PRODUCTS["ProductDeleteOperation.deletedProductId"] = attribute("deleted_product_id")
PRODUCTS["ProductDuplicateOperation.newProduct"] = attribute("new_product")
