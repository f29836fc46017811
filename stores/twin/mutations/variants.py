"""Mutations of variants in bulk."""

from collections.abc import Sequence
from typing import Any

from stores.twin.edits import Deed, pictures
from stores.twin.edits import variants as many
from stores.twin.edits.drafts import new, planned
from stores.twin.goods import VARIANT_LIMIT, Product, Variant
from stores.twin.mutations import adjustments as adjusting
from stores.twin.mutations.answer import bounded, deed_of, mutation, product_of
from stores.twin.nodes import Call, Info
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.stock.checks import expected

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
        drafts = new(deed, found, variants)
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
    allow_partial_updates: bool | None = False,
    media: Sequence[Given] | None = None,
) -> Any:
    """With partial updates what is good persists beside what is refused (schema text)."""
    bounded(variants)
    call, found = info.context, product_of(info.context, product_id, "productId")
    refusals: list[Refusal] = []
    for adjustment in (x for each in variants for x in each.get("quantityAdjustments") or ()):
        expected(adjustment, "InventoryAdjustmentInput")
    with deed_of(call) as deed:
        if not allow_partial_updates:
            changed = _change(call, deed, found, variants, media)
        else:
            changed = []
            for index, each in enumerate(variants):
                try:
                    changed += _change(call, deed, found, [each], media if not index else None)
                except RefusedError as refused:
                    refusals += [_at(index, refusal) for refusal in refused.refusals]
        if deed.shop.knobs.noop_fires:
            deed.touch(found)
    return {"product": found, "product_variants": changed, "user_errors": refusals}


def _change(
    call: Call,
    deed: Deed,
    product: Product,
    variants: Sequence[Given],
    media: Sequence[Given] | None,
) -> list[Variant]:
    """Change some variants, and their stock by deltas: all or, with RefusedError, none."""
    rest = [dict(each) for each in variants]
    adjustments = [each.pop("quantityAdjustments", None) or () for each in rest]
    drafts = planned(deed, product, rest)
    changed = [each.variant for each in drafts if each.variant is not None]
    moves = [
        move
        for index, (variant, given) in enumerate(zip(changed, adjustments, strict=True))
        for move in _moves(call, variant, given, index)
    ]
    new_media = pictures.planned(deed.shop, product, _media(media, variants))
    many.alter(deed, product, drafts, new_media)
    adjusting.carry_out(deed, moves)
    return changed


def _moves(
    call: Call, variant: Variant, given: Sequence[Given], index: int
) -> list[adjusting.Adjustment]:
    try:
        return adjusting.planned(call, variant, given)
    except RefusedError as refused:
        under = (each.under("variants", str(index)) for each in refused.refusals)
        raise RefusedError(*under) from refused


def _at(index: int, refusal: Refusal) -> Refusal:
    """The refusal of a single variant under its place among all of them."""
    path = refusal.field
    if path[:1] == ["variants"]:
        path = ["variants", str(index), *path[2:]]
    return Refusal(path, refusal.message, refusal.code)


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
