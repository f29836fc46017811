"""Changes of products as a whole: made, edited, touched, deleted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.twin import attributes
from stores.twin.edits import metafields, options, pictures
from stores.twin.edits import variants as many
from stores.twin.edits.deed import Author, Deed
from stores.twin.edits.drafts import Draft, normal_variant, planned
from stores.twin.edits.files import NewFile
from stores.twin.edits.metafields import Setting
from stores.twin.edits.options import NewOption
from stores.twin.edits.publishing import publish_new
from stores.twin.goods import DEFAULT_OPTION, DEFAULT_VALUE, Product
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.selling import Publication
from stores.twin.world import Shop, Twin

__all__ = ["NewProduct", "apply", "change", "create", "delete", "edit", "make", "normal"]
__all__ += ["planned_metafields", "remove", "touch"]

Given = Mapping[str, Any]


def create(
    twin: Twin,
    shop: Shop,
    author: Author,
    *,
    fields: Given,
    variants: Iterable[Given] = (),
    option_names: Sequence[str] = (DEFAULT_OPTION,),
) -> Product:
    """A product as a merchant makes it. Raises RefusedError.

    Each variant has its option values' names in `options`, and in `stock` what is available at
    the first location.
    """
    with Deed(twin, shop, author) as deed:
        rest = {"title": None, **fields}
        custom = planned_metafields(deed, None, rest)
        values = normal(shop, rest)
        drafts = [_draft(shop, each) for each in list(variants) or [{}]]
        columns = zip(*(each.names for each in drafts), strict=True)
        wanted = [
            NewOption(name, list(dict.fromkeys(column)))
            for name, column in zip(option_names, columns, strict=True)
        ]
        return make(deed, NewProduct(values, wanted, drafts, custom, sold_at=[shop.online_store]))


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be, all of it checked."""

    values: Mapping[str, Any]
    options: Sequence[NewOption]
    variants: Sequence[Draft]
    metafields: Sequence[Setting] = ()
    media: Sequence[NewFile] = ()
    sold_at: Sequence[Publication] = ()


def make(deed: Deed, new: NewProduct) -> Product:
    """Put a checked product into the shop; without a handle it gets a free one."""
    shop, now = deed.shop, deed.now
    values = {**attributes.new_product(new.values["title"]), **new.values}
    values["handle"] = _free(shop, values["handle"])
    product = Product(deed.twin.next_id("product"), values, [], now, now)
    product.options = options.make(deed.twin, new.options)
    shop.products[product.id] = product
    shop.handles[values["handle"]] = product.id
    deed.log("create", product.gid)
    deed.touch(product, "products/create")
    publish_new(deed, product, new.sold_at)
    pictures.hang(deed, product, new.media)
    many.insert(deed, product, new.variants)
    metafields.apply(deed, product, new.metafields)
    return product


def edit(
    twin: Twin,
    shop: Shop,
    product: Product,
    author: Author,
    *,
    fields: Given | None = None,
    variants: Iterable[Given] = (),
    fires_always: bool = False,
) -> None:
    """Change attributes of a product and its variants as one deed. Raises RefusedError."""
    with Deed(twin, shop, author) as deed:
        change(deed, product, fields or {}, variants)
        if fires_always:
            deed.touch(product)


def change(
    deed: Deed,
    product: Product,
    fields: Given,
    given: Iterable[Given] = (),
    media: Sequence[Given] | None = None,
) -> None:
    """The same within a deed, with new media too. Raises RefusedError."""
    rest = dict(fields)
    custom = planned_metafields(deed, product, rest)
    values = normal(deed.shop, rest, product)
    drafts = planned(deed, product, given) if given else []
    new_media = pictures.planned(deed.shop, product, media) if media else []
    apply(deed, product, values)
    metafields.apply(deed, product, custom)
    if drafts or new_media:
        many.alter(deed, product, drafts, new_media)


def planned_metafields(deed: Deed, product: Product | None, rest: dict[str, Any]) -> list[Setting]:
    """What an input sets of metafields, taken out of it. Raises RefusedError."""
    inputs = [(product, each) for each in rest.pop("metafields", None) or ()]
    return metafields.planned(deed, inputs, "metafields", kind="PRODUCT")


def apply(deed: Deed, product: Product, values: Given) -> None:
    """Set checked attributes."""
    handles = deed.shop.handles
    if "handle" in values:
        del handles[product.values["handle"]]
        handles[values["handle"]] = product.id
    for name, value in values.items():
        deed.set(product, name, value)


def touch(twin: Twin, shop: Shop, product: Product) -> None:
    """What a change that the twin doesn't keep does (a collection): a new date and a webhook."""
    with Deed(twin, shop, Author("merchant")) as deed:
        twin.oracle.write("touch", shop.domain, resource=product.gid)
        deed.touch(product)


def delete(twin: Twin, shop: Shop, product: Product, author: Author) -> None:
    with Deed(twin, shop, author) as deed:
        remove(deed, product)


def remove(deed: Deed, product: Product) -> None:
    """Delete a product within a deed; its files stay in the shop (assumed)."""
    shop = deed.shop
    del shop.products[product.id], shop.handles[product.values["handle"]]
    metafields.forget(shop, product)
    for file in product.media:
        file.products.remove(product)
    for variant in product.variants:
        metafields.forget(shop, variant)
        del shop.variants[variant.id], shop.items[variant.item_id]
        deed.item(variant, "inventory_items/delete")
    deed.log("delete", product.gid)
    deed.touch(product, "products/delete")


def normal(shop: Shop, fields: Given, product: Product | None = None) -> dict[str, Any]:
    """A product's attributes as they are stored, of a new one or as a change. Raises RefusedError.

    A handle that is given must be free; an empty one counts as not given.
    """
    rest = {name: each for name, each in fields.items() if each or name != "handle"}
    values, refusals = attributes.normalise(rest, attributes.PRODUCT)
    handle = values.get("handle")
    if shop.handles.get(handle or "") not in {None, product and product.id}:
        said = f"Handle '{handle}' already in use. Please provide a new handle."
        refusals.append(Refusal(["handle"], said, "HANDLE_NOT_UNIQUE"))
    if refusals:
        raise RefusedError(*refusals)
    return values


def _draft(shop: Shop, given: Given) -> Draft:
    rest = dict(given)
    names, stock = rest.pop("options", [DEFAULT_VALUE]), rest.pop("stock", 0)
    values = normal_variant(rest)
    return Draft({**attributes.new_variant(), **values}, list(names), {shop.locations[0].id: stock})


def _free(shop: Shop, wanted: str) -> str:
    handle, suffix = wanted, 0
    while handle in shop.handles:
        suffix += 1
        handle = f"{wanted}-{suffix}"
    return handle
