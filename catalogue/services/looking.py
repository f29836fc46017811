"""Looking at pictures: their bytes are fetched once, so that nothing is uploaded twice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from catalogue.domain.attributes import PICTURES
from catalogue.domain.gallery import keys_in
from catalogue.enums import ListingState
from catalogue.models import Listing, PictureAddress, PictureContent
from catalogue.selectors.galleries import addresses_among, contents_of, gallery_of, look_lane
from catalogue.selectors.picture import Picture, picture
from catalogue.services.access import TOKEN_SECONDS
from catalogue.services.locking import Locked, with_listing
from catalogue.services.misfits import picture_unreadable, pictures_readable
from catalogue.services.spread import converge_job, live_for_share, queue_read
from stores.services.tokens import session_in, session_of
from stores.shopify.answers import answer_of
from stores.shopify.originals import look
from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    JobView,
    Parked,
    Planned,
    Retry,
    Settled,
    Verdict,
)
from syncqueue.enums import Kind, Outcome, Priority
from syncqueue.services.enqueue import NewJob, enqueue

__all__ = ["LOOK", "Look", "called", "has_unseen", "queue_looks"]

LOOK = "catalogue.look"
MOST = 20  # pictures that one call is asked to look at
CLAIM = timedelta(minutes=1)  # so long an address is left to the job that asked for it first
LOOKED = "Its pictures were looked at: a read tells what it shows."
_CALL = """
INSERT INTO catalogue_picturecontent (workspace_id, digest, key)
SELECT %s, * FROM unnest(%s::text[], %s::text[])
ON CONFLICT (workspace_id, digest) DO NOTHING
"""
_CLAIM = """
INSERT INTO catalogue_pictureaddress AS a (workspace_id, address, asked_at, asked_by)
SELECT %s, address, %s, %s FROM unnest(%s::text[]) AS address
ON CONFLICT (workspace_id, address) DO UPDATE SET asked_at = EXCLUDED.asked_at,
  asked_by = EXCLUDED.asked_by
WHERE a.content_id IS NULL AND (a.asked_at <= %s OR a.asked_by = EXCLUDED.asked_by)
RETURNING address
"""


def queue_looks(listings: Iterable[Listing], *, cause_id: UUID) -> None:
    """Queue a look at what is not known of listings' pictures; one that waits will do."""
    jobs = [
        NewJob(
            channel_id=listing.store.channel_id,
            kind=Kind.CALL,
            key=look_lane(listing),
            handler=LOOK,
            payload={"listing": listing.pk},
            cause_id=cause_id,
            priority=Priority.BULK,
            dedupe_key="look",
        )
        for listing in listings
    ]
    enqueue(jobs)


def has_unseen(listing: Listing) -> bool:
    return any(medium.unseen for medium in gallery_of(listing))


def called(workspace_id: int, names: Mapping[str, str]) -> dict[str, str]:
    """By digest what contents are called; those that nobody knows yet are called as given."""
    if not names:
        return {}
    digests = sorted(names)
    with connection.cursor() as cursor:
        cursor.execute(_CALL, [workspace_id, digests, [names[digest] for digest in digests]])
    rows = PictureContent.objects.filter(workspace=workspace_id, digest__in=digests)
    return dict(rows.values_list("digest", "key"))


class Look:
    """Fetches what a listing shows, and what is given by address, to know it by its bytes."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        pic = picture(job.payload["listing"])
        media = [medium.gid for medium in gallery_of(pic.listing) if medium.unseen]
        addresses = _claimed(pic, _unknown_addresses(pic)[:MOST], job, now=now)
        if not media and not addresses:
            return Settled(Outcome.NOTHING_TO_DO, "Its pictures are known.")
        session = session_of(pic.store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        request = {"op": "look", "gid": pic.listing.gid, "media": media[:MOST]}
        return Call({**request, "addresses": addresses}, session)

    def send(self, request: dict[str, Any], context: object) -> Answer:
        session, gid = session_in(context), request["gid"]
        return answer_of(lambda: look(session, gid, request["media"], request["addresses"]))

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,  # noqa: ARG002  named by the contract
    ) -> Verdict | None:
        if answer.error is not None:
            return None
        body, addresses = answer.body or {}, call_request["addresses"]
        listing_id = job.payload["listing"]
        return with_listing(listing_id, lambda locked: _settle(locked, job, body, addresses))


def _settle(
    locked: Locked, job: JobView, body: Mapping[str, Any], addresses: Collection[str]
) -> Verdict:
    """Keep what was seen, whatever else failed; the rest is tried again, and told in words."""
    pic = locked.picture
    _note_addresses(pic.store.workspace_id, addresses, body)
    _note_media(pic.listing, body)
    if body["failed"]:
        name, why = next(iter(body["failed"].items()))
        picture_unreadable(pic, name if name in addresses else "A picture", why)
        return Retry("picture_unreadable", f"{len(body['failed'])} pictures can't be seen: {why}.")
    left = [one for one in gallery_of(pic.listing) if one.unseen] or _unknown_addresses(pic)
    if left and body["seen"]:
        return Again(f"{len(left)} pictures are left to look at.")
    pictures_readable(pic)
    _go_on(pic, job, others=bool(addresses))
    return Settled(Outcome.APPLIED, f"{len(body['seen'])} pictures were looked at.")


def _note_media(listing: Listing, body: Mapping[str, Any]) -> None:
    seen, sources = body["seen"], body["sources"]
    media = [
        replace(one, digest=seen[one.gid], source=sources[one.gid]) if one.gid in seen else one
        for one in gallery_of(listing)
    ]
    listing.gallery = [medium.to_json() for medium in media]
    listing.save(update_fields=["gallery"])


def _note_addresses(workspace_id: int, addresses: Collection[str], body: Mapping[str, Any]) -> None:
    seen = {one: digest for one, digest in body["seen"].items() if one in addresses}
    called(workspace_id, {digest: address for address, digest in reversed(seen.items())})
    contents = PictureContent.objects.filter(workspace=workspace_id, digest__in=seen.values())
    ids = dict(contents.values_list("digest", "pk"))
    rows = PictureAddress.objects.filter(workspace=workspace_id)
    for address, digest in seen.items():
        rows.filter(address=address).update(content=ids[digest], failure="")
    for address in addresses & body["failed"].keys():
        rows.filter(address=address, content=None).update(failure=body["failed"][address])


def _go_on(pic: Picture, job: JobView, *, others: bool) -> None:
    """The store is read for what it shows; what waited for an address goes on everywhere."""
    pic.listing.needs_read = LOOKED
    pic.listing.save(update_fields=["needs_read"])
    queue_read(pic, cause_id=job.cause_id)
    live = live_for_share(pic.store.workspace_id) if others and pic.product else []
    rows = Listing.objects.filter(product=pic.product, store__in=live, state=ListingState.LINKED)
    rows = rows.exclude(pk=pic.listing.pk).select_related("store").order_by("pk")
    jobs = [
        converge_job(
            row, (), cause_id=job.cause_id, channel_id=row.store.channel_id, dedupe_key="compare"
        )
        for row in rows
    ]
    enqueue(jobs)


def _unknown_addresses(pic: Picture) -> list[str]:
    """What the product is given by address while nobody knows what is there."""
    if pic.product is None:
        return []
    given = addresses_among(keys_in(pic.effective((None, PICTURES)).value))
    known = contents_of(pic.store.workspace_id, given)
    return [address for address in given if address not in known]


def _claimed(pic: Picture, addresses: Iterable[str], job: JobView, *, now: datetime) -> list[str]:
    """Those that no other store's job is just fetching."""
    values: list[Any] = [pic.store.workspace_id, now, job.id, sorted(addresses), now - CLAIM]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return [row[0] for row in cursor.fetchall()]
