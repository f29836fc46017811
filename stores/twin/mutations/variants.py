"""Mutations of variants in bulk."""

from collections.abc import Sequence
from typing import Any

from stores.twin import edits
from stores.twin.attributes import Refusal
from stores.twin.errors import UnimplementedError
from stores.twin.mutations.answer import author, bounded, done, edit, product_of, refused
from stores.twin.nodes import Info
from stores.twin.queries import Resolver
from stores.twin.world import Product

__all__ = ["VARIANTS"]

_NO_PRODUCT = "Product does not exist"


def _variants_update(
    _: Any,
    info: Info,
    *,
    product_id: str,
    variants: Sequence[dict[str, Any]],
    allow_partial_updates: bool = False,
) -> Any:
    if allow_partial_updates:
        raise UnimplementedError("The twin does not implement allowPartialUpdates.")
    bounded(variants)
    nothing = {"product": None, "product_variants": None}
    found = product_of(info.context, product_id)
    if found is None:
        refusal = Refusal(["productId"], _NO_PRODUCT, "PRODUCT_DOES_NOT_EXIST")
        return refused([refusal], **nothing)
    if refusals := edit(info.context, found, variants=variants):
        return refused(refusals, **nothing | {"product": found})
    changed = [info.context.shop.variants[edits.number(each["id"]) or 0] for each in variants]
    return done(product=found, product_variants=changed)


def _variants_create(
    _: Any, info: Info, *, product_id: str, variants: Sequence[dict[str, Any]], strategy: str
) -> Any:
    if strategy != "DEFAULT":
        raise UnimplementedError("The twin does not implement the argument strategy.")
    bounded(variants)
    call, found = info.context, product_of(info.context, product_id)
    if found is None:
        refusal = Refusal(["productId"], _NO_PRODUCT, "PRODUCT_DOES_NOT_EXIST")
        return refused([refusal], product=None, product_variants=None)
    given = [_with_options(found, each) for each in variants]
    made = edits.add_variants(call.twin, call.shop, found, author(call), given)
    if isinstance(made[0], Refusal):
        return refused(made, product=None, product_variants=None)
    return done(product=found, product_variants=made)


def _with_options(product: Product, given: dict[str, Any]) -> dict[str, Any]:
    values = {each.get("optionName"): each.get("name") for each in given.get("optionValues", ())}
    rest = {name: value for name, value in given.items() if name != "optionValues"}
    return {**rest, "options": [values.get(name) or "Default" for name in product.option_names]}


VARIANTS: dict[str, Resolver] = {
    "productVariantsBulkUpdate": _variants_update,
    "productVariantsBulkCreate": _variants_create,
}
