"""The one handler that reads and writes a product in a store: effective minus observed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from catalogue.domain.attributes import PICTURES, attribute
from catalogue.domain.diff import LeafKey
from catalogue.domain.seen import READ_LAG
from catalogue.domain.values import Value
from catalogue.enums import Guard, ListingState
from catalogue.models import Listing
from catalogue.selectors.picture import Picture
from catalogue.selectors.shapes import missing
from catalogue.services.access import TOKEN_SECONDS, Access
from catalogue.services.answers import UNSURE, absorb_read, absorb_write
from catalogue.services.channel_writes import settle_channels
from catalogue.services.given_up import GIVEN_UP, without_given_up
from catalogue.services.grants import granted, kept_back, withdrawn
from catalogue.services.locking import Locked, with_listing
from catalogue.services.media_writes import (
    KEY,
    PROCESSING,
    SECONDS,
    plan_media,
    settle_media,
    wait,
)
from catalogue.services.metafield_writes import settle_metafields
from catalogue.services.misfits import ASTRAY, astray
from catalogue.services.performing import perform
from catalogue.services.reshape import SAID, plan_step
from catalogue.services.settling import GUARDED, refusal, written
from catalogue.services.spread import queue_read
from catalogue.services.trail import (
    mark_carried,
    mark_held,
    mark_shown,
)
from catalogue.services.unknown import note_unknown
from catalogue.services.variant_pictures import plan_variant_pictures
from catalogue.services.write_plans import (
    METAFIELDS,
    guard_of,
    leaves_of,
    next_call,
    read_request,
    write_request,
)
from stores.services.modes import write_grant
from stores.services.tokens import session_of
from stores.shopify.answers import answer_of
from stores.shopify.products import parse_write
from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    ErrorClass,
    JobView,
    Parked,
    Planned,
    Settled,
    Verdict,
)
from syncqueue.enums import Kind, Outcome
from syncqueue.services.wake import make_due

READ_LAG_SECONDS = READ_LAG.total_seconds()
READ = "The store was read; what is left is planned anew."
UNREAD = "The store must be read for a metafield that nobody has looked for yet."
SHAPE = "The store's options and variants don't fit the hub's: a person decides."
SETTLE = {
    **dict.fromkeys(METAFIELDS, settle_metafields),
    "channels": settle_channels,
    "media": settle_media,
    "variant_media": settle_media,
}


class Converge:
    """Serves a pending read before any write; writes only what differs, only to a live store."""

    def plan(self, job: JobView, followers: Sequence[JobView], *, now: datetime) -> Planned:
        pic = Locked(job.payload["listing"], canonical=False).picture
        listing = pic.listing
        if listing.state == ListingState.GONE and not listing.needs_read:
            return Settled(Outcome.HELD, "The product is gone from the store; a person decides.")
        session = session_of(pic.store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        if listing.needs_read:
            return Call(read_request(pic, now), Access(session))
        if pic.product is None:
            return Settled(Outcome.NOTHING_TO_DO, "The product is not linked to a canonical one.")
        if not pic.store.is_live:
            return Settled(Outcome.HELD, "Nothing is written before the store's owner opted in.")
        return self._plan_change(
            pic, job, followers, Access(session, write_grant(pic.store, now=now)), now
        )

    def _plan_change(
        self,
        pic: Picture,
        job: JobView,
        followers: Sequence[JobView],
        access: Access,
        now: datetime,
    ) -> Planned:
        """The next step of the shape comes before values: they may belong to what it makes."""
        step = None if _is_plain(job, pic) else plan_step(pic, now)
        if step is not None:
            return Call(step, access, guard=Guard.CHECK)
        return self._plan_write(pic, job, followers, access, now)

    def _plan_write(
        self,
        pic: Picture,
        job: JobView,
        followers: Sequence[JobView],
        access: Access,
        now: datetime,
    ) -> Planned:
        differing = {k: value for k, value in pic.to_write().items() if granted(pic, k[1])}
        leaves = {k: value for k, value in differing.items() if not attribute(k[1]).structural}
        if job.solo:
            own = leaves_of(job)
            leaves = {key: value for key, value in leaves.items() if key in own}
        if not leaves:
            return _nothing_to_write(pic, job, differing)
        leaves = without_given_up(pic, job, leaves)
        if not leaves:
            return Settled(Outcome.HELD, GIVEN_UP)
        request = _first_request(pic, job, leaves, now)
        if request is None:
            return wait(pic, job, pic.effective(KEY).value)
        alone = job.solo or request["more"]
        riders = () if alone else (f for f in followers if f.handler == job.handler)
        return Call(
            request,
            access,
            passengers=tuple(rider.id for rider in riders if not rider.solo),
            guard=guard_of(request),
        )

    def send(self, request: dict[str, Any], context: object) -> Answer:
        return answer_of(lambda: perform(request, Access.of(context)))

    def settle(
        self,
        job: JobView,
        passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        listing_id = job.payload["listing"]
        settle = SETTLE.get(call_request["op"], _settle_write)
        if answer.error is not None:
            make_due(job.channel_id, Kind.IN, [job.key])  # what waited for this answer
            if again := withdrawn(job, answer):
                return again
            if answer.error.kind is not ErrorClass.UNKNOWN or call_request["op"] == "read":
                return None
            sent_at = now - timedelta(seconds=answer.seconds)
            with_listing(listing_id, lambda locked: _lost(locked, call_request, sent_at))
            return Again("Nobody heard whether the write was applied: a read decides.")
        body = answer.body or {}
        if "read" in body:
            said = READ if call_request["op"] == "read" else GUARDED
            return with_listing(
                listing_id,
                lambda locked: _settle_read(locked, job, call_request, body, said, now),
            )
        if call_request["op"] == "structure":
            return with_listing(
                listing_id, lambda locked: _settle_step(locked, job, call_request, body, now)
            )
        return with_listing(
            listing_id,
            lambda locked: settle(locked, job, passengers, call_request, answer, now),
        )


def _first_request(
    pic: Picture, job: JobView, leaves: Mapping[LeafKey, Value], now: datetime
) -> dict[str, Any] | None:
    """What can be sent first: pictures may have to wait, and hold up nothing else."""
    left = dict(leaves)
    while left:
        chosen = next_call(job, left)
        request = write_request(pic, chosen, now)
        request["more"] |= len(left) < len(leaves)
        planned = _with_pictures(pic, job, request)
        if planned is not None:
            return planned
        left = {key: value for key, value in left.items() if key not in chosen.leaves}
    return None


def _is_unread(pic: Picture, job: JobView, own: Collection[LeafKey]) -> bool:
    """Whether a metafield is to be set that nobody has looked for in this store yet."""
    read_at, seen = pic.listing.read_at, pic.observed()
    new = [key for key in own if key not in seen and attribute(key[1]).part == "metafields"]
    return bool(new) and (read_at is None or read_at < job.created_at)


def _with_pictures(pic: Picture, job: JobView, request: dict[str, Any]) -> dict[str, Any] | None:
    """A request as it is sent; None where it is about pictures that must wait."""
    if request["op"] == "media":
        return plan_media(pic, request, cause_id=job.cause_id)
    return plan_variant_pictures(pic, request) if request["op"] == "variant_media" else request


def _nothing_to_write(pic: Picture, job: JobView, differing: Collection[LeafKey]) -> Planned:
    """The store shows what it should, or why the job's own changes are not written there."""
    own = leaves_of(job)
    if own & set(differing) or missing(pic):
        reason = SHAPE
    elif astray(pic, own):
        reason = ASTRAY
    elif KEY in own - pic.observed().keys() and granted(pic, PICTURES):
        return wait(pic, job, pic.effective(KEY).value)
    elif _is_unread(pic, job, own):
        pic.listing.needs_read = UNREAD
        pic.listing.save(update_fields=["needs_read"])
        return Parked(UNREAD, 0.0)
    elif not (reason := kept_back(pic, own)):
        mark_shown([job.id])
        return Settled(Outcome.NOTHING_TO_DO, "The store already shows it.")
    mark_held(job.id, reason)
    return Settled(Outcome.HELD, reason)


def _lost(locked: Locked, request: Mapping[str, Any], sent_at: datetime) -> None:
    listing: Listing = locked.picture.listing
    note_unknown(listing, request, sent_at=sent_at)
    listing.needs_read = "The outcome of a write is unknown."
    listing.save(update_fields=["unknown", "needs_read"])


def _settle_read(  # noqa: PLR0917  as above
    locked: Locked,
    job: JobView,
    request: Mapping[str, Any],
    body: Mapping[str, Any],
    said: str,
    now: datetime,
) -> Verdict:
    asked, node = datetime.fromisoformat(request["planned"]), body["read"]["product"]
    if not absorb_read(locked, node, asked=asked, cause_id=job.cause_id, now=now):
        return Again("The answer was older than what is known; reading again.", READ_LAG_SECONDS)
    if locked.picture.listing.needs_read == PROCESSING:
        return Again(PROCESSING, SECONDS)
    if locked.picture.listing.needs_read == UNSURE:
        return Again(UNSURE, READ_LAG_SECONDS)
    return Again(said)


def _settle_write(  # noqa: PLR0917  the contract's own arguments and the lock
    locked: Locked,
    job: JobView,
    passengers: Sequence[JobView],
    request: Mapping[str, Any],
    answer: Answer,
    now: datetime,
) -> Verdict:
    result = parse_write((answer.body or {})["write"])
    absorb_write(locked, request, result, cause_id=job.cause_id, now=now)
    if locked.picture.listing.needs_read:
        queue_read(locked.picture, cause_id=job.cause_id)
    if result.errors:
        return refusal(job, passengers, result.errors[0].code, result.errors[0].message)
    if result.product is None:
        return Again("The answer did not show the product: a read decides.")
    return written(locked, job, passengers, request)


def _settle_step(
    locked: Locked,
    job: JobView,
    request: Mapping[str, Any],
    body: Mapping[str, Any],
    now: datetime,
) -> Verdict:
    result = parse_write(body["write"])
    missed = set(missing(locked.picture))
    absorb_write(locked, request, result, cause_id=job.cause_id, now=now)
    if result.errors:
        return refusal(job, (), result.errors[0].code, result.errors[0].message)
    if result.product is None:
        return Again("The answer did not show the product: a read decides.")
    pic = locked.picture
    new = {key for key in pic.observed() if key[0] in missed}
    moved = {(pic.variant_of(leaf["host"]), leaf["attribute"]) for leaf in request["leaves"]}
    mark_carried(job, pic, (new | moved) - pic.to_write().keys())
    return Again(SAID[request["change"]["kind"]])


def _is_plain(job: JobView, pic: Picture) -> bool:
    """Whether a job stands alone for values only, so that no change of the shape is due."""
    own = leaves_of(job) if job.solo else set()
    return job.solo and not any(
        attribute(name).structural or (pk is not None and pk not in pic.hosts) for pk, name in own
    )
