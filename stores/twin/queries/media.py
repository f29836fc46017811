"""How files, media and jobs are read."""

from typing import Any

from stores.twin.contents import signed
from stores.twin.errors import UnimplementedError
from stores.twin.goods import Product, Variant
from stores.twin.jobs import Job
from stores.twin.library import CONTENT_TYPES, HEIGHT, SIZE, WIDTH, File
from stores.twin.nodes import Info
from stores.twin.paging import Page, connect, listed
from stores.twin.queries.lists import searched
from stores.twin.queries.read import Resolver, attribute, by_id, itself, moment
from stores.twin.rendering import instant
from stores.twin.searchable import FILES

__all__ = ["MEDIA"]

MIME_TYPES = {"png": "image/png", "gif": "image/gif", "webp": "image/webp"}


def _media(
    product: Product,
    info: Info,
    *,
    query: str | None = None,
    sort_key: str = "POSITION",
    **page: Any,
) -> Page:
    found = searched(FILES, info, query)
    media = product.media if found is None else [x for x in product.media if found.matches(x)]
    if sort_key == "ID":
        return connect(sorted(media, key=by_id), by_id, **page)
    if sort_key != "POSITION":
        raise UnimplementedError(f"The twin does not sort media by {sort_key}.")
    return listed(media, **page)


def _media_of_variant(variant: Variant, _: Info, **page: Any) -> Page:
    return listed([variant.media] if variant.media is not None else [], **page)


def _images(product: Product, _: Info, *, sort_key: str = "POSITION", **page: Any) -> Page:
    if sort_key != "POSITION":
        raise UnimplementedError(f"The twin does not sort images by {sort_key}.")
    return listed([each for each in product.media if _image(each) is not None], **page)


def _files(
    _: Any, info: Info, *, query: str | None = None, sort_key: str = "ID", **page: Any
) -> Page:
    every, found = list(info.context.shop.files.values()), searched(FILES, info, query)
    page |= {"matches": found.matches if found else None, "cap": info.context.shop.knobs.paging_cap}
    if sort_key in {"ID", "RELEVANCE"}:
        return connect(every, by_id, **page)
    orders = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "FILENAME": "name"}
    if sort_key not in orders:
        raise UnimplementedError(f"The twin does not sort files by {sort_key}.")

    def order(file: File) -> Any:
        found = getattr(file, orders[sort_key])
        return (found if isinstance(found, str) else instant(found), file.id)

    return connect(sorted(every, key=order), order, **page)


def _image(file: File | None, _: Any = None) -> File | None:
    """A file as the picture that it shows, once it does."""
    return file if file is not None and file.kind == "MediaImage" and file.url else None


def _job(_: Any, info: Info, *, id: str) -> Job | None:  # noqa: A002  Shopify's name
    return info.context.shop.jobs.get(id)


def _errors(file: File, _: Info) -> list[str]:
    return [file.error] if file.error is not None else []


def _featured(product: Product, _: Info) -> File | None:
    return product.media[0] if product.media else None


def _mime_type(file: File, _: Info) -> str | None:
    extension = file.name.rpartition(".")[2].casefold()
    return MIME_TYPES.get(extension, "image/jpeg") if file.url is not None else None


MEDIA: dict[str, Resolver] = {
    "QueryRoot.files": _files,
    "QueryRoot.job": _job,
    "Job.id": attribute("gid"),
    "Job.done": attribute("done"),
    "Product.media": _media,
    "Product.mediaCount": lambda product, _: {"count": len(product.media), "precision": "EXACT"},
    "Product.featuredMedia": _featured,
    "Product.featuredImage": lambda product, info: _image(_featured(product, info)),
    "Product.images": _images,
    "ProductVariant.media": _media_of_variant,
    "ProductVariant.image": lambda variant, _: _image(variant.media),
    "MediaImage.image": _image,
    "MediaImage.mimeType": _mime_type,
    "MediaImage.originalSource": _image,
    "MediaImageOriginalSource.url": lambda file, info: signed(info.context.twin, file.url),
    "MediaImageOriginalSource.fileSize": lambda *_: SIZE,
    "MediaPreviewImage.image": _image,
    "MediaPreviewImage.status": attribute("status"),
    "Image.id": lambda file, _: f"gid://shopify/ProductImage/{file.image_id}",
    "Image.url": attribute("url"),
    "Image.src": attribute("url"),
    "Image.originalSrc": attribute("url"),
    "Image.altText": attribute("alt"),
    "Image.width": lambda *_: WIDTH,
    "Image.height": lambda *_: HEIGHT,
    "GenericFile.url": attribute("url"),
    "GenericFile.mimeType": lambda *_: None,
    "GenericFile.originalFileSize": lambda file, _: SIZE if file.url is not None else None,
    "Video.filename": attribute("name"),
    "Video.sources": lambda *_: [],
    "Video.originalSource": lambda *_: None,
    "Video.duration": lambda *_: None,
    "Model3d.filename": attribute("name"),
    "ExternalVideo.originUrl": attribute("source"),
    "FileError.code": itself,
    "FileError.message": itself,
    "FileError.details": lambda *_: None,
    "MediaError.code": itself,
    "MediaError.message": itself,
    "MediaError.details": lambda *_: None,
}
for _kind in CONTENT_TYPES:
    MEDIA |= {
        f"{_kind}.id": attribute("gid"),
        f"{_kind}.alt": attribute("alt"),
        f"{_kind}.createdAt": moment("created_at"),
        f"{_kind}.updatedAt": moment("updated_at"),
        f"{_kind}.fileStatus": attribute("status"),
        f"{_kind}.fileErrors": _errors,
        f"{_kind}.preview": itself,
        f"{_kind}.status": attribute("status"),
        f"{_kind}.mediaErrors": _errors,
        f"{_kind}.mediaWarnings": lambda *_: [],
        f"{_kind}.mediaContentType": lambda file, _: CONTENT_TYPES[file.kind],
    }
