"""Changes of a shop's files: made, processed after a while, changed, deleted."""

import posixpath
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from stores.twin.edits import media
from stores.twin.edits.deed import Author, Deed
from stores.twin.gids import number
from stores.twin.library import File, is_picture, kind_for, name_of
from stores.twin.refusals import Refusal, RefusedError, refuse
from stores.twin.world import Shop, Twin

__all__ = ["NewFile", "acknowledge", "add", "bad_alt", "checked", "delete", "found"]
__all__ += ["is_address", "planned", "rename", "renew", "same_extension"]

Given = Mapping[str, Any]
ALT_LIMIT = 512
CDN = "cdn.shopify.com"
_SHOPIFY = Author("shopify")


@dataclass(frozen=True, slots=True)
class NewFile:
    """A checked file to be; with `replaces`, new content for one that is there."""

    kind: str
    source: str
    name: str
    alt: str | None
    replaces: File | None = None


def checked(shop: Shop, given: Given, content_type: str | None) -> NewFile:
    """A new file from an input. Raises RefusedError."""
    source = str(given.get("originalSource") or "")
    if not is_address(source):
        raise RefusedError(refuse("INVALID_IMAGE_SOURCE_URL", "originalSource"))
    kind, name = kind_for(source, content_type), given.get("filename") or name_of(source)
    refusals = list(bad_alt(given.get("alt")))
    if given.get("filename") and not same_extension(name, name_of(source)):
        refusals.append(refuse("MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE", "filename"))
    replaces, mode = shop.filenames.get(name), given.get("duplicateResolutionMode")
    if mode == "REPLACE":
        if not given.get("filename"):
            refusals.append(refuse("MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE", "filename"))
        if kind not in {"MediaImage", "GenericFile"}:
            refusals.append(refuse("INVALID_DUPLICATE_MODE_FOR_TYPE", "duplicateResolutionMode"))
        if replaces is not None and (replaces.locked or not replaces.is_ready):
            refusals.append(refuse("FILE_LOCKED", "filename"))
    elif mode == "RAISE_ERROR" and replaces is not None:
        refusals.append(refuse("FILENAME_ALREADY_EXISTS", "filename"))
    if refusals:
        raise RefusedError(*refusals)
    old = replaces if mode == "REPLACE" else None
    return NewFile(kind, source, name, given.get("alt") or None, old)


def planned(shop: Shop, inputs: Iterable[Given], *path: str) -> list[NewFile]:
    """New files from inputs. Raises RefusedError with the refusals of all of them."""
    drafts: list[NewFile] = []
    refusals: list[Refusal] = []
    for index, given in enumerate(inputs):
        content_type = given.get("contentType") or given.get("mediaContentType")
        try:
            drafts.append(checked(shop, given, content_type))
        except RefusedError as refused:
            refusals += [each.under(*path, str(index)) for each in refused.refusals]
    if refusals:
        raise RefusedError(*refusals)
    return drafts


def add(deed: Deed, drafts: Iterable[NewFile]) -> list[File]:
    """Put checked files into the shop: the same address again is another file."""
    return [renew(deed, x.replaces, x.source) if x.replaces else _add(deed, x) for x in drafts]


def delete(deed: Deed, gids: Sequence[str]) -> list[str]:
    """Delete files everywhere, for good: all or, with RefusedError, none."""
    files = found(deed.shop, gids, "fileIds")
    refusals = [
        refuse("FILE_LOCKED", "fileIds", str(index))
        for index, file in enumerate(files)
        if file.locked
    ]
    if refusals:
        raise RefusedError(*refusals)
    for file in files:
        for product in list(file.products):
            media.detach(deed, product, [file])
        del deed.shop.files[file.id], deed.shop.filenames[file.name]
        deed.log("delete", file.gid)
    return [file.gid for file in files]


def acknowledge(deed: Deed, gids: Sequence[str]) -> list[File]:
    """Let files whose update failed be ready again, as they were before. Raises RefusedError."""
    files = found(deed.shop, gids, "fileIds")
    for file in files:
        if file.status == "FAILED" and file.url is not None:
            file.error = None
            _turn(deed, file, "READY")
    return files


def found(shop: Shop, gids: Iterable[str], *path: str) -> list[File]:
    """The files of these ids. Raises RefusedError for each that isn't there."""
    files = [shop.files.get(number(gid) or 0) for gid in gids]
    refusals = [
        refuse("FILE_DOES_NOT_EXIST", *path, str(index))
        for index, file in enumerate(files)
        if file is None
    ]
    if refusals:
        raise RefusedError(*refusals)
    return [file for file in files if file is not None]


def bad_alt(alt: str | None) -> Iterable[Refusal]:
    if len(alt or "") > ALT_LIMIT:
        yield refuse("ALT_VALUE_LIMIT_EXCEEDED", "alt")


def is_address(source: str) -> bool:
    address = urlsplit(source)
    return address.scheme in {"http", "https"} and bool(address.hostname)


def same_extension(name: str, other: str) -> bool:
    extensions = {posixpath.splitext(each)[1].casefold() for each in (name, other)}
    return len(extensions) == 1


def rename(deed: Deed, file: File, name: str) -> None:
    if name != file.name:
        names = deed.shop.filenames
        del names[file.name]
        names[name] = file
        before, file.name = file.name, name
        deed.note(file.gid, "filename", before, name)


def renew(deed: Deed, file: File, source: str) -> File:
    """New content for a file: it is locked until that is processed."""
    deed.note(file.gid, "originalSource", file.source, source)
    file.source, file.locked, file.updated_at = source, True, deed.now
    _turn(deed, file, "PROCESSING")
    _later(deed.twin, deed.shop, file)
    return file


def _add(deed: Deed, draft: NewFile) -> File:
    shop, twin, name = deed.shop, deed.twin, draft.name
    if name in shop.filenames:
        stem, extension = posixpath.splitext(name)
        name = f"{stem}_{uuid.uuid4()}{extension}"
    ids = twin.next_id("file"), twin.next_id("image")
    file = File(*ids, draft.kind, draft.source, name, draft.alt, deed.now, deed.now)
    shop.files[file.id] = shop.filenames[name] = file
    deed.log("create", file.gid, source=draft.source)
    _later(twin, shop, file)
    return file


def _later(twin: Twin, shop: Shop, file: File) -> None:
    seconds = shop.knobs.media_seconds
    if file.status == "UPLOADED":
        twin.agenda.after(seconds / 2, lambda: _begin(twin, shop, file))
    twin.agenda.after(seconds, lambda: _finish(twin, shop, file))


def _begin(twin: Twin, shop: Shop, file: File) -> None:
    with Deed(twin, shop, _SHOPIFY) as deed:
        if file.status == "UPLOADED":
            _turn(deed, file, "PROCESSING")


def _finish(twin: Twin, shop: Shop, file: File) -> None:
    """The end of processing: where it went well, the products that show the file are updated."""
    with Deed(twin, shop, _SHOPIFY) as deed:
        if file.id not in shop.files:
            return
        file.locked, file.error = False, _failure(twin, shop, file)
        if file.error is None:
            before = int(file.url.rpartition("=")[2]) if file.url else 0
            version = max(int(twin.clock.seconds()), before + 1)
            file.url = f"https://{CDN}/s/files/1/{shop.id}/files/{file.name}?v={version}"
            for product in file.products:
                deed.touch(product)
        _turn(deed, file, "READY" if file.error is None else "FAILED")


def _turn(deed: Deed, file: File, status: str) -> None:
    before, file.status, file.updated_at = file.status, status, deed.now
    deed.note(file.gid, "status", before, status)


def _failure(twin: Twin, shop: Shop, file: File) -> str | None:
    """Why the content can't be taken: an address that leads nowhere, a wrong kind, bad luck."""
    image = file.kind == "MediaImage"
    if _is_empty_place(shop, file.source):
        return "INVALID_SIGNED_URL"
    if not _leads_somewhere(twin, file.source):
        return "IMAGE_DOWNLOAD_FAILURE" if image else "GENERIC_FILE_DOWNLOAD_FAILURE"
    if image and not is_picture(name_of(file.source)):
        return "UNSUPPORTED_IMAGE_FILE_TYPE"
    if twin.chance("media", shop.domain).random() < shop.knobs.media_fails:
        return "IMAGE_PROCESSING_FAILURE" if image else "UNKNOWN"
    return None


def _is_empty_place(shop: Shop, source: str) -> bool:
    """Whether an address is a staged upload's that was never made, or never filled."""
    _, staged, key = urlsplit(source).path.partition("/staged-uploads/")
    if not staged:
        return False
    place = shop.uploads.get(unquote(key))
    return place is None or place.file is None


def _leads_somewhere(twin: Twin, source: str) -> bool:
    """Names that end in .invalid never exist; of the shops' own addresses those of their files."""
    address = urlsplit(source)
    if address.hostname == CDN:
        owner = next((x for x in twin.shops.values() if f"/{x.id}/" in address.path), None)
        named = None if owner is None else owner.filenames.get(name_of(source))
        return named is not None and named.url is not None
    return not (address.hostname or "").endswith(".invalid")
