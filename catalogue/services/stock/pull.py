"""Reading the stock of a store: its locations, then its levels by pages of items."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from catalogue.enums import MemberState, Source
from catalogue.models import StockMember, VariantListing
from catalogue.services.stock.ledger import Cause
from catalogue.services.stock.members import (
    NOT_LINKED,
    freeze,
    leave,
    linked_variants,
    open_levels,
)
from catalogue.services.stock.scene import Scene, lock_scene
from catalogue.services.stock.sighting import ask_for_read, take_read
from stores.enums import READABLE
from stores.models import Location as StoreLocation
from stores.models import Store
from stores.services.tokens import session_in, session_of
from stores.shopify.answers import answer_of
from stores.shopify.shop import locations
from stores.shopify.stock import MOST_LEVELS, parse_level, read_levels
from stores.shopify.stock_types import LevelSnapshot, Location
from stores.shopify.types import Reply, Session
from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    JobView,
    Parked,
    Planned,
    Settled,
    Verdict,
)
from syncqueue.enums import Kind, Outcome, Priority
from syncqueue.services.enqueue import NewJob, enqueue

STOCK_PULL = "catalogue.stock_pull"
TOKEN_SECONDS = 5.0
CLASH_SECONDS = 0.5


def pull_stock(store: Store, *, cause_id: UUID) -> None:
    """Queue the reading of all levels of linked items; each page queues the next."""
    _queue([(store, {"op": "locations"})], cause_id=cause_id, priority=Priority.BULK)


def follow_stock(store: Store, listing_ids: Sequence[int], *, cause_id: UUID) -> None:
    """Queue the reading of the levels of listings that have just been linked."""
    rows = VariantListing.objects.filter(listing__in=listing_ids, variant__isnull=False)
    items = sorted(
        set(rows.exclude(inventory_item_gid="").values_list("inventory_item_gid", flat=True))
    )
    known = store.locations.filter(active=True).values_list("gid", flat=True)
    asked = [
        (store, {"op": "items", "location": gid, "items": items[start : start + MOST_LEVELS]})
        for gid in known
        for start in range(0, len(items), MOST_LEVELS)
    ]
    _queue(asked, cause_id=cause_id, priority=Priority.INTERACTIVE)


class StockPull:
    """Reads locations, or a page of levels at one of them."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:  # noqa: ARG002
        store = Store.objects.get(pk=job.payload["store"])
        if store.mode not in READABLE:
            return Settled(Outcome.SUPERSEDED, f"The store is {store.mode}: nothing is read.")
        session = session_of(store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        if job.payload["op"] == "locations":
            return Call({"op": "locations"}, session)
        items = job.payload.get("items") or _page(store, job.payload["after"])
        if not items:
            return Settled(Outcome.NOTHING_TO_DO, "Every level at this location was read.")
        request = {"op": "levels", "location": job.payload["location"], "items": items}
        return Call(request, session)

    def send(self, request: dict[str, Any], context: object) -> Answer:
        return answer_of(lambda: _perform(request, session_in(context)))

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        if answer.error:
            return None
        store = Store.objects.get(pk=job.payload["store"])
        body = answer.body or {}
        if call_request["op"] == "locations":
            return _begin(store, [Location(**one) for one in body["locations"]], job)
        asked_at = now - timedelta(seconds=answer.seconds + 1)
        location, items = call_request["location"], call_request["items"]
        shown = [
            parse_level(node, location, item)
            for node, item in zip(body["nodes"], items, strict=True)
        ]
        if not _take_in(store, shown, job, asked_at=asked_at, now=now):
            return Again("Some of the levels are just being seen elsewhere.", CLASH_SECONDS)
        if job.payload["op"] == "page":
            _queue(
                [(store, {**job.payload, "after": items[-1]})],
                cause_id=job.cause_id,
                priority=Priority.BULK,
            )
        return Settled(Outcome.APPLIED, f"{len(items)} levels were read.")


def _queue(
    asked: Sequence[tuple[Store, Mapping[str, Any]]], *, cause_id: UUID, priority: Priority
) -> None:
    enqueue(
        [
            NewJob(
                channel_id=store.channel_id,
                kind=Kind.CALL,
                key="stock",
                handler=STOCK_PULL,
                payload={**payload, "store": store.pk},
                cause_id=cause_id,
                priority=priority,
            )
            for store, payload in asked
        ]
    )


def _page(store: Store, after: str) -> list[str]:
    rows = VariantListing.objects.filter(
        listing__store=store, variant__isnull=False, inventory_item_gid__gt=after
    )
    gids = rows.order_by("inventory_item_gid").values_list("inventory_item_gid", flat=True)
    return list(gids.distinct()[:MOST_LEVELS])


def _perform(request: Mapping[str, Any], session: Session) -> Reply:
    if request["op"] == "locations":
        return Reply(body={"locations": [asdict(one) for one in locations(session)]})
    return read_levels(session, request["location"], request["items"])


def _begin(store: Store, found: Sequence[Location], job: JobView) -> Settled:
    """Remember where the store keeps stock, and walk the levels at each open place."""
    StoreLocation.objects.bulk_create(
        [
            StoreLocation(store=store, gid=one.gid, name=one.name, active=one.active)
            for one in found
        ],
        update_conflicts=True,
        unique_fields=["store", "gid"],
        update_fields=["name", "active"],
    )
    pages = [
        (store, {"op": "page", "location": one.gid, "after": ""}) for one in found if one.active
    ]
    _queue(pages, cause_id=job.cause_id, priority=Priority.BULK)
    return Settled(Outcome.APPLIED, f"Stock is kept at {len(pages)} locations.")


def _take_in(
    store: Store,
    shown: Sequence[LevelSnapshot],
    job: JobView,
    *,
    asked_at: datetime,
    now: datetime,
) -> bool:
    """Take in a page of one location; False where somebody was faster, with nothing stored.

    It was read outside of the levels' own lanes.
    """
    cause = Cause(
        key=f"job:{job.id}",
        source=Source.RECONCILE,
        cause_id=job.cause_id,
        job_id=job.id,
    )
    location = shown[0].location
    rows = StockMember.objects.filter(
        store=store, location__gid=location, item_gid__in=[one.item for one in shown]
    )
    known = {row.item_gid: row for row in rows.select_related("pool", "store")}
    variants = linked_variants(store.pk, [one.item for one in shown])
    fresh = [
        (one, variants[one.item])
        for one in shown
        if one.item not in known and one.item in variants and one.available is not None
    ]
    if fresh and not open_levels(store, location, fresh, cause):
        return False
    for one in shown:
        member = known.get(one.item)
        if member is not None and not _is_known(member, one, variants.get(one.item)):
            scene, variant_id = lock_scene(member.pk), variants.get(one.item)
            _take_moved(scene, one, variant_id, cause, asked_at=asked_at, now=now)
    return True


def _is_known(member: StockMember, shown: LevelSnapshot, variant_id: int | None) -> bool:
    """Whether a page says nothing new of a level: the rule, so that it costs no query."""
    if member.state == MemberState.LEFT:
        return shown.available is None or variant_id is None
    return (
        member.state == MemberState.MEMBER
        and not Scene(member, member.pool, None).lapsed
        and member.pool.variant_id == variant_id
        and (member.level, member.as_of) == (shown.available, shown.updated_at)
    )


def _take_moved(
    scene: Scene,
    shown: LevelSnapshot,
    variant_id: int | None,
    cause: Cause,
    *,
    asked_at: datetime,
    now: datetime,
) -> None:
    """Take in one level of a page, unless a call of it came between: then it is read again."""
    settled = scene.member.settled_at
    unsure = scene.call_is_open() or scene.member.unknown or scene.unheard()
    if unsure or (settled and settled >= asked_at):
        ask_for_read(scene, "A page met a call of the same level.", cause)
    elif variant_id is None:
        freeze(scene, NOT_LINKED, cause)
    elif variant_id != scene.pool.variant_id:
        leave(scene, "The item was linked to another variant.", cause, variant_id=variant_id)
    elif not take_read(scene, shown, cause, now=now):
        ask_for_read(scene, "A page was older than what is known.", cause)
