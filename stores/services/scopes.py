"""What leave a store has granted, as it changes: more is read at once, less is left alone."""

from collections.abc import Iterable
from uuid import UUID

from stores.domain.scopes import REQUIRED, USES
from stores.enums import READABLE
from stores.models import Store
from stores.services.pulls import enqueue_probe, enqueue_pull


def note_scopes(store: Store, scopes: Iterable[str], *, cause_id: UUID) -> None:
    """Remember what a store grants; for what is new it is read, so that it shows that too.

    `store` is as it stood before.
    """
    named = list(scopes)
    gained = any(use.granted(named) and not use.granted(store.scopes) for use in USES)
    Store.objects.filter(pk=store.pk).update(scopes=named)
    if gained and store.mode in READABLE:
        enqueue_pull(store, "reconcile", cause_id=cause_id)


def forget_scopes(store_id: int, *, cause_id: UUID) -> None:
    """Count on nothing that a store may keep back, and ask it what it grants."""
    store = Store.objects.select_for_update(no_key=True).get(pk=store_id)
    kept = [scope for scope in store.scopes if scope in REQUIRED]
    Store.objects.filter(pk=store_id).update(scopes=kept)
    enqueue_probe(store, cause_id=cause_id)
