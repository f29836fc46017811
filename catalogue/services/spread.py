"""Fan-out: every change goes to each live store once, as a job or with the reason why not."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db import connection

from catalogue.domain.attributes import attribute
from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import UNWRITTEN, Origin, origin_of
from catalogue.domain.terms import Terms
from catalogue.enums import (
    ChangeFate,
    ChangeScope,
    DeliveryFate,
    ListingState,
    OverrideKind,
    Source,
)
from catalogue.models import Change, Override
from catalogue.models.listing import lane_key
from catalogue.selectors.picture import Picture
from catalogue.selectors.terms import terms_of
from catalogue.services.ledger import Told, store_told
from stores.enums import Mode
from syncqueue.domain.handling import JobView
from syncqueue.enums import Kind, Priority
from syncqueue.services.enqueue import NewJob, enqueue

CONVERGE = "catalogue.converge"
SEEN_IN_STORES = frozenset({Source.SYNC, Source.RECONCILE})

# Waits for a store that is just going live, so that no change falls between (FOR SHARE against
# the FOR UPDATE of going live).
_LIVE = """
SELECT id FROM stores_store WHERE workspace_id = %s AND mode = %s ORDER BY id FOR SHARE
"""
_TARGETS = """
SELECT l.id, l.store_id, l.product_id, l.gid, s.channel_id
FROM catalogue_listing AS l JOIN stores_store AS s ON s.id = l.store_id
WHERE l.product_id = ANY(%s) AND l.store_id = ANY(%s) AND l.state = %s
ORDER BY l.store_id, l.id
"""
_PENDING = (DeliveryFate.PENDING, "")
_ORIGIN = (DeliveryFate.ORIGIN, "The edit came from this store.")
_HELD = (DeliveryFate.HELD, "The value is held for a person's decision.")
_OTHERWISE: Mapping[Origin, tuple[DeliveryFate, str]] = {
    "override": (DeliveryFate.OVERRIDE, "This store keeps its own value of this attribute."),
    "kept": (DeliveryFate.OVERRIDE, "This store keeps its own value, set there during a sale."),
    "held": _HELD,
    "currency": (
        DeliveryFate.UNMANAGED,
        "Prices don't cross currencies without a rule or an override.",
    ),
    "store": (DeliveryFate.UNMANAGED, "The store owns this attribute: it is never written there."),
    "ignored": (DeliveryFate.UNMANAGED, "This attribute is ignored in this store."),
}


class Lane(Protocol):
    """What a job needs to know of a listing."""

    @property
    def pk(self) -> int: ...

    @property
    def lane_key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Target:
    """A linked listing in a live store: all that fan-out needs of it."""

    pk: int
    store_id: int
    product_id: int
    gid: str
    channel_id: int

    @property
    def lane_key(self) -> str:
        return lane_key(self.gid)


def spread(
    workspace_id: int,
    changes: Sequence[Change],
    *,
    cause_id: UUID,
    priority: Priority = Priority.INTERACTIVE,
    behind: Collection[LeafKey] = (),
) -> list[int]:
    """Store what becomes of saved changes in each live store and queue the writes; job ids.

    `behind`: leaves of the store of origin that have been overwritten since the edit there.
    """
    if not changes:
        return []
    stores = live_for_share(workspace_id)
    by_product: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        by_product[change.product_id].append(change)
    standing, terms = _standing(by_product, stores), terms_of(stores)
    rows = [
        (
            target,
            _told(target, by_product[target.product_id], standing, terms[target.store_id], behind),
        )
        for target in _targets(by_product, stores)
    ]
    return _queue(rows, cause_id, priority)


def _targets(products: Iterable[int], stores: Iterable[int]) -> list[Target]:
    with connection.cursor() as cursor:
        cursor.execute(_TARGETS, [list(products), list(stores), ListingState.LINKED.value])
        return [Target(*row) for row in cursor.fetchall()]


def live_for_share(workspace_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_LIVE, [workspace_id, Mode.LIVE.value])
        return [row[0] for row in cursor.fetchall()]


def converge_job(
    listing: Lane,
    changes: Iterable[int],
    *,
    cause_id: UUID,
    channel_id: int,
    priority: Priority = Priority.INTERACTIVE,
    dedupe_key: str | None = None,
) -> NewJob:
    """The job that brings one listing to its effective values."""
    return NewJob(
        channel_id=channel_id,
        kind=Kind.CALL,
        key=listing.lane_key,
        handler=CONVERGE,
        payload={"listing": listing.pk, "changes": list(changes)},
        cause_id=cause_id,
        priority=priority,
        dedupe_key=dedupe_key,
    )


def queue_read(pic: Picture, *, cause_id: UUID) -> None:
    """Queue a job for a listing whose `needs_read` is set; one that waits already will do."""
    enqueue(
        [
            converge_job(
                pic.listing,
                (),
                cause_id=cause_id,
                channel_id=pic.store.channel_id,
                dedupe_key="read",
            )
        ]
    )


def changes_of(jobs: Iterable[JobView]) -> list[int]:
    return [change for job in jobs for change in job.payload.get("changes", ())]


def _standing(products: Iterable[int], stores: Iterable[int]) -> dict[tuple[object, ...], Override]:
    found = Override.objects.filter(product__in=list(products), store__in=list(stores), stands=True)
    return {(o.store_id, o.product_id, o.variant_id, o.attribute): o for o in found}


def _told(
    target: Target,
    changes: Iterable[Change],
    standing: Mapping[tuple[object, ...], Override],
    terms: Terms,
    behind: Collection[LeafKey],
) -> list[Told]:
    store_id = target.store_id
    fates = ((change, _fate(change, store_id, standing, terms, behind)) for change in changes)
    return [Told(change.pk, store_id, *fate) for change, fate in fates if fate is not None]


def _fate(
    change: Change,
    store_id: int,
    standing: Mapping[tuple[object, ...], Override],
    terms: Terms,
    behind: Collection[LeafKey],
) -> tuple[DeliveryFate, str] | None:
    """What becomes of a change in one store, and why; None where it doesn't concern it."""
    own = change.store_id == store_id
    if change.fate in (ChangeFate.HELD, ChangeFate.REJECTED):
        told = _HELD if change.fate == ChangeFate.HELD else _OTHERWISE["ignored"]
        return told if own else None
    if (change.scope == ChangeScope.OVERRIDE or change.fate == ChangeFate.LOST) and not own:
        return None
    seen = own and change.fate == ChangeFate.WON and change.source in SEEN_IN_STORES
    if seen and (change.variant_id, change.attribute) not in behind:
        return _ORIGIN
    override = standing.get((store_id, change.product_id, change.variant_id, change.attribute))
    kind = OverrideKind(override.kind) if override else None
    declared, currency = attribute(change.attribute), change.product.currency
    origin = origin_of(declared, kind, terms, currency, change.new)
    if change.scope == ChangeScope.OVERRIDE and origin not in UNWRITTEN:
        return _PENDING
    return _OTHERWISE.get(origin, _PENDING)


def _queue(
    rows: Sequence[tuple[Target, list[Told]]], cause_id: UUID, priority: Priority
) -> list[int]:
    """One job for each listing to which something is on its way."""
    waiting = [
        (target, [one.change_id for one in told if one.fate == DeliveryFate.PENDING])
        for target, told in rows
    ]
    waiting = [(target, ids) for target, ids in waiting if ids]
    job_ids = enqueue(
        [
            converge_job(
                target, ids, cause_id=cause_id, channel_id=target.channel_id, priority=priority
            )
            for target, ids in waiting
        ]
    )
    carried = {target.pk: job_id for (target, _), job_id in zip(waiting, job_ids, strict=True)}
    for target, told in rows:
        for one in told:
            one.job_id = carried[target.pk] if one.fate == DeliveryFate.PENDING else None
    store_told([one for _, told in rows for one in told])
    return job_ids
