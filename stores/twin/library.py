"""The files of a shop: pictures, videos and documents, which its products show as media."""

import posixpath
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from stores.twin.goods import Product

__all__ = ["CONTENT_TYPES", "KINDS", "File", "kind_for", "name_of"]

# The type of GraphQL for each content type, and back. A generic file is no media.
KINDS = {
    "IMAGE": "MediaImage",
    "VIDEO": "Video",
    "EXTERNAL_VIDEO": "ExternalVideo",
    "MODEL_3D": "Model3d",
    "FILE": "GenericFile",
}
CONTENT_TYPES = {kind: content_type for content_type, kind in KINDS.items()}
WIDTH, HEIGHT, SIZE = 1200, 900, 123_456  # of every picture: only bytes tell two apart


@dataclass(slots=True, eq=False)
class File:
    """`products` are those whose media it is; `locked` while its content is being replaced."""

    id: int
    image_id: int
    kind: str
    source: str
    name: str
    alt: str | None
    created_at: datetime
    updated_at: datetime
    status: str = "UPLOADED"
    error: str | None = None
    url: str | None = None
    locked: bool = False
    products: list["Product"] = field(default_factory=list)

    @property
    def gid(self) -> str:
        return f"gid://shopify/{self.kind}/{self.id}"

    @property
    def is_ready(self) -> bool:
        return self.status == "READY"


def name_of(source: str) -> str:
    """The file name at the end of an address."""
    return posixpath.basename(unquote(urlsplit(source).path)) or "file"


def kind_for(source: str, content_type: str | None) -> str:
    """The kind that was asked for, or what the address looks like."""
    if content_type is not None:
        return KINDS[content_type]
    address = urlsplit(source)
    if (address.hostname or "").removeprefix("www.") in {"youtube.com", "youtu.be", "vimeo.com"}:
        return "ExternalVideo"
    extension = posixpath.splitext(address.path)[1].casefold()
    return next((kind for kind, known in _EXTENSIONS.items() if extension in known), "GenericFile")


def is_picture(name: str) -> bool:
    """Whether a name may be an image's: another extension than an image's tells that it isn't."""
    extension = posixpath.splitext(name)[1].casefold()
    return extension in {"", *_EXTENSIONS["MediaImage"]}


_EXTENSIONS = {
    "MediaImage": (".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".avif", ".svg", ".tiff"),
    "Video": (".mp4", ".mov", ".m4v"),
    "Model3d": (".glb", ".usdz"),
}
