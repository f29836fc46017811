"""The truth about a shop's goods, as JSON."""

from typing import Any

from stores.twin.custom import Metafields
from stores.twin.goods import Product, Variant
from stores.twin.levels import shown
from stores.twin.library import File
from stores.twin.rendering import instant
from stores.twin.selling import Order
from stores.twin.world import Location, Shop

__all__ = ["order_state", "place_state", "product_state", "shop_state"]


def shop_state(shop: Shop) -> dict[str, Any]:
    """Its products, its own metafields, its files, locations and orders."""
    with shop.lock:
        return {
            "products": [product_state(each) for each in shop.products.values()],
            "metafields": _metafields(shop.metafields),
            "files": [_file(each) for each in shop.files.values()],
            "locations": [place_state(each) for each in shop.locations],
            "orders": [order_state(each) for each in shop.orders.values()],
        }


def place_state(place: Location) -> dict[str, Any]:
    return {
        "id": place.gid,
        "name": place.name,
        "active": place.active,
        "fulfills_online": place.fulfills_online,
        "address": place.address,
    }


def order_state(order: Order) -> dict[str, Any]:
    state = "cancelled" if order.cancelled_at else "fulfilled" if order.fulfilled_at else "open"
    return {
        "id": order.gid,
        "name": order.name,
        "state": state,
        "lines": [
            {
                "variant": line.variant.gid,
                "quantity": line.quantity,
                "location": line.level.location.gid if line.level else None,
            }
            for line in order.lines
        ],
    }


def product_state(product: Product) -> dict[str, Any]:
    """One product with all that hangs on it: what a test compares its own view with."""
    return {
        "id": product.gid,
        **product.values,
        "updatedAt": instant(product.updated_at),
        "published": {str(key): instant(at) for key, at in sorted(product.publishing.items())},
        "options": [
            {
                "id": option.gid,
                "name": option.name,
                "values": [{"id": value.gid, "name": value.name} for value in option.values],
            }
            for option in product.options
        ],
        "metafields": _metafields(product.metafields),
        "media": [_file(file) for file in product.media],
        "variants": [_variant(variant) for variant in product.variants],
    }


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "id": variant.gid,
        "item": variant.item_gid,
        "title": variant.title,
        **variant.values,
        "stock": shown(variant),
        "media": variant.media and variant.media.gid,
        "metafields": _metafields(variant.metafields),
    }


def _file(file: File) -> dict[str, Any]:
    return {
        "id": file.gid,
        "status": file.status,
        "alt": file.alt,
        "filename": file.name,
        "source": file.source,
        "url": file.url,
    }


def _metafields(held: Metafields) -> list[dict[str, str]]:
    return [
        {"namespace": each.namespace, "key": each.key, "type": each.type, "value": each.value}
        for _, each in sorted(held.items())
    ]
