"""Changes of files that are ready: alt text, name, content, and the products that show them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stores.twin.edits import files, media
from stores.twin.edits.deed import Deed
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import Product
from stores.twin.library import File
from stores.twin.refusals import Refusal, RefusedError, refuse
from stores.twin.world import Shop

__all__ = ["set_alt", "update"]

Given = Mapping[str, Any]


def update(deed: Deed, inputs: Sequence[Given]) -> list[File]:
    """Change files: all of it or, with RefusedError, nothing."""
    found = files.found(deed.shop, [each["id"] for each in inputs], "files")
    refusals = [
        refusal.under("files", str(index))
        for index, (file, given) in enumerate(zip(found, inputs, strict=True))
        for refusal in _refusals(deed.shop, file, given)
    ]
    if refusals:
        raise RefusedError(*refusals)
    for file, given in zip(found, inputs, strict=True):
        _change(deed, file, given)
    return found


def set_alt(deed: Deed, file: File, alt: str | None) -> None:
    """Another text for those who don't see it; its products are updated (assumed)."""
    wanted = alt or None
    if wanted != file.alt:
        before, file.alt, file.updated_at = file.alt, wanted, deed.now
        deed.note(file.gid, "alt", before, wanted)
        for product in file.products:
            deed.touch(product)


def _change(deed: Deed, file: File, given: Given) -> None:
    if "alt" in given:
        set_alt(deed, file, given["alt"])
    if given.get("filename"):
        files.rename(deed, file, given["filename"])
    for product in _products(deed.shop, given.get("referencesToAdd")):
        media.attach(deed, product, [file])
    for product in _products(deed.shop, given.get("referencesToRemove")):
        media.detach(deed, product, [file])
    if given.get("originalSource"):
        files.renew(deed, file, given["originalSource"])


def _refusals(shop: Shop, file: File, given: Given) -> Iterator[Refusal]:
    if given.get("previewImageSource"):
        raise UnimplementedError("The twin does not change preview images.")
    if file.locked:
        yield refuse("FILE_LOCKED", "id")
    elif file.status == "FAILED":
        yield refuse("INVALID_FAILED_MEDIA_STATE", "id")
    elif not file.is_ready:
        yield refuse("NON_READY_STATE", "id")
    yield from files.bad_alt(given.get("alt"))
    yield from _bad_name(shop, file, given.get("filename"))
    yield from _bad_source(file, given.get("originalSource"))
    yield from _bad_references(shop, file, given)


def _bad_name(shop: Shop, file: File, name: str | None) -> Iterator[Refusal]:
    if name is None:
        return
    if file.kind not in {"MediaImage", "GenericFile"}:
        yield refuse("UNSUPPORTED_MEDIA_TYPE_FOR_FILENAME_UPDATE", "filename")
    elif not name or "/" in name:
        yield refuse("INVALID_FILENAME", "filename")
    elif not files.same_extension(name, file.name):
        yield refuse("INVALID_FILENAME_EXTENSION", "filename")
    elif shop.filenames.get(name) not in {None, file}:
        yield refuse("FILENAME_ALREADY_EXISTS", "filename")


def _bad_source(file: File, source: str | None) -> Iterator[Refusal]:
    if source is None:
        return
    if file.kind not in {"MediaImage", "GenericFile"}:
        yield refuse("UNACCEPTABLE_ASSET", "originalSource")
    elif not files.is_address(source):
        yield refuse("INVALID_IMAGE_SOURCE_URL", "originalSource")


def _bad_references(shop: Shop, file: File, given: Given) -> Iterator[Refusal]:
    """References are products only (schema text of FileUpdateInput)."""
    for argument in ("referencesToAdd", "referencesToRemove"):
        for gid in given.get(argument) or ():
            product = _product(shop, gid)
            if product is None:
                yield refuse("REFERENCE_TARGET_DOES_NOT_EXIST", argument)
            elif argument == "referencesToAdd" and file not in product.media:
                if file.kind == "GenericFile":
                    yield refuse("UNSUPPORTED_FILE_REFERENCE", argument)
                yield from media.too_many(product, 1, "PRODUCT_MEDIA_LIMIT_EXCEEDED", argument)


def _products(shop: Shop, gids: Iterable[str] | None) -> list[Product]:
    found = [_product(shop, gid) for gid in gids or ()]
    return [product for product in found if product is not None]


def _product(shop: Shop, gid: str) -> Product | None:
    is_product = gid.startswith("gid://shopify/Product/")
    return shop.products.get(number(gid) or 0) if is_product else None
