"""How pictures look to people: as small images, each with its name and its text."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings

from catalogue.domain.attributes import Attribute
from catalogue.domain.gallery import key_of, text_of
from catalogue.domain.values import Value
from catalogue.selectors.galleries import addresses_among, gallery_of
from catalogue.selectors.picture import Picture
from stores.models import Store
from stores.shopify.types import base_url

PARTS = ("media", "variant_media")
WIDTH = 160


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture as a page shows it; without `source` nobody has an image of it yet."""

    source: str
    name: str
    text: str


def images_of(pic: Picture) -> dict[str, str]:
    """By what a content is called, a small image of it in a store."""
    media = gallery_of(pic.listing)
    return {one.key: _small(pic.store, one.source) for one in media if one.key and one.source}


def shots(declared: Attribute, value: Value, images: Mapping[str, str]) -> tuple[Shot, ...]:
    """The pictures of a value, in their order; none where it is no pictures'."""
    if declared.part not in PARTS or not value:
        return ()
    entries = value if isinstance(value, list) else [str(value)]
    return tuple(
        Shot(images.get(key_of(entry), ""), _name(key_of(entry)), text_of(entry))
        for entry in entries
    )


def _name(key: str) -> str:
    """The file's name: an address is known by its end, a store's own by what stands before #."""
    path = urlsplit(key).path
    return unquote(path.rpartition("/")[2] or key) if addresses_among([key]) else unquote(path)


def _small(store: Store, source: str) -> str:
    """Shopify's CDN makes images smaller by itself; the twin serves what its own has."""
    if settings.SHOPIFY_TWIN_URL:
        shop = base_url(store.domain, settings.SHOPIFY_TWIN_URL)
        return f"{shop}/originals?address={quote(source, safe='')}"
    return f"{source}{'&' if urlsplit(source).query else '?'}width={WIDTH}"
