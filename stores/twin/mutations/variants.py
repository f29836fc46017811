"""Mutations of variants in bulk."""

from collections.abc import Sequence
from typing import Any

from stores.twin.edits import pictures
from stores.twin.edits import variants as many
from stores.twin.errors import UnimplementedError
from stores.twin.goods import VARIANT_LIMIT
from stores.twin.mutations.answer import bounded, deed_of, mutation, product_of
from stores.twin.nodes import Info
from stores.twin.queries import Resolver

__all__ = ["VARIANTS"]

Given = dict[str, Any]


@mutation("product", "product_variants")
def _create(
    _: Any,
    info: Info,
    *,
    product_id: str,
    variants: Sequence[Given],
    strategy: str,
    media: Sequence[Given] | None = None,
) -> Any:
    bounded(variants)
    found = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        drafts = many.new(deed, found, variants)
        new_media = pictures.planned(deed.shop, found, _media(media, variants))
        made = many.add(deed, found, drafts, strategy, new_media)
    return {"product": found, "product_variants": made}


@mutation("product", "product_variants")
def _update(
    _: Any,
    info: Info,
    *,
    product_id: str,
    variants: Sequence[Given],
    allow_partial_updates: bool = False,
    media: Sequence[Given] | None = None,
) -> Any:
    if allow_partial_updates:
        raise UnimplementedError("The twin does not implement allowPartialUpdates.")
    bounded(variants)
    found = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        drafts = many.planned(deed, found, variants)
        new_media = pictures.planned(deed.shop, found, _media(media, variants))
        many.alter(deed, found, drafts, new_media)
        if deed.shop.knobs.noop_fires:
            deed.touch(found)
    return {"product": found, "product_variants": [each.variant for each in drafts]}


@mutation("product")
def _delete(_: Any, info: Info, *, product_id: str, variants_ids: Sequence[str]) -> Any:
    bounded(variants_ids)
    found = product_of(info.context, product_id, "productId")
    code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
    with deed_of(info.context) as deed:
        many.drop(deed, found, many.of_product(found, variants_ids, code, "variantsIds"))
    return {"product": found}


@mutation("product")
def _reorder(_: Any, info: Info, *, product_id: str, positions: Sequence[Given]) -> Any:
    bounded(positions, VARIANT_LIMIT)
    found = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        many.reorder(deed, found, positions)
    return {"product": found}


def _media(media: Sequence[Given] | None, variants: Sequence[Given]) -> list[Given]:
    """What is given for the product, and the addresses of variants that are not among it."""
    every = list(media or ())
    known = {each["originalSource"] for each in every}
    asked = [source for each in variants for source in (each.get("mediaSrc") or ())[:1]]
    missing = [source for source in dict.fromkeys(asked) if source not in known]
    return every + [{"originalSource": each, "mediaContentType": "IMAGE"} for each in missing]


VARIANTS: dict[str, Resolver] = {
    "productVariantsBulkCreate": _create,
    "productVariantsBulkUpdate": _update,
    "productVariantsBulkDelete": _delete,
    "productVariantsBulkReorder": _reorder,
}
