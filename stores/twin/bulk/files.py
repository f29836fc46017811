"""Staged uploads and the files of bulk results: the doors of Shopify's storage."""

import re
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from stores.twin.http import Request, Response
from stores.twin.world import Shop, Twin

__all__ = ["RESULTS", "UPLOADS", "Upload", "result", "staged", "stored", "upload"]

UPLOADS, RESULTS = "staged-uploads", "bulk-results"
LIMIT = 100 * 1024 * 1024


@dataclass(slots=True)
class Upload:
    """A place that was promised to a file; `file` is there once it has been sent."""

    key: str
    mime_type: str
    method: str
    signature: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    file: Path | None = field(default=None, repr=False)


def staged(shop: Shop, *, kind: str, filename: str, mime_type: str, method: str) -> Upload:
    """Promise a place to a file."""
    safe = re.sub(r"[^\w.-]", "_", filename)
    key = f"tmp/{shop.id}/{kind.casefold()}/{secrets.token_hex(8)}/{safe}"
    shop.uploads[key] = Upload(key, mime_type, method)
    return shop.uploads[key]


def upload(twin: Twin, shop: Shop, request: Request) -> Response:
    """Take a promised file: a form with `file` as its last part, or a body of nothing else."""
    if request.method == "PUT":
        key = request.path.strip("/").partition("/")[2]
        parts = {"key": key.encode(), "signature": request.query.get("signature", "").encode()}
        parts["file"] = request.body
    else:
        parts = _parts(request)
    found = shop.uploads.get(parts.get("key", b"").decode("utf-8", "replace"))
    if found is None or parts.get("signature", b"").decode("ascii", "replace") != found.signature:
        return Response(403, b"<Error><Code>AccessDenied</Code></Error>", _XML)
    if "file" not in parts or len(parts["file"]) > LIMIT:
        return Response(400, b"<Error><Code>EntityTooLarge</Code></Error>", _XML)
    stored(twin, found, parts["file"])
    created = f"<PostResponse><Key>{found.key}</Key></PostResponse>".encode()
    return Response(201 if request.method == "POST" else 200, created, _XML)


def stored(twin: Twin, place: Upload, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix="upload-", dir=twin.folder())
    with open(handle, "wb") as file:  # noqa: PTH123  it is open already
        file.write(content)
    place.file = Path(name)


def result(twin: Twin, shop: Shop, request: Request) -> Response:
    """A bulk operation's rows, as long as their address lasts."""
    key = request.path.rpartition("/")[2].removesuffix(".jsonl")
    found = next(
        (x for install in shop.installs.values() for x in install.bulk.values() if x.key == key),
        None,
    )
    if found is None or found.file is None:
        return Response(404, b"<Error><Code>NoSuchKey</Code></Error>", _XML)
    if found.is_past(twin.clock.now()):
        return Response(400, b"<Error><Code>ExpiredToken</Code></Error>", _XML)
    return Response(200, b"", {"Content-Type": "application/jsonl"}, file=found.file)


def _parts(request: Request) -> dict[str, bytes]:
    """The parts of a form by name. What comes after the file is ignored, as at Shopify."""
    boundary = re.search(r"boundary=\"?([^\";]+)", request.headers.get("content-type", ""))
    if boundary is None:
        return {}
    parts: dict[str, bytes] = {}
    for part in request.body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name is not None and "file" not in parts:
            parts[name[1].decode("utf-8", "replace")] = content.removesuffix(b"\r\n")
    return parts


_XML = {"Content-Type": "application/xml"}
