"""Pictures of products: seen by their content, put where they are missing, never twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from catalogue.domain.attributes import PICTURES, attribute, fingerprint
from catalogue.domain.diff import LeafKey
from catalogue.domain.gallery import (
    Medium,
    identify,
    key_of,
    keys_in,
    names_for,
    next_step,
    shown_by,
    text_of,
)
from catalogue.domain.values import Value
from catalogue.models import Listing
from catalogue.selectors.galleries import (
    addresses_among,
    failures_of,
    gallery_of,
    is_looking,
    sent_to,
    sources_of,
)
from catalogue.selectors.picture import Picture
from catalogue.services.locking import Locked
from catalogue.services.looking import called, has_unseen, queue_looks
from catalogue.services.misfits import pictures_differ
from catalogue.services.settling import refusal
from catalogue.services.spread import queue_read
from catalogue.services.trail import mark_carried, mark_held
from catalogue.services.unknown import note_unknown
from catalogue.services.variant_pictures import see_variants
from stores.shopify.media import parse_media_write, read_media
from stores.shopify.media import write_media as send
from stores.shopify.types import ProductSnapshot, Reply, Session, WriteGrant
from syncqueue.domain.handling import Again, Answer, JobView, Parked, Settled, Verdict
from syncqueue.enums import Outcome

__all__ = ["plan_media", "see_gallery", "settle_media", "wait", "write_media"]

KEY: LeafKey = (None, PICTURES)
MOVED = "The pictures have moved since they were read: a read tells what there is."
PROCESSING = "Shopify still processes pictures of the product."
NOWHERE = "No store shows a picture that is missing here, so it can't be fetched: nothing was done."
LOOKING = "Pictures are being fetched to see what they show, so that none is there twice."
UNREADABLE = "It is tried again for hours, and written here once it can be fetched."
SECONDS, LOOK_SECONDS = 1.0, 5.0


def see_gallery(pic: Picture, snapshot: ProductSnapshot, *, cause_id: UUID) -> ProductSnapshot:
    """Remember which media a read shows, and add its pictures as the value that they are.

    What Shopify still processes has no content yet: then nothing is said, and it is read again.
    Nor is anything said before the bytes of what is new were looked at.
    """
    if "media" not in snapshot.node or snapshot.form != "graphql":
        return snapshot
    listing = pic.listing
    nodes, known, sent = snapshot.node["media"], _known(listing), sent_to(listing)
    names = names_for(identify(nodes, known, (), {}))
    media = identify(nodes, known, sent, called(pic.store.workspace_id, names))
    listing.gallery = [medium.to_json() for medium in media]
    shown = shown_by(media)
    if any(medium.key and medium.status == "FAILED" for medium in media):
        pictures_differ(pic, "Shopify could not process one that it was sent")
    if listing.pk is not None and has_unseen(listing):
        queue_looks([listing], cause_id=cause_id)
    if any(medium.key == "" and not medium.unseen for medium in media):
        listing.needs_read = PROCESSING
    if shown is None:
        return snapshot
    seen = see_variants(pic, snapshot)
    return replace(seen, node={**snapshot.node, PICTURES: shown})


def _known(listing: Listing) -> dict[str, Medium]:
    return {medium.gid: medium for medium in gallery_of(listing)}


def plan_media(pic: Picture, request: dict[str, Any], *, cause_id: UUID) -> dict[str, Any] | None:
    """The request of the next step towards the wanted pictures; None where it must wait."""
    (leaf,) = request["leaves"]
    media, wanted = gallery_of(pic.listing), leaf["value"]
    sources = sources_of(pic.listing, keys_in(wanted))
    unknown = bool(_unknown(wanted, sources))
    if unknown and not is_looking(pic.listing):
        queue_looks([pic.listing], cause_id=cause_id)
    step = next_step(media, wanted, sources, pic.listing.gid, unknown=unknown)
    if step is None:
        return None
    before = keys_in(shown_by(media))
    return {
        **request,
        "leaves": [{**leaf, "value": step.shown}],
        "step": step.kind,
        "given": step.given,
        "new": [entry for entry in step.shown if key_of(entry) not in before],
        "known": pic.listing.gallery,
        "sent": sent_to(pic.listing),
        "last": not request["more"] and step.shown == wanted,
        "more": True,
    }


def _unknown(wanted: Value, sources: Collection[str]) -> list[str]:
    """What is given by address while nobody knows what is there."""
    return [address for address in addresses_among(keys_in(wanted)) if address not in sources]


def wait(pic: Picture, job: JobView, wanted: Value) -> Parked | Settled:
    """What holds the pictures up: Shopify's processing, our own look at them, or no source."""
    if any(medium.status not in ("READY", "FAILED") for medium in gallery_of(pic.listing)):
        pic.listing.needs_read = PROCESSING
        pic.listing.save(update_fields=["needs_read"])
        return Parked(PROCESSING, SECONDS)
    unknown = _unknown(wanted, sources_of(pic.listing, keys_in(wanted)))
    failures = failures_of(pic.store.workspace_id, unknown)
    if (unknown and not failures) or (is_looking(pic.listing) and not unknown):
        return Parked(LOOKING, LOOK_SECONDS)
    told = [f"{address} can't be fetched: {why}." for address, why in failures.items()]
    reason = " ".join([*told, UNREADABLE]) if told else NOWHERE
    mark_held(job.id, reason)
    return Settled(Outcome.HELD, reason)


def write_media(
    session: Session, grant: WriteGrant | None, request: Mapping[str, Any]
) -> Reply | None:
    """Read, compare, take the step; None where the store shows other pictures by now."""
    (leaf,) = request["leaves"]
    gid = request["gid"]
    nodes = read_media(session, [gid]).get(gid)
    if nodes is None:
        return None
    known = {stored["gid"]: Medium(**stored) for stored in request["known"]}
    shown = shown_by(identify(nodes, known, request["sent"], {}))
    if shown is None or fingerprint(attribute(PICTURES), shown) != leaf["shown"]:
        return None
    sent = send(session, grant, gid, request["step"], request["given"])
    return replace(sent, body={"media": sent.body})


def settle_media(  # noqa: PLR0917  the contract's own arguments and the lock
    locked: Locked,
    job: JobView,
    passengers: Sequence[JobView],
    request: Mapping[str, Any],
    answer: Answer,
    now: datetime,
) -> Verdict:
    """An answer shows at most ids, and an order comes later: a read tells what has become."""
    result = parse_media_write((answer.body or {})["media"])
    pic = locked.picture
    listing = pic.listing
    listing.settled_at, listing.needs_read = now, "A read tells what has become of the pictures."
    if not result.refused:
        _remember(listing, request["new"], result.gids)
        note_unknown(listing, request, sent_at=now - timedelta(seconds=answer.seconds))
    listing.save(update_fields=["settled_at", "needs_read", "gallery", "unknown"])
    if result.moved:
        return Again(MOVED, SECONDS)
    if result.refused:
        queue_read(pic, cause_id=job.cause_id)
        return refusal(job, passengers, "", result.refused)
    if request["last"]:
        keys = {(pic.variant_of(leaf["host"]), leaf["attribute"]) for leaf in request["leaves"]}
        mark_carried(job, pic, keys)
    return Again("Pictures were sent: a read tells what has become of them.", SECONDS)


def _remember(listing: Listing, new: Sequence[str], gids: Sequence[str]) -> None:
    """Which of a product's media are those that we have just put there, as Shopify lists them."""
    known = _known(listing)
    added = [gid for gid in gids if gid not in known]
    if len(added) == len(new) and list(gids[-len(added) :]) == added:
        media = [
            Medium(gid, key_of(entry), text_of(entry), "UPLOADED")
            for gid, entry in zip(added, new, strict=True)
        ]
        listing.gallery += [medium.to_json() for medium in media]
