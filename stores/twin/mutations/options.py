"""Mutations of a product's options."""

from collections.abc import Sequence
from typing import Any

from stores.twin.edits import option_update
from stores.twin.edits.option_update import Values
from stores.twin.edits.options import create, delete, reorder
from stores.twin.mutations.answer import deed_of, mutation, product_of
from stores.twin.nodes import Info
from stores.twin.queries import Resolver

__all__ = ["OPTIONS"]

Given = dict[str, Any]


@mutation("product")
def _create(
    _: Any,
    info: Info,
    *,
    product_id: str,
    options: Sequence[Given],
    variant_strategy: str | None = None,
) -> Any:
    found = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        create(deed, found, options, variant_strategy or "LEAVE_AS_IS")
    return {"product": found}


@mutation("product")
def _update(
    _: Any,
    info: Info,
    *,
    product_id: str,
    option: Given,
    option_values_to_add: Sequence[Given] | None = None,
    option_values_to_update: Sequence[Given] | None = None,
    option_values_to_delete: Sequence[str] | None = None,
    variant_strategy: str | None = None,
) -> Any:
    found = product_of(info.context, product_id, "productId")
    values = Values(
        option_values_to_add or (), option_values_to_update or (), option_values_to_delete or ()
    )
    with deed_of(info.context) as deed:
        option_update.update(deed, found, option, values, variant_strategy or "LEAVE_AS_IS")
    return {"product": found}


@mutation("product", "deleted_options_ids")
def _delete(
    _: Any, info: Info, *, product_id: str, options: Sequence[str], strategy: str | None = None
) -> Any:
    found = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        gone = delete(deed, found, options, strategy or "DEFAULT")
    return {"product": found, "deleted_options_ids": gone}


@mutation("product")
def _reorder(_: Any, info: Info, *, product_id: str, options: Sequence[Given]) -> Any:
    found = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        reorder(deed, found, options)
    return {"product": found}


OPTIONS: dict[str, Resolver] = {
    "productOptionsCreate": _create,
    "productOptionUpdate": _update,
    "productOptionsDelete": _delete,
    "productOptionsReorder": _reorder,
}
