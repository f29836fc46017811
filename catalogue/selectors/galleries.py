"""The media of listings, what contents are called, and where pictures can be fetched from."""

from collections.abc import Collection, Iterable, Mapping

from catalogue.domain.attributes import PICTURES
from catalogue.domain.gallery import Medium
from catalogue.models import Listing, PictureAddress
from syncqueue.enums import OPEN_STATES, Kind
from syncqueue.models import Job

WEB = ("https://", "http://")


def gallery_of(listing: Listing) -> list[Medium]:
    """What the last read showed of a product's media, in order."""
    return [Medium(**stored) for stored in listing.gallery]


def look_lane(listing: Listing) -> str:
    """The lane in which the pictures of a listing are looked at: beside its calls, for hours."""
    return f"pictures:{listing.gid.rpartition('/')[2]}"


def is_looking(listing: Listing) -> bool:
    """Whether a job that looks at its pictures is open."""
    jobs = Job.objects.filter(channel=listing.store.channel_id, lane__key=look_lane(listing))
    return jobs.filter(lane__kind=Kind.CALL, state__in=OPEN_STATES).exists()


def sent_to(listing: Listing) -> list[str]:
    """The entries that the store was sent while nobody knew what became of it."""
    leaves = (leaf for one in listing.unknown for leaf in one["leaves"])
    return [entry for leaf in leaves if leaf["attribute"] == PICTURES for entry in leaf["value"]]


def addresses_among(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if key.startswith(WEB)]


def contents_of(workspace_id: int, addresses: Collection[str]) -> dict[str, str]:
    """By address what its content is called, where somebody has looked at it."""
    rows = PictureAddress.objects.filter(workspace=workspace_id, address__in=addresses)
    return dict(rows.exclude(content=None).values_list("address", "content__key"))


def failures_of(workspace_id: int, addresses: Collection[str]) -> dict[str, str]:
    """By address why nobody could look at it."""
    rows = PictureAddress.objects.filter(workspace=workspace_id, address__in=addresses)
    return dict(rows.exclude(failure="").values_list("address", "failure"))


def sources_of(listing: Listing, keys: Collection[str]) -> Mapping[str, str]:
    """By key an address to fetch a picture from: one on the web, or that in a store."""
    shown = (
        (medium.key, medium.source)
        for other in Listing.objects.filter(product=listing.product_id).order_by("pk")
        for medium in gallery_of(other)
    )
    found = {key: source for key, source in shown if key and key in keys and source}
    looked = PictureAddress.objects.filter(
        workspace=listing.store.workspace_id, content__key__in=keys
    )
    return found | dict(looked.order_by("-pk").values_list("content__key", "address"))
