"""New files that are media of a product from the beginning."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stores.twin.edits import files, media
from stores.twin.edits.deed import Deed
from stores.twin.edits.files import NewFile
from stores.twin.goods import Product
from stores.twin.library import File
from stores.twin.refusals import RefusedError
from stores.twin.world import Shop

__all__ = ["hang", "planned"]

Given = Mapping[str, Any]


def planned(shop: Shop, product: Product | None, inputs: Sequence[Given] | None) -> list[NewFile]:
    """New media of a product, or of one to be, from inputs. Raises RefusedError."""
    found = files.planned(shop, inputs or (), "media")
    code = "PRODUCT_MEDIA_LIMIT_EXCEEDED"
    if refusals := media.too_many(product, len(found), code, "media"):
        raise RefusedError(*refusals)
    return found


def hang(deed: Deed, product: Product, drafts: Iterable[NewFile]) -> list[File]:
    """Put planned media behind those that the product has."""
    made = files.add(deed, drafts)
    if made:
        media.attach(deed, product, made)
    return made
