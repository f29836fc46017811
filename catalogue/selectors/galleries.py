"""The media of listings, and where pictures can be fetched from."""

from collections.abc import Iterable, Mapping

from catalogue.domain.attributes import PICTURES
from catalogue.domain.gallery import Medium
from catalogue.models import Listing


def gallery_of(listing: Listing) -> list[Medium]:
    """What the last read showed of a product's media, in order."""
    return [Medium(**stored) for stored in listing.gallery]


def sent_to(listing: Listing) -> list[str]:
    """The entries that the store was sent while nobody knew what became of it."""
    leaves = (leaf for one in listing.unknown for leaf in one["leaves"])
    return [entry for leaf in leaves if leaf["attribute"] == PICTURES for entry in leaf["value"]]


def sources_of(product_id: int, keys: Iterable[str]) -> Mapping[str, str]:
    """By key an address to fetch a picture from: its own, or that in a store that shows it."""
    wanted = set(keys)
    found = {key: key for key in wanted if key.startswith(("https://", "http://"))}
    if wanted > found.keys():
        for listing in Listing.objects.filter(product=product_id).order_by("pk"):
            media = gallery_of(listing)
            found |= {m.key: m.source for m in media if m.key in wanted and m.source}
    return found
