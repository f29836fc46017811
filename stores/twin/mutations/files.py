"""Mutations of files, of the media of products and of their variants' pictures."""

from collections.abc import Sequence
from typing import Any

from stores.twin.edits import file_update, pictures
from stores.twin.edits import files as library
from stores.twin.edits import media as shown
from stores.twin.goods import Product
from stores.twin.jobs import start_job
from stores.twin.library import File
from stores.twin.mutations.answer import bounded, deed_of, mutation, product_of
from stores.twin.nodes import Call, Info
from stores.twin.queries import Resolver
from stores.twin.refusals import RefusedError, refuse

__all__ = ["FILES"]

Given = dict[str, Any]
# What has errors of media has them twice, for those who still read the old name.
_BOTH = "media_user_errors user_errors"


@mutation("files")
def _create(_: Any, info: Info, *, files: Sequence[Given]) -> Any:
    bounded(files)
    with deed_of(info.context) as deed:
        return {"files": library.add(deed, library.planned(deed.shop, files, "files"))}


@mutation("files")
def _update(_: Any, info: Info, *, files: Sequence[Given]) -> Any:
    bounded(files)
    with deed_of(info.context) as deed:
        return {"files": file_update.update(deed, files)}


@mutation("deleted_file_ids")
def _delete(_: Any, info: Info, *, file_ids: Sequence[str]) -> Any:
    bounded(file_ids)
    with deed_of(info.context) as deed:
        return {"deleted_file_ids": library.delete(deed, file_ids)}


@mutation("files")
def _acknowledge(_: Any, info: Info, *, file_ids: Sequence[str]) -> Any:
    bounded(file_ids)
    with deed_of(info.context) as deed:
        return {"files": library.acknowledge(deed, file_ids)}


@mutation("job", errors=_BOTH)
def _reorder(
    _: Any,
    info: Info,
    *,
    id: str,  # noqa: A002  Shopify's name
    moves: Sequence[Given],
) -> Any:
    """The job moves what is still there when it runs."""
    bounded(moves)
    call, product = info.context, product_of(info.context, id, "id")
    found = [_medium(product, each["id"], "moves", str(at)) for at, each in enumerate(moves)]
    places = [(file, int(each["newPosition"])) for file, each in zip(found, moves, strict=True)]
    return {"job": start_job(call.twin, call.shop, lambda: _place(call, product, places))}


@mutation("product", "product_variants")
def _append(_: Any, info: Info, *, product_id: str, variant_media: Sequence[Given]) -> Any:
    product = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        changed = shown.append(deed, product, variant_media)
    return {"product": product, "product_variants": changed}


@mutation("product", "product_variants")
def _detach(_: Any, info: Info, *, product_id: str, variant_media: Sequence[Given]) -> Any:
    product = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        changed = shown.detach_from_variants(deed, product, variant_media)
    return {"product": product, "product_variants": changed}


@mutation("media", "product", errors=_BOTH)
def _create_media(_: Any, info: Info, *, product_id: str, media: Sequence[Given]) -> Any:
    """Deprecated for productUpdate(media:), which does the same."""
    bounded(media)
    product = product_of(info.context, product_id, "productId")
    with deed_of(info.context) as deed:
        made = pictures.hang(deed, product, pictures.planned(deed.shop, product, media))
    return {"media": made, "product": product}


@mutation("media", "product", errors=_BOTH)
def _update_media(_: Any, info: Info, *, product_id: str, media: Sequence[Given]) -> Any:
    """Deprecated for fileUpdate; only the alt text."""
    bounded(media)
    product = product_of(info.context, product_id, "productId")
    found = [_medium(product, each["id"], "media", str(at)) for at, each in enumerate(media)]
    with deed_of(info.context) as deed:
        file_update.update(deed, media)
    return {"media": found, "product": product}


@mutation("deleted_media_ids", "product", errors=_BOTH)
def _delete_media(_: Any, info: Info, *, product_id: str, media_ids: Sequence[str]) -> Any:
    """Deprecated for fileUpdate and fileDelete: the files are deleted."""
    bounded(media_ids)
    product = product_of(info.context, product_id, "productId")
    for at, gid in enumerate(media_ids):
        _medium(product, gid, "mediaIds", str(at))
    with deed_of(info.context) as deed:
        gone = library.delete(deed, media_ids)
    return {"deleted_media_ids": gone, "product": product}


def _medium(product: Product, gid: str, *path: str) -> File:
    """One of the product's media. Raises RefusedError."""
    found = shown.of_product(product, gid)
    if found is None:
        raise RefusedError(refuse("MEDIA_DOES_NOT_EXIST_ON_PRODUCT", *path))
    return found


def _place(call: Call, product: Product, places: Sequence[tuple[File, int]]) -> None:
    if product.id in call.shop.products:
        with deed_of(call) as deed:
            shown.place(deed, product, places)


FILES: dict[str, Resolver] = {
    "fileCreate": _create,
    "fileUpdate": _update,
    "fileDelete": _delete,
    "fileAcknowledgeUpdateFailed": _acknowledge,
    "productReorderMedia": _reorder,
    "productVariantAppendMedia": _append,
    "productVariantDetachMedia": _detach,
    "productCreateMedia": _create_media,
    "productUpdateMedia": _update_media,
    "productDeleteMedia": _delete_media,
}
