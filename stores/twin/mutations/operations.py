"""Mutations of products that can go on after their answer: set, delete, duplicate."""

from collections.abc import Callable
from typing import Any

from stores.twin.edits import Deed, duplicates, products
from stores.twin.edits.product_set import product_set
from stores.twin.jobs import Operation, start_operation
from stores.twin.mutations.answer import deed_of, mutation, product_of
from stores.twin.nodes import Call, Info
from stores.twin.queries import Resolver
from stores.twin.refusals import RefusedError

__all__ = ["OPERATIONS"]

Given = dict[str, Any]


@mutation("product", "product_set_operation")
def _set(
    _: Any,
    info: Info,
    *,
    input: Given,  # noqa: A002  Shopify's name
    identifier: Given | None = None,
    synchronous: bool | None = True,
) -> Any:
    """In bulk it is always synchronous (schema text)."""
    later = synchronous is False and not info.context.in_bulk

    def act(deed: Deed, operation: Operation) -> None:
        operation.product = product_set(deed, input, identifier)

    operation = _carry_out(info.context, "ProductSetOperation", act, later=later)
    if later:
        return {"product_set_operation": operation}
    return {"product": operation.product}


@mutation("deleted_product_id", "product_delete_operation")
def _delete(
    _: Any,
    info: Info,
    *,
    input: Given,  # noqa: A002
    synchronous: bool | None = True,
) -> Any:
    found = product_of(info.context, input["id"], "id")

    def act(deed: Deed, operation: Operation) -> None:
        if found.id in deed.shop.products:
            products.remove(deed, found)
        operation.deleted_product_id = found.gid

    operation = _carry_out(info.context, "ProductDeleteOperation", act, later=synchronous is False)
    if synchronous is False:
        return {"product_delete_operation": operation}
    return {"deleted_product_id": found.gid}


@mutation("new_product", "image_job", "product_duplicate_operation")
def _duplicate(
    _: Any,
    info: Info,
    *,
    product_id: str,
    new_title: str,
    new_status: str | None = None,
    include_images: bool | None = False,
    synchronous: bool | None = True,
) -> Any:
    found = product_of(info.context, product_id, "productId")
    wanted = {"title": new_title, "status": new_status or found.values["status"]}

    def act(deed: Deed, operation: Operation) -> None:
        operation.product = found
        copy = duplicates.duplicate(deed, found, wanted, with_media=bool(include_images))
        operation.new_product = copy

    later = synchronous is False
    operation = _carry_out(info.context, "ProductDuplicateOperation", act, later=later)
    if later:
        return {"product_duplicate_operation": operation}
    return {"new_product": operation.new_product}


def _carry_out(
    call: Call, kind: str, act: Callable[[Deed, Operation], None], *, later: bool
) -> Operation:
    """Act at once, or later with refusals kept on the operation. Raises RefusedError at once."""
    operation = Operation(call.twin.next_id("operation"), kind)
    if not later:
        with deed_of(call) as deed:
            act(deed, operation)
        return operation

    def act_later(operation: Operation) -> None:
        try:
            with deed_of(call) as deed:
                act(deed, operation)
        except RefusedError as refused:
            operation.refusals = list(refused.refusals)

    return start_operation(call.twin, call.shop, operation, act_later)


OPERATIONS: dict[str, Resolver] = {
    "productSet": _set,
    "productDelete": _delete,
    "productDuplicate": _duplicate,
}
