"""Deciding deliveries: SQL only; what can't be decided asks for a read in the call lane."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from catalogue.domain.attributes import VARIANT_PICTURE, Attribute, BadValueError
from catalogue.domain.decide import Decision, decide_payload, outcome
from catalogue.domain.gallery import version_of
from catalogue.domain.journal import Leaf
from catalogue.domain.metafields import place_of
from catalogue.domain.seen import Seen, UnknownWrite
from catalogue.domain.values import Value
from catalogue.enums import Owner, Source
from catalogue.models import VariantListing
from catalogue.selectors.galleries import gallery_of
from catalogue.selectors.picture import Picture
from catalogue.services.absorb import Absorbed, absorb
from catalogue.services.first_words import take_in_new
from catalogue.services.locking import Locked, with_listing
from catalogue.services.observed import store_listing
from catalogue.services.spread import queue_read
from catalogue.services.stock.inbound import items_changed
from catalogue.services.store_edits import take_edits
from catalogue.services.unknown import outcome_is_unknown, unknown_writes
from stores.domain.scopes import PICTURES
from stores.models import Delivery
from stores.shopify.errors import BadPayload
from stores.shopify.products import parse_product_payload
from stores.shopify.types import ProductSnapshot
from syncqueue.domain.handling import JobView, Parked, Planned, Refused, Settled, SqlOnly
from syncqueue.enums import OPEN_CALL_STATES, Kind, Outcome, Priority
from syncqueue.services.enqueue import NewJob, enqueue

ADOPT = "catalogue.adopt"
PARK_SECONDS = 30.0
_DELIVERY = """
SELECT d.*, l.id AS listing_id FROM stores_delivery AS d
LEFT JOIN catalogue_listing AS l ON l.store_id = d.store_id AND l.gid = %s
WHERE d.id = %s
"""
_CALL_IS_OPEN = """
SELECT EXISTS (SELECT 1 FROM syncqueue_lane AS lane JOIN syncqueue_call AS call
  ON call.lane_id = lane.id AND call.state = ANY(%s)
  WHERE lane.channel_id = %s AND lane.kind = 'call' AND lane.key = %s)
"""
_NOTE_ECHOES = """
UPDATE catalogue_changedelivery AS d SET echoed_at = %(received)s
FROM catalogue_change AS c
WHERE c.id = d.change_id AND c.product_id = %(product)s AND c.attribute = ANY(%(attributes)s)
  AND d.store_id = %(store)s AND d.fate = 'written' AND d.echoed_at IS NULL
  AND d.sent_at <= %(received)s
"""


class InboundProduct(SqlOnly):
    """What a delivery about a product says, attribute by attribute."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        gid = f"gid://shopify/Product/{job.key.rpartition(':')[2]}"
        (delivery,) = Delivery.objects.raw(_DELIVERY, [gid, job.payload["delivery"]])
        listing_id: int | None = vars(delivery)["listing_id"]
        if listing_id is None:
            return _adopt(delivery, gid, job)
        reason = _undecidable(delivery)
        if reason:
            ask_for_read(listing_id, reason, cause_id=job.cause_id)
            return Settled(Outcome.NOTHING_TO_DO, f"{reason} A read of the product decides.")
        try:
            snapshot = parse_product_payload(json.loads(bytes(delivery.body)))
            return with_listing(
                listing_id, lambda locked: _decide(locked, snapshot, delivery, job, now)
            )
        except (BadPayload, BadValueError) as error:
            return Refused("bad_payload", f"The payload can't be read: {error}")


class InboundItem(SqlOnly):
    """An inventory item has moved: a hint that its variant's product must be read."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:  # noqa: ARG002
        delivery = Delivery.objects.get(pk=job.payload["delivery"])
        item = f"gid://shopify/InventoryItem/{json.loads(bytes(delivery.body))['id']}"
        hosts = VariantListing.objects.filter(
            listing__store_id=delivery.store_id, inventory_item_gid=item
        )
        listing_ids = sorted(hosts.values_list("listing_id", flat=True))
        for listing_id in listing_ids:
            ask_for_read(listing_id, "An inventory item has moved.", cause_id=job.cause_id)
        items_changed(delivery.store_id, [item], cause_id=job.cause_id)
        said = "A read of the product decides." if listing_ids else "No product here has this item."
        return Settled(Outcome.NOTHING_TO_DO, said)


def ask_for_read(listing_id: int, reason: str, *, cause_id: UUID) -> None:
    """Set the flag that is served before any write, and make the call lane due."""
    locked = Locked(listing_id, canonical=False)
    listing = locked.picture.listing
    listing.needs_read = reason
    listing.save(update_fields=["needs_read"])
    queue_read(locked.picture, cause_id=cause_id)


def _undecidable(delivery: Delivery) -> str:
    if delivery.topic == "products/delete":
        return "A deletion is only a hint."
    if delivery.api_version != settings.SHOPIFY_API_VERSION:
        return f"The payload is of API version {delivery.api_version or 'unnamed'}."
    return ""


def _adopt(delivery: Delivery, gid: str, job: JobView) -> Settled:
    if delivery.topic == "products/delete":
        return Settled(Outcome.NOTHING_TO_DO, "This product was never known here.")
    read = NewJob(
        channel_id=job.channel_id,
        kind=Kind.CALL,
        key=job.key,
        handler=ADOPT,
        payload={"store": delivery.store_id, "gid": gid},
        cause_id=job.cause_id,
        priority=Priority.INTERACTIVE,
        dedupe_key="adopt",
    )
    enqueue([read])
    return Settled(Outcome.NOTHING_TO_DO, "A product not known yet: a read of it follows.")


def _decide(
    locked: Locked, snapshot: ProductSnapshot, delivery: Delivery, job: JobView, now: datetime
) -> Planned:
    pic = locked.picture
    if call_is_open(pic) or outcome_is_unknown(pic.listing):
        return Parked("Waits for the answer of a call about the same product.", PARK_SECONDS)
    seen = Seen(
        snapshot.updated_at, delivery.triggered_at, delivery.received_at, delivery.webhook_id
    )
    unknown = unknown_writes(pic.listing)

    def judge(gid: str, declared: Attribute, leaf: Leaf | None, value: Value) -> Decision:
        writes: Sequence[UnknownWrite] = unknown.get((gid, declared.name), ())
        return decide_payload(leaf, value, attribute=declared, seen=seen, unknown=writes)

    known = set(pic.shown)
    found = absorb(pic, snapshot, judge)
    store_listing(pic.listing)
    take_in_new(locked, found.first_seen, source=Source.SYNC, cause_id=job.cause_id, now=now)
    if found.edits and pic.is_linked:
        locked.demand_canonical()
    take_edits(
        locked,
        found,
        source=Source.SYNC,
        cause_id=job.cause_id,
        delivery_id=delivery.pk,
        now=now,
    )
    _note_echoes(pic, found, delivery)
    reason = _why_read(snapshot, found, pic, known)
    if reason:
        ask_for_read(pic.listing.pk, reason, cause_id=job.cause_id)
    result = Outcome(outcome(found.verdicts))
    return Settled(result, _SAID[result])


_SAID = {
    Outcome.APPLIED: "Somebody edited the product in the store.",
    Outcome.ECHO: "Our own write coming back.",
    Outcome.STALE: "Older than what is already known of the store.",
    Outcome.NOTHING_TO_DO: "Everything in it was already known.",
}


def _why_read(
    snapshot: ProductSnapshot, found: Absorbed, pic: Picture, known: Collection[str]
) -> str:
    """Why the payload alone can't decide; empty where it can. A list in it never removes."""
    if not snapshot.complete:
        return "The payload did not show every variant."
    if found.needs_read:
        return "Two values in the same second."
    return _lost_from_sight(pic, snapshot) or _other_variants(snapshot, pic, known)


def _lost_from_sight(pic: Picture, snapshot: ProductSnapshot) -> str:
    if _lacks_a_metafield(pic, snapshot):
        return "The payload did not show a metafield that the product had."
    return "Pictures have come, gone or moved." if _other_pictures(pic, snapshot) else ""


def _other_variants(snapshot: ProductSnapshot, pic: Picture, known: Collection[str]) -> str:
    told = [variant.gid for variant in snapshot.variants]
    if set(told) != set(known):
        return "Variants have come or gone."
    places = {variant.gid: variant.position for variant in snapshot.variants}
    shown = sorted(known, key=lambda gid: (pic.shown[gid].position, pic.shown[gid].pk))
    if sorted(told, key=places.__getitem__) != shown:
        return "The variants stand in another order."
    return ""


def _lacks_a_metafield(pic: Picture, snapshot: ProductSnapshot) -> bool:
    """Absence proves nothing, but it may mean that somebody has deleted one."""
    told = snapshot.node.get("metafields")
    if told is None:
        return False
    leaves = pic.observed()
    missing = [
        name
        for name in pic.terms.metafields
        if (place := place_of(name)) and place[0] is Owner.PRODUCT and place[1] not in told
    ]
    return any((leaf := leaves.get((None, name))) and leaf.value is not None for name in missing)


def _other_pictures(pic: Picture, snapshot: ProductSnapshot) -> bool:
    """Whether the processed media that a payload names are not those that the last read showed."""
    told, as_of = snapshot.node.get("media"), pic.listing.as_of
    if told is None or not PICTURES.granted(pic.store.scopes):
        return False
    if as_of and snapshot.updated_at < as_of:
        return False
    shown = [(one["admin_graphql_api_id"], " ".join((one["alt"] or "").split())) for one in told]
    known = [medium for medium in gallery_of(pic.listing) if medium.status == "READY"]
    if shown != [(medium.gid, medium.alt) for medium in known]:
        return True
    sources = ((one.get("preview_image") or {}).get("src") or "" for one in told)
    if _other_variants_pictures(pic, snapshot, told):
        return True
    pairs = zip(sources, (medium.source for medium in known), strict=True)
    return any(version_of(new) != version_of(old) for new, old in pairs if new and old)


def _other_variants_pictures(
    pic: Picture, snapshot: ProductSnapshot, told: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether variants show other pictures of their product than the last read said."""
    keys = {medium.gid: medium.key for medium in gallery_of(pic.listing)}
    shown = {
        f"gid://shopify/ProductVariant/{number}": keys[one["admin_graphql_api_id"]]
        for one in told
        for number in one["variant_ids"]
    }
    leaves = {
        one.gid: pic.shown[one.gid].leaf(VARIANT_PICTURE)
        for one in snapshot.variants
        if one.gid in pic.shown
    }
    return any(leaf and leaf.value != shown.get(gid) for gid, leaf in leaves.items())


def call_is_open(pic: Picture) -> bool:
    """Whether a read or write of this product is planned, under way or not settled yet."""
    values: list[Any] = [list(OPEN_CALL_STATES), pic.store.channel_id, pic.listing.lane_key]
    with connection.cursor() as cursor:
        cursor.execute(_CALL_IS_OPEN, values)
        return bool(cursor.fetchone()[0])


def _note_echoes(pic: Picture, found: Absorbed, delivery: Delivery) -> None:
    """A change has come full circle when its store says so itself."""
    if not found.echoed or not pic.is_linked:
        return
    values: dict[str, Any] = {
        "store": pic.store.pk,
        "product": pic.listing.product_id,
        "attributes": list({name for _, name in found.echoed}),
        "received": delivery.received_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_ECHOES, values)
