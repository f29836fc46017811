"""Deciding deliveries about stock: SQL only; what can't be decided asks for a read of the level."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from catalogue.domain.stock import Seen, Sighted, decide_hook
from catalogue.enums import MemberState, MovementKind, Source, StockMode, StockVerdict
from catalogue.models import StockMember
from catalogue.services.stock.ledger import Cause
from catalogue.services.stock.members import linked_variants, members_of_items, open_levels
from catalogue.services.stock.scene import Scene, lock_scene
from catalogue.services.stock.sighting import ask_for_read, leave_if_lapsed, take
from catalogue.services.stock.spread import queue_levels
from stores.models import Delivery
from stores.shopify.errors import BadPayload
from stores.shopify.stock import parse_level_payload
from stores.shopify.stock_types import LevelSnapshot
from syncqueue.domain.handling import JobView, Parked, Planned, Refused, Settled, SqlOnly
from syncqueue.enums import Outcome

PARK_SECONDS = 30.0
FASTER = Parked("The same level is just being seen elsewhere.", 0.2)


class InboundLevel(SqlOnly):
    """What a delivery about one level says."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:  # noqa: ARG002
        delivery = Delivery.objects.select_related("store").get(pk=job.payload["delivery"])
        try:
            told = parse_level_payload(json.loads(bytes(delivery.body)))
        except BadPayload as error:
            return Refused("bad_payload", f"The payload can't be read: {error}")
        cause = Cause(
            key=f"delivery:{delivery.pk}",
            source=Source.SYNC,
            cause_id=job.cause_id,
            delivery_id=delivery.pk,
            job_id=job.id,
        )
        rows = StockMember.objects.filter(
            store=delivery.store_id, location__gid=told.location, item_gid=told.item
        )
        member_id = rows.values_list("pk", flat=True).first()
        if member_id is None:
            return _first_sight(delivery, told, cause)
        return _decide(lock_scene(member_id), delivery, told, cause)


def items_changed(store_id: int, item_gids: Sequence[str], *, cause_id: UUID) -> int:
    """An item was edited or deleted, and may be tracked no more: its levels are read."""
    members = members_of_items(store_id, item_gids)
    rows = StockMember.objects.filter(pk__in=[member.pk for member in members])
    rows.update(needs_read="Its inventory item has moved.")
    return queue_levels(members, cause_id=cause_id)


def _first_sight(delivery: Delivery, told: LevelSnapshot, cause: Cause) -> Planned:
    variants = linked_variants(delivery.store_id, [told.item])
    if not variants:
        return Settled(Outcome.NOTHING_TO_DO, "This item belongs to no linked variant here.")
    if told.available is None or told.updated_at is None:
        return Settled(Outcome.NOTHING_TO_DO, "No quantity is told, so there is nothing to follow.")
    seen = [(told, variants[told.item])]
    if not open_levels(delivery.store, told.location, seen, cause):
        return FASTER
    return Settled(Outcome.APPLIED, "A level not known yet: it is followed from this number on.")


def _decide(scene: Scene, delivery: Delivery, told: LevelSnapshot, cause: Cause) -> Planned:
    if reason := _undecidable(delivery):
        ask_for_read(scene, reason, cause)
        return Settled(Outcome.NOTHING_TO_DO, f"{reason} A read of the level decides.")
    left = scene.member.state == MemberState.LEFT
    if left or told.available is None or told.updated_at is None:
        reason = scene.member.state_reason if left else "No quantity is told."
        return Settled(Outcome.NOTHING_TO_DO, f"Noted only. {reason}")
    if scene.call_is_open() or scene.member.unknown is not None:
        return Parked("Waits for the answer of a call about the same level.", PARK_SECONDS)
    if scene.unheard():
        queue_levels([scene.member], cause_id=cause.cause_id)
        return Parked("Waits until it is known what a push that was given up has done.", 1.0)
    leave_if_lapsed(scene, cause)
    seen = Seen(told.available, told.updated_at)
    found = decide_hook(scene.level, seen, scene.standing_before(told.available))
    outcome = _outcome(scene, found)
    if _may_be_closing(scene, found):
        ask_for_read(scene, "All pieces went at once: sold, or was the place closed?", cause)
        return Settled(Outcome.NOTHING_TO_DO, f"{scene.member.needs_read} A read decides.")
    if found.verdict is StockVerdict.NEEDS_READ:
        ask_for_read(scene, "Two numbers in about the same second.", cause)
    take(scene, found, cause)
    return Settled(outcome, _said(found, scene))


def _may_be_closing(scene: Scene, found: Sighted) -> bool:
    """Whether a shared level has lost all at once, as it does when its location is switched off.

    The last few pieces are simply sold.
    """
    shared = scene.pool.mode != StockMode.OWN and found.level.shows == 0
    return shared and -found.counted >= settings.GATE_STOCK_FALL


def _undecidable(delivery: Delivery) -> str:
    if delivery.topic != "inventory_levels/update":
        return "Stocking and unstocking are only hints."
    if delivery.api_version != settings.SHOPIFY_API_VERSION:
        return f"The payload is of API version {delivery.api_version or 'unnamed'}."
    return ""


def _outcome(scene: Scene, found: Sighted) -> Outcome:
    match found.verdict:
        case StockVerdict.STALE:
            return Outcome.STALE
        case StockVerdict.SAME:
            last = scene.member.movements.order_by("-member_sequence").first()
            ours = last is not None and last.kind == MovementKind.PUSHED
            return Outcome.ECHO if ours else Outcome.NOTHING_TO_DO
        case StockVerdict.NEEDS_READ:
            return Outcome.NOTHING_TO_DO
    return Outcome.APPLIED


def _said(found: Sighted, scene: Scene) -> str:
    match found.verdict:
        case StockVerdict.COUNTED:
            name = "Sold or taken out" if found.counted < 0 else "Put in"
            return f"{name}: {found.counted:+d}, so the pool has {scene.pool.quantity}."
        case StockVerdict.CONVERGED:
            return "Somebody entered the number that was about to be written: nothing is counted."
        case StockVerdict.MIRRORED:
            return f"The stock is {scene.pool.owner}'s to count: the number is written over."
        case StockVerdict.STALE:
            return "Older than what is already known of the level."
        case StockVerdict.NEEDS_READ:
            return "Two numbers in about the same second: a read decides."
    return "The number was already known."
