"""Doors for products: what the merchant does with them."""

from stores.twin import edits
from stores.twin.control.asking import MERCHANT, Ask, Door, Json
from stores.twin.edits import Deed, definitions, file_update, files, media, metafields, pictures
from stores.twin.filling import fill
from stores.twin.state import product_state
from stores.twin.world import Shop, Twin

__all__ = ["DOORS", "create_in"]


def create(ask: Ask) -> Json:
    """A new product: its attributes stand beside `variants` and `option_names`."""
    return create_in(ask.twin, ask.shop, ask.given)


def create_in(twin: Twin, shop: Shop, given: Json) -> Json:
    given = dict(given)
    variants, options = given.pop("variants", ()), given.pop("option_names", ("Title",))
    made = edits.create(twin, shop, MERCHANT, fields=given, variants=variants, option_names=options)
    return product_state(made)


def edit(ask: Ask) -> Json:
    """The merchant's edit: {title: …, variants: [{id, price: …}, …]}, in one deed."""
    given = dict(ask.given)
    variants = given.pop("variants", ())
    edits.edit(ask.twin, ask.shop, ask.product, MERCHANT, fields=given, variants=variants)
    return product_state(ask.product)


def touch(ask: Ask) -> Json:
    """A new date and a webhook without any change that can be told."""
    edits.touch(ask.twin, ask.shop, ask.product)
    return {}


def storm(ask: Ask) -> Json:
    """{count}: touch the shop's products in turn, so many times, as fast as it goes."""
    products = list(ask.shop.products.values())
    if not products:
        raise LookupError(f"{ask.shop.domain} has no products.")
    for turn in range(int(ask.given["count"])):
        edits.touch(ask.twin, ask.shop, products[turn % len(products)])
    return {}


def fill_up(ask: Ask) -> Json:
    """{count}: create so many plain products of one to three variants."""
    fill(ask.twin, ask.shop, int(ask.given["count"]))
    return {"products": len(ask.shop.products)}


def delete(ask: Ask) -> Json:
    """The merchant deletes a product."""
    edits.delete(ask.twin, ask.shop, ask.product, MERCHANT)
    return {}


def add_media(ask: Ask) -> Json:
    """The merchant adds media to a product: {media: [{originalSource, alt, contentType}, …]}."""
    product = ask.product
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        pictures.hang(deed, product, pictures.planned(deed.shop, product, ask.given["media"]))
    return product_state(product)


def move_media(ask: Ask) -> Json:
    """The merchant puts one of a product's media in another place: {id, place}."""
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        file = media.of_product(ask.product, ask.given["id"])
        if file is None:
            raise LookupError(f"{ask.given['id']} is none of the product's media.")
        media.place(deed, ask.product, [(file, int(ask.given["place"]))])
    return product_state(ask.product)


def update_files(ask: Ask) -> Json:
    """The merchant's fileUpdate: {files: [{id, alt, filename, referencesToRemove …}, …]}."""
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        return {"ids": [file.gid for file in file_update.update(deed, ask.given["files"])]}


def delete_files(ask: Ask) -> Json:
    """The merchant deletes files, and with them media: {ids}."""
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        return {"ids": files.delete(deed, ask.given["ids"])}


def set_metafields(ask: Ask) -> Json:
    """The merchant sets metafields: {metafields: [{ownerId, namespace, key, type, value}, …]}."""
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        done = metafields.set_many(deed, ask.given["metafields"])
    return {"metafields": [{"id": each.gid, "value": each.value} for each in done]}


def delete_metafields(ask: Ask) -> Json:
    """The merchant deletes metafields: {metafields: [{ownerId, namespace, key}, …]}."""
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        return {"deleted": metafields.delete_many(deed, ask.given["metafields"])}


def define(ask: Ask) -> Json:
    """The merchant defines a metafield: {ownerType, namespace, key, name, type, validations …}."""
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        return {"id": definitions.create(deed, ask.given).gid}


DOORS: dict[str, Door] = {
    "POST shops/{shop}/products": create,
    "POST shops/{shop}/storm": storm,
    "POST shops/{shop}/fill": fill_up,
    "POST shops/{shop}/products/{product}": edit,
    "POST shops/{shop}/products/{product}/touch": touch,
    "POST shops/{shop}/products/{product}/delete": delete,
    "POST shops/{shop}/products/{product}/media": add_media,
    "POST shops/{shop}/products/{product}/media/move": move_media,
    "POST shops/{shop}/files": update_files,
    "POST shops/{shop}/files/delete": delete_files,
    "POST shops/{shop}/metafields": set_metafields,
    "POST shops/{shop}/metafields/delete": delete_metafields,
    "POST shops/{shop}/definitions": define,
}
