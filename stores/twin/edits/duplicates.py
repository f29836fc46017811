"""The duplicate of a product: everything again under ids of its own, but for unique values."""

from collections.abc import Mapping
from typing import Any

from stores.twin.edits import metafields, products
from stores.twin.edits.deed import Deed
from stores.twin.edits.drafts import Draft
from stores.twin.edits.files import NewFile
from stores.twin.edits.metafields import Owner, Setting
from stores.twin.edits.options import NewOption
from stores.twin.edits.products import NewProduct
from stores.twin.goods import Product, Variant
from stores.twin.rendering import handle
from stores.twin.world import Shop

__all__ = ["duplicate"]


def duplicate(
    deed: Deed, product: Product, wanted: Mapping[str, Any], *, with_media: bool
) -> Product:
    """A copy with other values; stock is not copied, unique metafields neither (schema text).

    Raises RefusedError.
    """
    own = products.normal(deed.shop, wanted)
    values = {**product.values, **own, "handle": handle(own["title"])}
    options = [NewOption(x.name, [value.name for value in x.values]) for x in product.options]
    drafts = [_copy(deed.shop, variant) for variant in product.variants]
    media = [NewFile(x.kind, x.source, x.name, x.alt) for x in product.media if with_media]
    custom = _metafields(deed.shop, product)
    return products.make(deed, NewProduct(values, options, drafts, custom, media))


def _copy(shop: Shop, variant: Variant) -> Draft:
    names = [value.name for value in variant.chosen]
    stock = dict.fromkeys(variant.stock, 0)
    return Draft(dict(variant.values), names, stock, _metafields(shop, variant))


def _metafields(shop: Shop, owner: Owner) -> list[Setting]:
    kind = metafields.KINDS[type(owner)]
    found = []
    for address, each in owner.metafields.items():
        definition = shop.definitions.get((kind, *address))
        if definition is None or not definition.unique:
            found.append(Setting(None, address, each.type, each.value, definition))
    return found
