"""Absorbing what Shopify answered: a read of a product, or the state after a write of ours."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from catalogue.domain.attributes import VARIANT_ORDER, Attribute
from catalogue.domain.decide import Decision, absorb_leaf
from catalogue.domain.forms import read_leaves
from catalogue.domain.hints import hint_for
from catalogue.domain.journal import KEEP, Leaf
from catalogue.domain.seen import Hint, ReadSeen, Seen, UnknownWrite, Written
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import IssueKind, ListingState, Owner, Source
from catalogue.models import Listing
from catalogue.selectors.picture import Picture
from catalogue.services.absorb import absorb
from catalogue.services.first_words import take_in_new
from catalogue.services.gone import forget_gone, product_is_gone, product_subject
from catalogue.services.issues import settle_issue
from catalogue.services.locking import Locked
from catalogue.services.media_writes import see_gallery
from catalogue.services.newcomers import adopt_new
from catalogue.services.observed import store_listing
from catalogue.services.spread import queue_read
from catalogue.services.store_edits import publish, take_edits
from catalogue.services.unknown import note_unknown, open_writes, settle_unknown, unknown_writes
from catalogue.services.variants import claim, keep_order, see_order
from stores.models import Delivery
from stores.shopify.errors import BadPayload
from stores.shopify.products import parse_product, parse_product_payload
from stores.shopify.types import ProductSnapshot, WriteResult
from syncqueue.enums import Kind
from syncqueue.services.wake import make_due

MOST_HINTS = 50
UNSURE = "What the store has told since may be newer than the answer; it is read again."


def absorb_read(
    locked: Locked,
    node: Mapping[str, Any] | None,
    *,
    asked: datetime,
    cause_id: UUID,
    now: datetime,
    source: Source = Source.SYNC,
) -> bool:
    """Take in a full fresh read; False where it lags behind what is known (read again)."""
    listing = locked.picture.listing
    if node is None:
        if listing.state != ListingState.GONE:
            product_is_gone(locked, cause_id=cause_id)
        listing.state, listing.needs_read = ListingState.GONE, ""
        listing.state_reason = "A read did not find the product in the store."
        settle_unknown(listing)
        listing.save()
        _wake_parked(locked)
        return True
    snapshot = parse_product(node)
    if listing.as_of and snapshot.updated_at < listing.as_of:
        return False
    listing.needs_read = ""
    if listing.state == ListingState.GONE:
        listing.state = ListingState.LINKED if listing.product_id else ListingState.UNMATCHED
        listing.state_reason = "A read has found the product again."
        settle_issue(
            locked.picture.store.workspace_id,
            IssueKind.PRODUCT_GONE,
            product_subject(listing),
            by="",
            reason=listing.state_reason,
        )
    given_up, written = unknown_writes(listing), open_writes(listing)
    settle_unknown(listing)
    read = ReadSeen(snapshot.updated_at, asked, now, f"read:{cause_id}")
    _absorb(locked, snapshot, read, written, given_up, cause_id=cause_id, source=source)
    _wake_parked(locked)
    return True


def absorb_newborn(
    pic: Picture, snapshot: ProductSnapshot, *, cause_id: UUID, now: datetime
) -> None:
    """Take in a read of a product that nobody knew, in memory: its listing is not stored yet."""
    read = ReadSeen(snapshot.updated_at, now, now, f"read:{cause_id}")

    def judge(_gid: str, declared: Attribute, leaf: Leaf | None, value: Value) -> Decision:
        return absorb_leaf(leaf, value, attribute=declared, read=read)

    absorb(pic, see_gallery(pic, snapshot, cause_id=cause_id), judge)
    pic.listing.read_at = now


def absorb_write(
    locked: Locked,
    request: Mapping[str, Any],
    result: WriteResult,
    *,
    cause_id: UUID,
    now: datetime,
) -> None:
    """Confirm what was written, part by part; whatever else has changed is an edit."""
    listing = locked.picture.listing
    listing.settled_at = now
    if result.product is None:
        listing.needs_read = "The answer did not show the product."
        listing.save()
    else:
        refused = {error.part for error in result.errors}
        taken = [
            leaf
            for leaf in request["leaves"]
            if not (refused if _is_whole(request) else refused & {_part(leaf, listing.gid)})
        ]
        written = written_of({**request, "leaves": taken})
        _expect_rest(listing, request, taken, result.product, now=now)
        _absorb_answer(locked, request, result.product, written, cause_id=cause_id, now=now)
    _wake_parked(locked)


def _part(leaf: Mapping[str, Any], product_gid: str) -> str:
    return "product" if leaf["host"] == product_gid else "variants"


def _is_whole(request: Mapping[str, Any]) -> bool:
    """Whether the parts of a write stand and fall together."""
    return bool(request["op"] == "structure")


def _expect_rest(
    listing: Listing,
    request: Mapping[str, Any],
    taken: Sequence[Mapping[str, Any]],
    shown: ProductSnapshot,
    *,
    now: datetime,
) -> None:
    """A write shows the first variants of a long product; a read tells of the others."""
    if shown.complete:
        return
    told = {shown.gid, *(variant.gid for variant in shown.variants)}
    rest = [
        leaf for leaf in taken if leaf["host"] not in told or leaf["attribute"] == VARIANT_ORDER
    ]
    if rest or _is_whole(request):
        note_unknown(listing, {**request, "leaves": rest}, sent_at=now)
        listing.needs_read = "The answer showed the first variants only."


def written_of(request: Mapping[str, Any]) -> dict[tuple[str, str], Written]:
    """By host and attribute what a request of ours has sent."""
    planned = datetime.fromisoformat(request["planned"])
    return {
        (leaf["host"], leaf["attribute"]): Written(
            leaf["value"], Version.from_json(leaf["version"]), planned
        )
        for leaf in request["leaves"]
    }


def absorb_shown(
    locked: Locked,
    request: Mapping[str, Any],
    snapshot: ProductSnapshot,
    *,
    cause_id: UUID,
    now: datetime,
) -> None:
    """Confirm what a write of ours is shown to have done, where its answer shows that alone."""
    locked.picture.listing.settled_at = now
    written = written_of(request)
    _absorb_answer(locked, request, snapshot, written, cause_id=cause_id, now=now)
    _wake_parked(locked)


def _absorb_answer(
    locked: Locked,
    request: Mapping[str, Any],
    snapshot: ProductSnapshot,
    written: Mapping[tuple[str, str], Written],
    *,
    cause_id: UUID,
    now: datetime,
) -> None:
    asked = datetime.fromisoformat(request["planned"])
    read = ReadSeen(snapshot.updated_at, asked, now, f"read:{cause_id}")
    unknown = unknown_writes(locked.picture.listing)
    _absorb(locked, snapshot, read, written, unknown, cause_id=cause_id, source=Source.SYNC)
    if locked.picture.listing.needs_read:
        queue_read(locked.picture, cause_id=cause_id)


def _absorb(
    locked: Locked,
    snapshot: ProductSnapshot,
    read: ReadSeen,
    written: Mapping[tuple[str, str], Written],
    unknown: Mapping[tuple[str, str], Sequence[UnknownWrite]],
    *,
    cause_id: UUID,
    source: Source,
) -> None:
    pic, now = locked.picture, read.received
    stored = _Stored(locked, now)

    def judge(gid: str, declared: Attribute, leaf: Leaf | None, value: Value) -> Decision:
        ours = written.get((gid, declared.name))
        ghosts = unknown.get((gid, declared.name), ())
        found = absorb_leaf(
            leaf, value, attribute=declared, read=read, written=ours, unknown=ghosts
        )
        if leaf is None or not any(edited.time_uncertain for edited in found.edits):
            return found
        hint = stored.hint(gid, declared, leaf, value, read)
        return absorb_leaf(
            leaf, value, attribute=declared, read=read, written=ours, hint=hint, unknown=ghosts
        )

    before = pic.ids_shown()
    snapshot = see_gallery(pic, snapshot, cause_id=cause_id)
    claim(pic, snapshot)
    found = absorb(pic, snapshot, judge)
    take_in_new(locked, found.first_seen, source=source, cause_id=cause_id, now=now)
    whole = snapshot.complete and pic.is_linked
    if whole and (moved := see_order(pic, snapshot, before, judge)) is not None:
        found.edits += moved.edits
        found.needs_read |= moved.decision.needs_read
    take_edits(locked, found, source=source, cause_id=cause_id, now=now)
    if snapshot.complete:
        forget_gone(locked, snapshot, cause_id=cause_id)
    if whole:
        new = adopt_new(locked, snapshot, cause_id=cause_id, now=now, source=source)
        keep_order(pic.listing, pic.ids_shown())
        publish(pic, new, cause_id=cause_id, now=now)
    pic.listing.read_at = now
    if found.needs_read:
        pic.listing.needs_read = UNSURE
    store_listing(pic.listing)


class _Stored:
    """The deliveries of a product that are stored, loaded when a read finds something new."""

    def __init__(self, locked: Locked, now: datetime) -> None:
        self.pic, self.now = locked.picture, now
        self.loaded: list[tuple[Seen, ProductSnapshot]] | None = None

    def hint(
        self, gid: str, declared: Attribute, leaf: Leaf, value: Value, read: ReadSeen
    ) -> Hint | None:
        shown = (
            (seen, leaves[declared.name])
            for seen, snapshot in self._deliveries()
            for leaves in [_leaves(snapshot, gid, self.pic.terms.metafields)]
            if declared.name in leaves
        )
        return hint_for(leaf, value, attribute=declared, read=read, stored=shown)

    def _deliveries(self) -> list[tuple[Seen, ProductSnapshot]]:
        if self.loaded is None:
            rows = Delivery.objects.filter(
                job__lane__channel_id=self.pic.store.channel_id,
                job__lane__kind=Kind.IN,
                job__lane__key=self.pic.listing.lane_key,
                received_at__gte=self.now - KEEP,
            ).exclude(topic="products/delete")
            parsed = (_parsed(row) for row in rows.order_by("-id")[:MOST_HINTS])
            self.loaded = [pair for pair in parsed if pair is not None]
        return self.loaded


def _parsed(row: Delivery) -> tuple[Seen, ProductSnapshot] | None:
    """A payload that can't be read is no hint; its own job says what is wrong with it."""
    try:
        snapshot = parse_product_payload(json.loads(bytes(row.body)))
    except BadPayload:
        return None
    seen = Seen(snapshot.updated_at, row.triggered_at, row.received_at, row.webhook_id)
    return seen, snapshot


def _leaves(snapshot: ProductSnapshot, gid: str, extra: Iterable[str]) -> dict[str, Value]:
    if gid == snapshot.gid:
        return read_leaves(Owner.PRODUCT, snapshot.node, snapshot.form, extra)
    for variant in snapshot.variants:
        if variant.gid == gid:
            return read_leaves(Owner.VARIANT, variant.node, snapshot.form)
    return {}


def _wake_parked(locked: Locked) -> None:
    """Deliveries that waited for this answer can be decided now."""
    pic = locked.picture
    make_due(pic.store.channel_id, Kind.IN, [pic.listing.lane_key])
