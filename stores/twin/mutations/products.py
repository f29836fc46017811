"""Mutations of products."""

from collections.abc import Sequence
from typing import Any

from stores.twin import edits
from stores.twin.edits import options, pictures, products
from stores.twin.edits import variants as many
from stores.twin.errors import UnimplementedError
from stores.twin.mutations.answer import author, deed_of, mutation, product_of
from stores.twin.nodes import Info
from stores.twin.queries import Resolver

__all__ = ["PRODUCTS"]

Given = dict[str, Any]


@mutation("product")
def _product_create(
    _: Any, info: Info, *, product: Given | None = None, media: Sequence[Given] | None = None
) -> Any:
    """The product and one variant, of the first value of each option (shopify-platform.md 4.6)."""
    if product is None:
        raise UnimplementedError("The twin implements productCreate with the argument product.")
    fields = dict(product)
    given = fields.pop("productOptions", None)
    with deed_of(info.context) as deed:
        custom = products.planned_metafields(deed, None, fields)
        values = products.normal(deed.shop, {"title": None, **fields})
        wanted = options.checked(given, argument="productOptions") if given else [options.DEFAULT]
        first = many.plain(deed.shop, [each.values[0] for each in wanted])
        new_media = pictures.planned(deed.shop, None, media)
        new = products.NewProduct(values, wanted, [first], custom, new_media)
        made = products.make(deed, new)
    return {"product": made}


@mutation("product")
def _product_update(
    _: Any, info: Info, *, product: Given | None = None, media: Sequence[Given] | None = None
) -> Any:
    if product is None:
        raise UnimplementedError("The twin implements productUpdate with the argument product.")
    found = product_of(info.context, product.get("id"), "id")
    with deed_of(info.context) as deed:
        products.change(deed, found, product, media=media)
        if deed.shop.knobs.noop_fires:
            deed.touch(found)
    return {"product": found}


@mutation("deleted_product_id")
def _product_delete(
    _: Any,
    info: Info,
    *,
    input: Given,  # noqa: A002  Shopify's name
    synchronous: bool = True,
) -> Any:
    if not synchronous:
        raise UnimplementedError("The twin does not implement synchronous: false.")
    call, found = info.context, product_of(info.context, input["id"], "id")
    edits.delete(call.twin, call.shop, found, author(call))
    return {"deleted_product_id": found.gid}


def _tags(sign: int) -> Resolver:
    @mutation("node")
    def change(_: Any, info: Info, *, id: str, tags: Sequence[str]) -> Any:  # noqa: A002
        found = product_of(info.context, id, "id")
        given = {tag.strip().casefold() for tag in tags}
        kept = [tag for tag in found.values["tags"] if tag.casefold() not in given]
        with deed_of(info.context) as deed:
            wanted = [*found.values["tags"], *tags] if sign > 0 else kept
            products.change(deed, found, {"tags": wanted})
            if deed.shop.knobs.noop_fires:
                deed.touch(found)
        return {"node": found}

    resolver: Resolver = change
    return resolver


PRODUCTS: dict[str, Resolver] = {
    "productCreate": _product_create,
    "productUpdate": _product_update,
    "productDelete": _product_delete,
    "tagsAdd": _tags(+1),
    "tagsRemove": _tags(-1),
}
