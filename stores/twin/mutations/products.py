"""Mutations of products."""

from collections.abc import Sequence
from typing import Any

from stores.twin.edits import options, pictures, products
from stores.twin.edits.drafts import plain
from stores.twin.edits.identity import by_identifier
from stores.twin.goods import Product
from stores.twin.mutations.answer import deed_of, either, mutation, product_of
from stores.twin.nodes import Call, Info
from stores.twin.queries import Resolver
from stores.twin.refusals import RefusedError, refuse

__all__ = ["PRODUCTS"]

Given = dict[str, Any]


@mutation("product")
def _create(
    _: Any,
    info: Info,
    *,
    product: Given | None = None,
    input: Given | None = None,  # noqa: A002  Shopify's name
    media: Sequence[Given] | None = None,
) -> Any:
    """The product and one variant, of the first value of each option (shopify-platform.md 4.6)."""
    fields = either(product, input)
    given = fields.pop("productOptions", None)
    with deed_of(info.context) as deed:
        custom = products.planned_metafields(deed, None, fields)
        values = products.normal(deed.shop, {"title": None, **fields})
        wanted = options.checked(given, argument="productOptions") if given else [options.DEFAULT]
        first = plain(deed.shop, [each.values[0] for each in wanted])
        new_media = pictures.planned(deed.shop, None, media)
        new = products.NewProduct(values, wanted, [first], custom, new_media)
        made = products.make(deed, new)
    return {"product": made}


@mutation("product")
def _update(
    _: Any,
    info: Info,
    *,
    product: Given | None = None,
    input: Given | None = None,  # noqa: A002
    identifier: Given | None = None,
    media: Sequence[Given] | None = None,
) -> Any:
    fields = either(product, input)
    found = _identified(info.context, fields, identifier)
    with deed_of(info.context) as deed:
        products.change(deed, found, fields, media=media)
        if deed.shop.knobs.noop_fires:
            deed.touch(found)
    return {"product": found}


def _identified(call: Call, fields: Given, identifier: Given | None) -> Product:
    """The product of the identifier or of the input's id, not of both. Raises RefusedError."""
    if identifier is None:
        return product_of(call, fields.get("id"), "id")
    if fields.get("id") is not None:
        raise RefusedError(refuse("ID_NOT_ALLOWED", "id"))
    found = by_identifier(call.shop, call.author.app, identifier)
    if found is None:
        raise RefusedError(refuse("PRODUCT_DOES_NOT_EXIST", "identifier"))
    return found


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
    "productCreate": _create,
    "productUpdate": _update,
    "tagsAdd": _tags(+1),
    "tagsRemove": _tags(-1),
}
