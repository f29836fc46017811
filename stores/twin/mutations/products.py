"""Mutations of products."""

from collections.abc import Sequence
from typing import Any

from stores.twin import edits
from stores.twin.attributes import Refusal
from stores.twin.errors import UnimplementedError
from stores.twin.mutations.answer import author, done, edit, product_of, refused
from stores.twin.nodes import Info
from stores.twin.queries import Resolver
from stores.twin.world import Product

__all__ = ["PRODUCTS"]

_NO_PRODUCT = "Product does not exist"


def _product_update(_: Any, info: Info, *, product: dict[str, Any] | None = None) -> Any:
    if product is None:
        raise UnimplementedError(
            "The twin implements productUpdate with the argument product only."
        )
    found = product_of(info.context, product.get("id"))
    if found is None:
        return refused([Refusal(["id"], _NO_PRODUCT)], product=None)
    refusals = edit(info.context, found, fields=product)
    return refused(refusals, product=None) if refusals else done(product=found)


def _product_create(_: Any, info: Info, *, product: dict[str, Any] | None = None) -> Any:
    if product is None:
        raise UnimplementedError(
            "The twin implements productCreate with the argument product only."
        )
    call = info.context
    made = edits.create(call.twin, call.shop, author(call), fields=product)
    return done(product=made) if isinstance(made, Product) else refused(made, product=None)


def _product_delete(
    _: Any,
    info: Info,
    *,
    input: dict[str, Any],  # noqa: A002  Shopify's name
    synchronous: bool = True,
) -> Any:
    if not synchronous:
        raise UnimplementedError("The twin does not implement synchronous: false.")
    call, found = info.context, product_of(info.context, input["id"])
    if found is None:
        return refused([Refusal(["id"], _NO_PRODUCT)], deleted_product_id=None)
    edits.delete(call.twin, call.shop, found, author(call))
    return done(deleted_product_id=found.gid)


def _tags(sign: int) -> Resolver:
    def change(_: Any, info: Info, *, id: str, tags: Sequence[str]) -> Any:  # noqa: A002
        found = product_of(info.context, id)
        if found is None:
            return refused([Refusal(["id"], _NO_PRODUCT)], node=None)
        given = {tag.strip().casefold() for tag in tags}
        kept = [tag for tag in found.values["tags"] if tag.casefold() not in given]
        edit(
            info.context,
            found,
            fields={"tags": [*found.values["tags"], *tags] if sign > 0 else kept},
        )
        return done(node=found)

    return change


PRODUCTS: dict[str, Resolver] = {
    "productUpdate": _product_update,
    "productCreate": _product_create,
    "productDelete": _product_delete,
    "tagsAdd": _tags(+1),
    "tagsRemove": _tags(-1),
}
