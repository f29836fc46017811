"""How a webhook's body shows media: only what is processed, each with an id of its own."""

from typing import Any

from stores.twin.goods import Product, Variant
from stores.twin.library import CONTENT_TYPES, HEIGHT, WIDTH, File
from stores.twin.rendering import shop_time
from stores.twin.world import Shop

__all__ = ["image_id", "shown"]


def shown(shop: Shop, product: Product) -> dict[str, Any]:
    """`images`, `image` and `media` of a product: empty until they are ready (3.6)."""
    ready = [file for file in product.media if file.is_ready]
    pictures = [file for file in ready if file.kind == "MediaImage"]
    images = [_image(shop, product, *each) for each in enumerate(pictures, start=1)]
    media = [_medium(shop, product, *each) for each in enumerate(ready, start=1)]
    return {"images": images, "image": images[0] if images else None, "media": media}


def image_id(variant: Variant) -> int | None:
    """The number of a variant's picture, once that is ready."""
    file = variant.media
    return file.image_id if file is not None and file.is_ready else None


def _image(shop: Shop, product: Product, position: int, file: File) -> dict[str, Any]:
    size = {"src": file.url, "width": WIDTH, "height": HEIGHT}
    return {"id": file.image_id, **size, **_common(shop, product, position, file)}


def _medium(shop: Shop, product: Product, position: int, file: File) -> dict[str, Any]:
    preview = {"width": WIDTH, "height": HEIGHT, "src": file.url, "status": file.status}
    return {
        "id": file.id,
        "status": file.status,
        "media_content_type": CONTENT_TYPES[file.kind],
        "preview_image": preview,
        **_common(shop, product, position, file),
    }


def _common(shop: Shop, product: Product, position: int, file: File) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "position": position,
        "alt": file.alt,
        "variant_ids": [each.id for each in product.variants if each.media is file],
        "created_at": shop_time(file.created_at, shop.zone),
        "updated_at": shop_time(file.updated_at, shop.zone),
        "admin_graphql_api_id": file.gid,
    }
