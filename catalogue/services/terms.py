"""Changing on what terms stores keep attributes: previewed, then agreed, then compared anew."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from catalogue.domain import pricing
from catalogue.domain.attributes import STOCK, attribute
from catalogue.domain.terms import Policy, Terms
from catalogue.domain.values import BadValueError
from catalogue.enums import Ownership, Source
from catalogue.errors import HeldAtGatesError, NotAllowedNowError, NotFoundHereError
from catalogue.models import HeldBatch, HighValue, OwnershipPolicy, PriceRule
from catalogue.selectors.terms_preview import StorePreview, preview_terms
from catalogue.services.comparing import queue_differences
from catalogue.services.gates import Cause
from catalogue.services.terms_gate import Agreement, pass_or_hold
from stores.models import Store

HELD = "Held at the gates until a person releases it: {}"


def preview_policy(
    workspace_id: int, name: str, ownership: Ownership | None, *, store_id: int | None = None
) -> list[StorePreview]:
    """What a policy would write: in one store, or in every store that has no own one.

    None takes the policy away.
    """
    change = _owned(name, ownership, store_id)
    stores = _stores(workspace_id, store_id)
    return [preview_terms(store, attribute(name).name, change) for store in stores]


def set_policy(
    workspace_id: int,
    name: str,
    ownership: Ownership | None,
    *,
    by: str,
    store_id: int | None = None,
    seen: Sequence[int] | None = None,
    released: int | None = None,
) -> int:
    """Agree on whose word counts (None: take it back), and compare anew; of how many listings.

    `seen`: the policies in whose sight it was decided. Raises HeldAtGatesError where the gates
    object to the prices that it would write, NotAllowedNowError where others stand by now.
    """
    asked = {"store": store_id, "attribute": name, "ownership": ownership and ownership.value}
    with transaction.atomic():
        stores = _stores(workspace_id, store_id, lock=True)
        rows = _policies(workspace_id, name, store_id)
        _check_seen(rows, seen)
        cause = Cause(workspace_id, Source.MANUAL, by, uuid4(), store_id)
        change = Agreement(name, _owned(name, ownership, store_id), asked, _ids(rows))
        held = pass_or_hold(change, stores, cause, released)
        if held is None:
            return _agree_policy(rows, stores, cause, name, ownership)
    raise HeldAtGatesError(HELD.format(held.words))


def _agree_policy(
    rows: Any, stores: Sequence[Store], cause: Cause, name: str, ownership: Ownership | None
) -> int:
    now = timezone.now()
    _end(rows, cause.actor, now)
    if ownership is not None:
        OwnershipPolicy.objects.create(
            workspace_id=cause.workspace_id,
            store_id=cause.store_id,
            attribute=name,
            ownership=ownership,
            started_at=now,
            by=cause.actor,
            cause_id=cause.cause_id,
        )
    return _compare(stores, cause.cause_id)


def _owned(
    name: str, ownership: Ownership | None, store_id: int | None
) -> Callable[[Terms], Terms]:
    def change(terms: Terms) -> Terms:
        kept = (p for p in terms.policies if not (_current(p, name) and p.own == bool(store_id)))
        new = Policy(name, ownership, timezone.now(), own=bool(store_id)) if ownership else None
        return replace(terms, policies=(*kept, *([new] if new else [])))

    return change


def preview_rule(store: Store, name: str, rule: pricing.PriceRule | None) -> StorePreview:
    """What a price rule (None: the end of the present one) would write."""
    _check(store, name, rule)
    return preview_terms(store, name, _ruled(name, rule))


def set_rule(
    store: Store,
    name: str,
    rule: pricing.PriceRule | None,
    *,
    by: str,
    seen: Sequence[int] | None = None,
    released: int | None = None,
) -> int:
    """Price a store by a rule (None: no longer), and compare anew; of how many listings.

    `seen`: the rule in whose sight it was decided. Raises HeldAtGatesError where the gates object
    to the prices that it makes, NotAllowedNowError where another rule stands by now.
    """
    _check(store, name, rule)
    asked = {"store": store.pk, "attribute": name, "rule": rule and rule.to_json()}
    with transaction.atomic():
        stores = _stores(store.workspace_id, store.pk, lock=True)
        rows = _rules(store.pk, name)
        _check_seen(rows, seen)
        cause = Cause(store.workspace_id, Source.MANUAL, by, uuid4(), store.pk)
        change = Agreement(name, _ruled(name, rule), asked, _ids(rows))
        held = pass_or_hold(change, stores, cause, released)
        if held is None:
            return _agree_rule(rows, stores, cause, rule)
    raise HeldAtGatesError(HELD.format(held.words))


def _agree_rule(
    rows: Any, stores: Sequence[Store], cause: Cause, rule: pricing.PriceRule | None
) -> int:
    now = timezone.now()
    ended = _end(rows, cause.actor, now)
    if rule is None and not ended:
        raise NotAllowedNowError(f"No rule prices {stores[0]} now.")
    if rule is not None:
        PriceRule.objects.create(
            store=stores[0],
            attribute=rule.attribute,
            currency=rule.currency,
            rate=rule.rate,
            factor=rule.factor,
            step=rule.step,
            charm=rule.charm,
            floor=rule.floor,
            started_at=now,
            by=cause.actor,
            cause_id=cause.cause_id,
        )
    return _compare(stores, cause.cause_id)


def _ruled(name: str, rule: pricing.PriceRule | None) -> Callable[[Terms], Terms]:
    def change(terms: Terms) -> Terms:
        kept = (r for r in terms.rules if r.attribute != name or r.until is not None)
        return replace(terms, rules=(*kept, *([rule] if rule else [])))

    return change


def release_terms(batch: HeldBatch) -> int:
    """Agree to what was held, as it was asked for; of how many listings are compared."""
    asked = batch.details["asked"]
    ownership, store_id = asked.get("ownership"), asked["store"]
    if "ownership" in asked:
        return set_policy(
            batch.workspace_id,
            asked["attribute"],
            Ownership(ownership) if ownership else None,
            by=batch.actor,
            store_id=store_id,
            released=batch.pk,
        )
    rule = pricing.PriceRule.from_json(asked["rule"]) if asked["rule"] else None
    store = _stores(batch.workspace_id, store_id)[0]
    return set_rule(store, asked["attribute"], rule, by=batch.actor, released=batch.pk)


def standing_policies(workspace_id: int, name: str, store_id: int | None) -> list[int]:
    """What a person sees who agrees to another policy."""
    return _ids(_policies(workspace_id, name, store_id))


def standing_rules(store: Store, name: str) -> list[int]:
    """What a person sees who agrees to another price rule."""
    return _ids(_rules(store.pk, name))


def _policies(workspace_id: int, name: str, store_id: int | None) -> Any:
    return OwnershipPolicy.objects.filter(
        workspace=workspace_id, store=store_id, attribute=attribute(name).name
    )


def _rules(store_id: int, name: str) -> Any:
    return PriceRule.objects.filter(store=store_id, attribute=name)


def _check_seen(rows: Any, seen: Sequence[int] | None) -> None:
    if seen is not None and _ids(rows) != sorted(seen):
        raise NotAllowedNowError("Somebody has agreed on other terms since: look at them again.")


def _ids(rows: Any) -> list[int]:
    """What stands now, so that a release can tell whether it still does."""
    return sorted(rows.filter(ended_at__isnull=True).values_list("pk", flat=True))


def set_high_value(workspace_id: int, name: str, *, on: bool) -> None:
    """Say whether collisions over an attribute are put before a person."""
    HighValue.objects.update_or_create(
        workspace_id=workspace_id,
        attribute=name if name == STOCK else attribute(name).name,
        defaults={"on": on},
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
