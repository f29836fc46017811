"""Holding a value that two parties keep rewriting: their war ends after a few writes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalogue.domain.breaker import WINS_WITHIN, Judgement, StoreEdit, judge
from catalogue.domain.diff import LeafKey
from catalogue.domain.registers import Entry
from catalogue.domain.version import Version, causal_floor
from catalogue.enums import (
    ChangeFate,
    ChangeScope,
    IssueKind,
    ListingState,
    OverrideKind,
    Source,
)
from catalogue.models import Change, ChangeDelivery, Listing, Override
from catalogue.selectors.picture import Picture, picture
from catalogue.services.issues import Subject, raise_issue, settle_issue
from catalogue.services.merge import Act, merge
from catalogue.services.spread import SEEN_IN_STORES
from stores.models import Store

JUDGED = (ChangeFate.WON, ChangeFate.LOST)


def trip(pic: Picture, changes: Sequence[Change], *, cause_id: UUID, now: datetime) -> list[Change]:
    """Look at what stores have just set; the rows of what is held from now on, and an issue.

    The product is locked and its changes are stored.
    """
    held: list[Change] = []
    for change in changes:
        if change.scope == ChangeScope.CANONICAL and change.fate in JUDGED:
            judgement = judge(_edits(change, now), now=timezone.now())
            if judgement.held:
                rows = _hold(pic, change, judgement, cause_id=cause_id, now=now)
                held += rows
                _tell(change, judgement, rows)
    return held


def close_tugs(changes: Sequence[Change], *, by: str) -> None:
    """Close the issues of values of which no store's is held any more, after stored changes."""
    for change in changes:
        if change.old_kind == OverrideKind.HELD and change.fate == ChangeFate.WON:
            of_leaf = Override.objects.filter(
                product=change.product_id, variant=change.variant_id, attribute=change.attribute
            )
            if not of_leaf.filter(kind=OverrideKind.HELD, stands=True).exists():
                settle_issue(
                    change.workspace_id,
                    IssueKind.TUG_OF_WAR,
                    _subject(change),
                    by=by,
                    reason="A person decided which value stands.",
                )


def _tell(change: Change, judgement: Judgement, rows: Sequence[Change]) -> None:
    if rows:
        names = Store.objects.filter(pk__in=judgement.stores).order_by("pk")
        held = ", ".join(str(store) for store in names)
        reason = f"{judgement.reason} Each keeps its own value until a person decides: {held}."
        raise_issue(change.workspace_id, IssueKind.TUG_OF_WAR, _subject(change), reason)


def _subject(change: Change) -> Subject:
    return Subject.of_leaf(change.product_id, change.variant_id, change.attribute)


def _edits(change: Change, now: datetime) -> list[StoreEdit]:
    """What stores have set of late; what a person has decided since then begins anew."""
    of_leaf = Change.objects.filter(
        product=change.product_id, variant=change.variant_id, attribute=change.attribute
    )
    decided = of_leaf.filter(old_kind=OverrideKind.HELD, fate=ChangeFate.WON).order_by("-id")
    rows = of_leaf.filter(
        id__gt=Coalesce(Subquery(decided.values("id")[:1]), 0),
        scope=ChangeScope.CANONICAL,
        fate__in=JUDGED,
        source__in=SEEN_IN_STORES,
        store__isnull=False,
        created_at__gt=now - WINS_WITHIN,
    )
    return [
        StoreEdit(row.store_id, row.created_at, _our_write(row), row.fate == ChangeFate.WON)
        for row in rows.select_related("delivery")
        if row.store_id is not None
    ]


def _our_write(row: Change) -> datetime | None:
    """When we last wrote this leaf to the store, before we heard that it had set it anew."""
    heard = row.delivery.received_at if row.delivery else row.created_at
    written: datetime | None = (
        ChangeDelivery.objects.filter(
            store=row.store_id,
            change__product=row.product_id,
            change__variant=row.variant_id,
            change__attribute=row.attribute,
            accepted_at__lt=heard,
        )
        .order_by("-accepted_at")
        .values_list("accepted_at", flat=True)
        .first()
    )
    return written


def _hold(
    pic: Picture, change: Change, judgement: Judgement, *, cause_id: UUID, now: datetime
) -> list[Change]:
    """Keep each party's own value in its store until a person decides."""
    key: LeafKey = (change.variant_id, change.attribute)
    rows: list[Change] = []
    listings = Listing.objects.filter(
        product=change.product, store__in=judgement.stores, state=ListingState.LINKED
    )
    for listing in listings.order_by("store_id"):
        theirs = pic if listing.pk == pic.listing.pk else picture(listing.pk)
        leaf = theirs.host(key[0]).leaf(key[1])
        standing = theirs.standing(key)
        if leaf is None or (standing and standing.kind is OverrideKind.HELD and standing.stands):
            continue
        winner = pic.record(key).register(key[1]).winner
        time = causal_floor(now, winner.version if winner else None)
        version = Version.of(time, Source.SYNC, f"breaker:{cause_id}:{listing.store_id}")
        act = Act(
            key=key,
            entry=Entry(version, "set", listing.store_id, leaf.value, OverrideKind.HELD),
            source=Source.SYNC,
            cause_id=cause_id,
            reason=f"{judgement.reason} It is held for a person's decision.",
        )
        merged = merge(change.product, pic.record(key), theirs.overrides.get(key), act, now=now)
        if merged.override is not None:
            theirs.overrides[key] = merged.override
            merged.override.save()
        rows += merged.changes[:1]
    return rows
