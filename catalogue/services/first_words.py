"""What a store is seen to have for the first time, because it is asked for since: judged, told."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from catalogue.domain.attributes import VALUE_ORDER, attribute
from catalogue.domain.decide import Edit
from catalogue.domain.diff import LeafKey
from catalogue.domain.version import Version
from catalogue.enums import DeliveryFate, ListingState, Source
from catalogue.models import ChangeDelivery, Listing
from catalogue.selectors.picture import Picture, pictures
from catalogue.services.absorb import Absorbed
from catalogue.services.adopting import keep_differences
from catalogue.services.locking import Locked
from catalogue.services.store_edits import take_edits

LATE = ("metafields", "media", "variant_media")  # what a read shows only from some day on
OWN = "This store keeps its own value of this attribute."


def take_in_new(
    locked: Locked,
    first_seen: Sequence[LeafKey],
    *,
    source: Source,
    cause_id: UUID,
    now: datetime,
) -> None:
    """Compare metafields and pictures that were seen for the first time.

    What the product's first store has is an edit of that store, through the gates and into the
    ledger; what another has instead stays its own.
    """
    pic = locked.picture
    keys = [key for key in first_seen if _is_late(key[1])]
    if not keys or pic.product is None:
        return
    locked.demand_canonical()
    new = [key for key in keys if _says_it_first(pic, key)]
    _keep(pic, set(keys) - set(new), cause_id=cause_id, now=now)
    if not new:
        return
    found = Absorbed(edits=[(key, _first_word(pic, key, now)) for key in new])
    take_edits(locked, found, source=source, cause_id=cause_id, now=now)
    others = Listing.objects.filter(product=pic.product, state=ListingState.LINKED)
    for other in pictures(others.exclude(pk=pic.listing.pk).values_list("pk", flat=True)):
        _keep(other, new, cause_id=cause_id, now=now)


def _is_late(name: str) -> bool:
    return attribute(name).part in LATE or name == VALUE_ORDER


def _says_it_first(pic: Picture, key: LeafKey) -> bool:
    """Whether a store is the one to say what the hub knows nothing of yet."""
    leaf, winner = pic.host(key[0]).leaf(key[1]), pic.record(key).register(key[1]).winner
    if pic.product is None or leaf is None or leaf.value is None or winner is not None:
        return False
    return pic.product.founder_id in (None, pic.store.pk)


def _first_word(pic: Picture, key: LeafKey, now: datetime) -> Edit:
    """As old as what was seen: whatever anybody has set since is newer."""
    leaf = pic.host(key[0]).leaf(key[1])
    time, value = (leaf.as_of or now, leaf.value) if leaf else (now, None)
    stable_id = f"{pic.store.domain}:{key[0] or 'product'}:{key[1]}"
    return Edit(value, Version.of(time, Source.IMPORT, stable_id), None)


def _keep(pic: Picture, keys: Collection[LeafKey], *, cause_id: UUID, now: datetime) -> None:
    """Keep what differs as a store's own, and say so of what was on its way there."""
    for own in keep_differences([pic], cause_id=cause_id, now=now, keys=lambda _: keys):
        ChangeDelivery.objects.filter(
            store=pic.store,
            fate=DeliveryFate.PENDING,
            change__product=own.product_id,
            change__variant=own.variant_id,
            change__attribute=own.attribute,
        ).update(fate=DeliveryFate.OVERRIDE, reason=OWN)
