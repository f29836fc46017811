"""What follows when a store was read whole: matching, what is missing, comparing all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from catalogue.enums import ListingState
from catalogue.models import Listing, Product
from catalogue.selectors.matching import OPEN
from catalogue.selectors.picture import pictures
from catalogue.services.adopting import keep_links
from catalogue.services.importing import found_products, is_first
from catalogue.services.inbound import ask_for_read
from catalogue.services.linking import match_listings
from catalogue.services.spread import converge_job
from catalogue.services.stock.pull import pull_stock
from catalogue.services.walks import PREFIX, Counts, Step, Walk, begin
from stores.enums import Mode
from stores.models import Store
from stores.services.modes import set_mode
from syncqueue.domain.handling import JobView, Parked, Planned, Settled, SqlOnly
from syncqueue.enums import OPEN_STATES, Kind, Outcome, Priority
from syncqueue.models import Job
from syncqueue.services.enqueue import NewJob, enqueue

KEEP_LINKS = "catalogue.keep_links"
PARK_SECONDS = 5.0


def compare_read(store: Store, *, cause_id: UUID) -> None:
    """Compare what a walk through a store has shown with the hub."""
    since = store.pull_started_at
    data = {"read": store.pull_done, "since": since.isoformat() if since else ""}
    begin(MATCH, store, cause_id=cause_id, **data)


def queue_differences(store: Store, *, cause_id: UUID) -> int:
    """Queue a converge job for every linked listing, in the lower class; says how many.

    The first ones in the caller's transaction, the others by jobs that were stored with it.
    """
    return begin(COMPARE, store, cause_id=cause_id)


def _alone(store: Store, _: Mapping[str, Any]) -> QuerySet[Listing]:
    return Listing.objects.filter(store=store, product=None, state__in=OPEN)


def _match(step: Step, listing_ids: Sequence[int]) -> Counts:
    """A first store's products become canonical, those of others are matched with them."""
    if is_first(step.store):
        # what was found ambiguous before this walk still waits for a person
        new = Listing.objects.filter(pk__in=listing_ids, state=ListingState.UNMATCHED)
        return {"founded": len(found_products(pictures(new.values_list("pk", flat=True))))}
    found = match_listings(step.store, listing_ids, cause_id=step.cause_id, now=step.now)
    if found.leading and step.total > MATCH.chunk:
        _keep_links_later(step, found.leading)
    return found.counts


def _matched(step: Step) -> str:
    store = Store.objects.get(pk=step.store.pk)
    said = f"{step.data['read']} products read; {_counted(store, step.counts)}."
    pull_stock(store, cause_id=step.cause_id)
    if step.data["since"]:
        begin(MISSING, store, cause_id=step.cause_id, since=step.data["since"])
    if store.mode == Mode.IMPORTING:
        set_mode(store.pk, Mode.REVIEW, by="", reason=f"The first pull is done: {said}")
    elif store.is_live:
        queue_differences(store, cause_id=step.cause_id)
    return said


def _counted(store: Store, counts: Counts) -> str:
    words = {"linked": "linked by SKU", "unmatched": "without a match", "ambiguous": "ambiguous"}
    told = ", ".join(f"{counts[key]} {said}" for key, said in words.items() if counts.get(key))
    founded = 0 if told else Product.objects.filter(founder=store).count()
    return told or (f"the hub has {founded} of them" if founded else "nothing new to match")


def _unseen(store: Store, data: Mapping[str, Any]) -> QuerySet[Listing]:
    before = Q(read_at=None) | Q(read_at__lt=data["since"])
    return Listing.objects.filter(before, store=store).exclude(state=ListingState.GONE)


def _ask(step: Step, listing_ids: Sequence[int]) -> Counts:
    """What a whole walk did not show may be gone: a read of each decides."""
    for listing_id in listing_ids:
        ask_for_read(listing_id, "A walk through the store missed it.", cause_id=step.cause_id)
    return {}


def _linked(store: Store, _: Mapping[str, Any]) -> QuerySet[Listing]:
    return Listing.objects.filter(store=store, state=ListingState.LINKED)


def _compare(step: Step, listing_ids: Sequence[int]) -> Counts:
    jobs = [
        converge_job(
            listing,
            (),
            cause_id=step.cause_id,
            channel_id=step.store.channel_id,
            priority=Priority.BULK,
            dedupe_key="compare",
        )
        for listing in Listing.objects.filter(pk__in=listing_ids).only("gid").order_by("pk")
    ]
    enqueue(jobs)
    return {}


MATCH = Walk("match", "Matching products", _alone, _match, _matched)
MISSING = Walk("missing", "Looking for products that are gone", _unseen, _ask)
COMPARE = Walk("compare", "Comparing products with the hub", _linked, _compare, chunk=500)
WALKS = (MATCH, MISSING, COMPARE)


def _keep_links_later(step: Step, listing_ids: Sequence[int]) -> None:
    job = NewJob(
        channel_id=step.store.channel_id,
        kind=Kind.CALL,
        key="links",
        handler=KEEP_LINKS,
        payload={"listings": list(listing_ids)},
        cause_id=step.cause_id,
        priority=Priority.BULK,
    )
    enqueue([job])


class KeepLinks(SqlOnly):
    """Links to products of later chunks are compared when all of these are linked."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        matching = Job.objects.filter(
            channel=job.channel_id, handler=f"{PREFIX}{MATCH.name}", state__in=OPEN_STATES
        )
        if matching.exists():
            return Parked("Waits until all products of the store are matched.", PARK_SECONDS)
        keep_links(job.payload["listings"], cause_id=job.cause_id, now=now)
        return Settled(Outcome.APPLIED, "Links between products were compared.")
