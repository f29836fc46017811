"""Changing a store's mode, and the grant without which nothing is written."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from stores.domain.modes import may_follow
from stores.enums import Mode
from stores.errors import ModeRefusedError, NotLiveError
from stores.models import Store
from stores.shopify.types import WriteGrant
from syncqueue.models import Channel
from syncqueue.services.wake import wake

# What was told during a longer pause is too old to be counted one by one.
LONGEST_GAP = timedelta(hours=24)
LONG_PAUSE = (
    "Resumed by {} after more than a day: what was set here meanwhile stays here until somebody "
    "has reviewed it and opts in again."
)


def set_mode(store_id: int, mode: Mode, *, by: str, reason: str = "") -> Store:
    """Move a store to another mode than live; whatever was planned under the old one is void.

    Raises ModeRefusedError where the present mode does not allow it.
    """
    if mode == Mode.LIVE:
        raise ModeRefusedError("A store goes live by a plan that its owner has approved.")
    return _change(store_id, mode, by, reason)


def _change(store_id: int, mode: Mode, by: str, reason: str) -> Store:
    with transaction.atomic():
        store: Store = Store.objects.select_for_update(no_key=True).get(pk=store_id)
        if store.mode == mode:
            return store
        if not may_follow(Mode(store.mode), mode):
            raise ModeRefusedError(f"A store that is {store.mode} can't become {mode}.")
        _move(store, mode, by, reason)
        store.save()
        Channel.objects.filter(pk=store.channel_id).update(
            epoch=F("epoch") + 1, paused=mode == Mode.PAUSED, woken_at=None
        )
        transaction.on_commit(lambda: wake([store.channel_id]))
    return store


def pause(store_id: int, *, by: str, reason: str = "") -> Store:
    """Stop both directions: what comes in is stored and decided later."""
    return set_mode(store_id, Mode.PAUSED, by=by, reason=reason or f"Paused by {by}.")


def resume(store_id: int, *, by: str) -> Store:
    """Go on where the pause began, but after more than a day not at once live again.

    What both sides did in so long a time is looked at before anything is written.
    """
    store = Store.objects.get(pk=store_id)
    if store.mode != Mode.PAUSED:
        raise ModeRefusedError(f"{store} is not paused.")
    back, reason = Mode(store.mode_before_pause), f"Resumed by {by}."
    if timezone.now() - store.mode_since > LONGEST_GAP:
        Store.objects.filter(pk=store_id).update(covered_since=timezone.now())
        if back is Mode.LIVE:
            back, reason = Mode.REVIEW, LONG_PAUSE.format(by)
    return _change(store_id, back, by, reason)


def go_live(store_id: int, *, by: str, plan: str) -> Store:
    """Make a store live, and record who opted in to which plan (its hash).

    `catalogue.services.opt_in` alone comes here: it knows whether the plan was approved.
    """
    if not plan:
        raise ModeRefusedError("A store goes live by a plan that its owner has approved.")
    with transaction.atomic():
        store: Store = Store.objects.select_for_update(no_key=True).get(pk=store_id)
        if store.mode != Mode.REVIEW:
            raise ModeRefusedError(f"Only a store in review can go live; this one is {store.mode}.")
        store.opted_in_at, store.opted_in_by, store.opted_in_plan = timezone.now(), by, plan
        store.save(update_fields=["opted_in_at", "opted_in_by", "opted_in_plan"])
        return _change(store_id, Mode.LIVE, by, f"{by} opted in.")


def write_grant(store: Store, *, now: datetime) -> WriteGrant:
    """Leave to write to a store that is live, for as long as the planned call's lane is leased."""
    if store.mode != Mode.LIVE:
        raise NotLiveError(f"{store} is {store.mode}: nothing is written to it.")
    life = timedelta(seconds=settings.SYNCQUEUE["LEASE_SECONDS"])
    return WriteGrant(store.pk, store.mode_epoch, now + life)


def _move(store: Store, mode: Mode, by: str, reason: str) -> None:
    if mode == Mode.PAUSED:
        store.mode_before_pause = store.mode
    store.mode, store.mode_epoch = mode, store.mode_epoch + 1
    store.mode_since = timezone.now()
    store.mode_reason = reason or f"Set by {by}."
