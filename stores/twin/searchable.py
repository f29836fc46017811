"""The lists that can be searched and sorted: their fields by the schema's text, and their keys."""

from collections.abc import Callable, Mapping
from typing import Any

from stores.twin.goods import Variant
from stores.twin.library import CONTENT_TYPES
from stores.twin.search import Fields, Get, flag, ids, keywords, moments, numbers, words

__all__ = ["DEFINITIONS", "FILES", "ITEMS", "PRODUCTS", "PRODUCT_KEYS", "VARIANTS", "VARIANT_KEYS"]


def _value(name: str) -> Get:
    return lambda found: found.values[name]


def _of_variants(get: Get) -> Get:
    return lambda product: [get(each) for each in product.variants]


def _of_product(get: Get) -> Get:
    return lambda variant: get(variant.product)


def _none_of(maker: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def make(term: Any) -> Any:
        test = maker(term)
        return lambda found: not test(found)

    return make


def _id(found: Any) -> int:
    return int(found.id)


def _places(variant: Variant) -> list[int]:
    return [level.location.id for level in variant.stock.values() if level.active]


_TAGS, _TITLE = _value("tags"), _value("title")
PRODUCTS = Fields(
    played={
        "id": ids(_id),
        "title": words(_TITLE),
        "handle": keywords(_value("handle"), several=True),
        "status": keywords(_value("status"), several=True),
        "vendor": keywords(_value("vendor"), several=True),
        "product_type": keywords(_value("productType"), several=True),
        "tag": keywords(_TAGS),
        "tag_not": _none_of(keywords(_TAGS)),
        "created_at": moments(lambda product: product.created_at),
        "updated_at": moments(lambda product: product.updated_at),
        "sku": keywords(_of_variants(_value("sku"))),
        "barcode": keywords(_of_variants(_value("barcode"))),
        "price": numbers(_of_variants(_value("price"))),
        "variant_id": ids(_of_variants(_id)),
        "variant_title": words(_of_variants(lambda variant: variant.title)),
        "inventory_total": numbers(lambda product: sum(x.available for x in product.variants)),
        "tracks_inventory": flag(lambda product: any(map(_value("tracked"), product.variants))),
        "has_only_default_variant": flag(lambda product: product.has_only_default_variant),
        "gift_card": flag(lambda _: False),
    },
    anywhere=words(
        _TITLE,
        _value("vendor"),
        _value("productType"),
        _TAGS,
        _of_variants(_value("sku")),
        _of_variants(_value("barcode")),
    ),
    unplayed=frozenset(
        {
            *("bundles", "category_id", "collection_id", "combined_listing_role"),
            *("delivery_profile_id", "error_feedback", "has_only_composites"),
            *("has_variant_with_components", "is_price_reduced", "out_of_stock_somewhere"),
            *("product_configuration_owner", "product_publication_status", "publication_ids"),
            *("publishable_status", "published_at", "published_status"),
        }
    ),
)
VARIANTS = Fields(
    played={
        "id": ids(_id),
        "sku": keywords(_value("sku")),
        "barcode": keywords(_value("barcode")),
        "title": words(lambda variant: variant.title),
        "updated_at": moments(lambda variant: variant.updated_at),
        "taxable": flag(_value("taxable")),
        "inventory_quantity": numbers(lambda variant: variant.available),
        "product_id": ids(lambda variant: variant.product.id),
        "product_ids": keywords(lambda variant: variant.product.id, several=True),
        "product_status": keywords(_of_product(_value("status")), several=True),
        "product_type": keywords(_of_product(_value("productType")), several=True),
        "vendor": keywords(_of_product(_value("vendor")), several=True),
        "tag": keywords(_of_product(_TAGS)),
        "tag_not": _none_of(keywords(_of_product(_TAGS))),
        "location_id": ids(_places),
        "gift_card": flag(lambda _: False),
    },
    anywhere=words(
        _of_product(_TITLE),
        lambda variant: variant.title,
        _value("sku"),
        _value("barcode"),
        _of_product(_value("vendor")),
    ),
    unplayed=frozenset(
        {
            *("collection", "delivery_profile_id", "exclude_composite", "managed", "managed_by"),
            *("exclude_variants_with_components", "option1", "option2", "option3"),
            *("product_publication_status", "publishable_status", "published_status"),
            *("requires_components",),
        }
    ),
)
# Items are found as the variants that have them.
ITEMS = Fields(
    played={
        "id": ids(lambda variant: variant.item_id),
        "sku": keywords(_value("sku")),
        "created_at": moments(lambda variant: variant.created_at),
        "updated_at": moments(lambda variant: variant.item_updated_at),
    },
    anywhere=words(_value("sku")),
)


FILES = Fields(
    played={
        "id": ids(_id),
        "ids": ids(_id),
        "filename": keywords(lambda file: file.name, several=True),
        "media_type": keywords(lambda file: CONTENT_TYPES[file.kind], several=True),
        "status": keywords(lambda file: file.status, several=True),
        "product_id": ids(lambda file: [product.id for product in file.products]),
        "created_at": moments(lambda file: file.created_at),
        "updated_at": moments(lambda file: file.updated_at),
    },
    anywhere=words(lambda file: file.name, lambda file: file.alt),
    unplayed=frozenset({"original_upload_size", "used_in"}),
)
DEFINITIONS = Fields(
    played={
        "id": ids(_id),
        "key": keywords(lambda definition: definition.key),
        "namespace": keywords(lambda definition: definition.namespace),
        "owner_type": keywords(lambda definition: definition.owner_type),
        "type": keywords(lambda definition: definition.type),
        "created_at": moments(lambda definition: definition.created_at),
        "updated_at": moments(lambda definition: definition.updated_at),
    },
    anywhere=words(
        lambda definition: definition.name,
        lambda definition: definition.namespace,
        lambda definition: definition.key,
    ),
)


def _text(name: str) -> Get:
    return lambda found: found.values[name].casefold()


def _stamp(name: str) -> Get:
    return lambda found: int(getattr(found, name).timestamp())


# What lists are sorted by, beside the id that decides where it is the same.
PRODUCT_KEYS: Mapping[str, Get] = {
    "TITLE": _text("title"),
    "VENDOR": _text("vendor"),
    "PRODUCT_TYPE": _text("productType"),
    "CREATED_AT": _stamp("created_at"),
    "UPDATED_AT": _stamp("updated_at"),
    "INVENTORY_TOTAL": lambda product: sum(each.available for each in product.variants),
}
VARIANT_KEYS: Mapping[str, Get] = {
    "TITLE": lambda variant: variant.title.casefold(),
    "NAME": lambda variant: f"{variant.product.values['title']} - {variant.title}".casefold(),
    "FULL_TITLE": lambda variant: f"{variant.product.values['title']} - {variant.title}".casefold(),
    "SKU": lambda variant: (variant.values["sku"] or "").casefold(),
    "POSITION": lambda variant: variant.position,
    "INVENTORY_QUANTITY": lambda variant: variant.available,
    "INVENTORY_POLICY": lambda variant: variant.values["inventoryPolicy"],
}
