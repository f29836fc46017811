"""Changing on what terms stores keep attributes: previewed, then agreed, then compared anew."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from catalogue.domain import pricing
from catalogue.domain.attributes import attribute
from catalogue.domain.terms import Policy, Terms
from catalogue.domain.values import BadValueError
from catalogue.enums import Ownership
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import HighValue, OwnershipPolicy, PriceRule
from catalogue.selectors.terms_preview import StorePreview, preview_terms
from catalogue.services.pull import queue_differences
from stores.models import Store


def preview_policy(
    workspace_id: int, name: str, ownership: Ownership | None, *, store_id: int | None = None
) -> list[StorePreview]:
    """What a policy would write: in one store, or in every store that has no own one.

    None takes the policy away.
    """

    def change(terms: Terms) -> Terms:
        kept = (p for p in terms.policies if not (_current(p, name) and p.own == bool(store_id)))
        new = Policy(name, ownership, timezone.now(), own=bool(store_id)) if ownership else None
        return replace(terms, policies=(*kept, *([new] if new else [])))

    stores = _stores(workspace_id, store_id)
    return [preview_terms(store, attribute(name).name, change) for store in stores]


def set_policy(
    workspace_id: int,
    name: str,
    ownership: Ownership | None,
    *,
    by: str,
    store_id: int | None = None,
) -> int:
    """Agree on whose word counts (None: take it back), and compare anew; of how many listings."""
    with transaction.atomic():
        stores = _stores(workspace_id, store_id, lock=True)
        cause_id, now = uuid4(), timezone.now()
        rows = OwnershipPolicy.objects.filter(
            workspace=workspace_id, store=store_id, attribute=attribute(name).name
        )
        _end(rows, by, now)
        if ownership is not None:
            OwnershipPolicy.objects.create(
                workspace_id=workspace_id,
                store_id=store_id,
                attribute=name,
                ownership=ownership,
                started_at=now,
                by=by,
                cause_id=cause_id,
            )
        return _compare(stores, cause_id)


def preview_rule(store: Store, name: str, rule: pricing.PriceRule | None) -> StorePreview:
    """What a price rule (None: the end of the present one) would write."""
    _check(store, name, rule)

    def change(terms: Terms) -> Terms:
        kept = (r for r in terms.rules if r.attribute != name or r.until is not None)
        return replace(terms, rules=(*kept, *([rule] if rule else [])))

    return preview_terms(store, name, change)


def set_rule(store: Store, name: str, rule: pricing.PriceRule | None, *, by: str) -> int:
    """Price a store by a rule (None: no longer), and compare anew; of how many listings."""
    _check(store, name, rule)
    with transaction.atomic():
        stores = _stores(store.workspace_id, store.pk, lock=True)
        cause_id, now = uuid4(), timezone.now()
        ended = _end(PriceRule.objects.filter(store=store, attribute=name), by, now)
        if rule is None and not ended:
            raise NotAllowedNowError(f"No rule prices {store} now.")
        if rule is not None:
            PriceRule.objects.create(
                store=store,
                attribute=name,
                currency=rule.currency,
                rate=rule.rate,
                factor=rule.factor,
                step=rule.step,
                charm=rule.charm,
                floor=rule.floor,
                started_at=now,
                by=by,
                cause_id=cause_id,
            )
        return _compare(stores, cause_id)


def set_high_value(workspace_id: int, name: str, *, on: bool) -> None:
    """Say whether collisions over an attribute are put before a person."""
    HighValue.objects.update_or_create(
        workspace_id=workspace_id, attribute=attribute(name).name, defaults={"on": on}
    )


def _check(store: Store, name: str, rule: pricing.PriceRule | None) -> None:
    if not attribute(name).money:
        raise BadValueError(f"{attribute(name).label} is no price.")
    if rule is not None:
        pricing.check_rule(rule, store.currency)


def _current(policy: Policy, name: str) -> bool:
    return policy.attribute == name and policy.until is None


def _stores(workspace_id: int, store_id: int | None, *, lock: bool = False) -> list[Store]:
    """The stores concerned; locking waits for edits that spread by the terms they have seen."""
    rows = Store.objects.filter(workspace=workspace_id).order_by("id")
    rows = rows.filter(pk=store_id) if store_id else rows
    stores = list(rows.select_for_update(no_key=True) if lock else rows)
    if store_id and not stores:
        raise NotFoundHereError("This store does not exist in this workspace.")
    return stores


def _end(rows: Any, by: str, now: datetime) -> int:
    ended: int = rows.filter(ended_at__isnull=True).update(ended_at=now, ended_by=by)
    return ended


def _compare(stores: Iterable[Store], cause_id: UUID) -> int:
    live: Sequence[Store] = [store for store in stores if store.is_live]
    return sum(queue_differences(store, cause_id=cause_id) for store in live)
