"""The one door through which people, programs and schedules change the canonical record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from catalogue.domain.attributes import BadValueError, attribute, clean, fingerprint
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.domain.version import Version, causal_floor
from catalogue.enums import ChangeFate, ChangeScope, OverrideKind, Owner, Ownership, Source
from catalogue.errors import Clash, NotAllowedNowError, NotFoundHereError, StaleEditError
from catalogue.models import Change, Override, Product, Variant
from catalogue.models.canonical import Record
from catalogue.selectors.terms import terms_of
from catalogue.services.breaker import close_tugs
from catalogue.services.conflicts import supersede
from catalogue.services.merge import Act, merge
from catalogue.services.spread import spread
from stores.models import Store
from syncqueue.enums import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Set one attribute; with `store_id`, only there.

    Three different things: a value; None, which shows nothing; and `clear`, which gives a store's
    own value up. `seen` is the product's `edit_version` in which the editor saw this value.
    """

    product_id: int
    attribute: str
    value: object = None
    variant_id: int | None = None
    store_id: int | None = None
    clear: bool = False
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The ledger's rows of an edit, and the jobs that carry them out."""

    cause_id: UUID
    changes: tuple[Change, ...]
    job_ids: tuple[int, ...]


@dataclass(slots=True)
class _Desk:
    """The locked records of one edit."""

    products: Mapping[int, Product]
    variants: Mapping[int, Variant]
    stores: Mapping[int, Store]
    overrides: dict[tuple[int | None, int, int | None, str], Override]
    now: datetime
    cause_id: UUID


def edit(
    *,
    workspace_id: int,
    wishes: Sequence[SetValue],
    source: Source,
    actor: str,
    expected: Mapping[int, int] | None = None,
    priority: Priority = Priority.INTERACTIVE,
    cause_id: UUID | None = None,
) -> Edited:
    """Check, merge, record and queue in one transaction; what already stands changes nothing.

    `expected` gives the `edit_version` that the editor saw, per product: any change of the product
    since is refused, while a wish's own `seen` looks at its value alone. `cause_id` joins several
    edits of one cause. Raises BadValueError, NotFoundHereError, NotAllowedNowError or
    StaleEditError before anything is stored.
    """
    values = [_cleaned(wish) for wish in wishes]
    with transaction.atomic():
        desk = _open_desk(workspace_id, wishes, cause_id or uuid4())
        _check_versions(desk, wishes, values, expected or {})
        changes: list[Change] = []
        for wish, value in zip(wishes, values, strict=True):
            changes += _apply(desk, wish, value, source, actor)
        _save(desk, {change.product_id for change in changes})
        Change.objects.bulk_create(changes)
        supersede(changes)
        close_tugs(changes, by=actor)
        jobs = spread(workspace_id, changes, cause_id=desk.cause_id, priority=priority)
    return Edited(desk.cause_id, tuple(changes), tuple(jobs))


def _cleaned(wish: SetValue) -> Value:
    declared = attribute(wish.attribute)
    if (declared.owner is Owner.VARIANT) != (wish.variant_id is not None):
        raise BadValueError(f"{declared.label} belongs to a {declared.owner}.")
    if wish.clear and wish.store_id is None:
        raise BadValueError("Only a store's own value can be cleared.")
    return None if wish.clear else clean(wish.attribute, wish.value)


def _open_desk(workspace_id: int, wishes: Sequence[SetValue], cause_id: UUID) -> _Desk:
    """Lock the products in ascending order; what the workspace doesn't hold is not found."""
    product_ids = {wish.product_id for wish in wishes}
    locked = Product.objects.filter(workspace_id=workspace_id, pk__in=product_ids)
    products = {p.pk: p for p in locked.select_for_update().order_by("pk")}
    variants = {v.pk: v for v in Variant.objects.filter(product__in=products)}
    store_ids = {wish.store_id for wish in wishes if wish.store_id is not None}
    stores = {s.pk: s for s in Store.objects.filter(workspace_id=workspace_id, pk__in=store_ids)}
    for wish in wishes:
        variant = variants.get(wish.variant_id or 0)
        if wish.product_id not in products or (
            wish.variant_id is not None and (not variant or variant.product_id != wish.product_id)
        ):
            raise NotFoundHereError("This product or variant does not exist in this workspace.")
        if wish.store_id is not None and wish.store_id not in stores:
            raise NotFoundHereError("This store does not exist in this workspace.")
    _check_ownership(wishes, stores)
    rows = Override.objects.filter(product__in=products, store__in=stores)
    overrides: dict[tuple[int | None, int, int | None, str], Override] = {
        (o.store_id, o.product_id, o.variant_id, o.attribute): o for o in rows
    }
    return _Desk(products, variants, stores, overrides, timezone.now(), cause_id)


def _check_ownership(wishes: Sequence[SetValue], stores: Mapping[int, Store]) -> None:
    """What is never written to a store can't be set there from here."""
    terms = terms_of(stores) if stores else {}
    for wish in wishes:
        if wish.store_id is None or wish.clear:
            continue
        ownership = terms[wish.store_id].ownership(wish.attribute)
        if ownership not in (Ownership.TWO_WAY, Ownership.HUB):
            label, words = attribute(wish.attribute).label, ownership.value.replace("_", " ")
            raise NotAllowedNowError(
                f"{label} can't be set in {stores[wish.store_id]} from here: its policy there is "
                f"“{words}”."
            )


def _check_versions(
    desk: _Desk, wishes: Sequence[SetValue], values: Sequence[Value], expected: Mapping[int, int]
) -> None:
    """Refuse what was decided in sight of values that are no longer those."""
    seen = [
        (wish, value, expected.get(wish.product_id) if wish.seen is None else wish.seen)
        for wish, value in zip(wishes, values, strict=True)
    ]
    clashes = [
        clash
        for wish, value, version in seen
        if version is not None and desk.products[wish.product_id].edit_version != version
        for clash in _clashes(wish, value, version)
    ]
    if clashes:
        first = clashes[0]
        raise StaleEditError(
            f"{attribute(first.attribute).label} was changed by {first.by} in the meantime; look "
            "at both values and save again.",
            clashes,
        )
    for product_id, version in expected.items():
        product = desk.products.get(product_id)
        if product is not None and product.edit_version != version:
            raise StaleEditError(
                f"“{product}” was changed by somebody else in the meantime; "
                "look at the new values and save again."
            )


def _clashes(wish: SetValue, value: Value, version: int) -> Iterator[Clash]:
    """The newest change of the same value since a version of its product."""
    rows = Change.objects.filter(
        product=wish.product_id,
        variant=wish.variant_id,
        attribute=wish.attribute,
        scope=ChangeScope.CANONICAL if wish.store_id is None else ChangeScope.OVERRIDE,
        fate=ChangeFate.WON,
        edit_version__gt=version,
    ).select_related("store")
    rows = rows.filter(store=wish.store_id) if wish.store_id is not None else rows
    for change in rows.order_by("-id")[:1]:
        if change.new == value:
            continue
        yield Clash(
            wish.product_id,
            wish.variant_id,
            wish.attribute,
            wish.store_id,
            value,
            change.new,
            change.actor or str(change.store or change.get_source_display()),
            change.created_at,
        )


def _apply(
    desk: _Desk, wish: SetValue, value: Value, source: Source, actor: str
) -> tuple[Change, ...]:
    product = desk.products[wish.product_id]
    record: Record = desk.variants[wish.variant_id] if wish.variant_id else product
    place = (wish.store_id, wish.product_id, wish.variant_id, wish.attribute)
    override = desk.overrides.get(place)
    if _stands_already(record, override, wish, value):
        return ()
    merged = merge(
        product,
        record,
        override,
        Act(
            key=(wish.variant_id, wish.attribute),
            entry=_entry(desk, _based_on(record, override, wish), wish, value, source),
            source=source,
            actor=actor,
            cause_id=desk.cause_id,
        ),
        now=desk.now,
    )
    if merged.override is not None:
        desk.overrides[place] = merged.override
    return merged.changes


def _stands_already(
    record: Record, override: Override | None, wish: SetValue, value: Value
) -> bool:
    declared = attribute(wish.attribute)
    if wish.store_id is None:
        winner = record.register(wish.attribute).winner
        return winner is not None and fingerprint(declared, winner.value) == fingerprint(
            declared, value
        )
    if wish.clear or override is None or not override.stands:
        return wish.clear and (override is None or not override.stands)
    pinned = override.kind == OverrideKind.PINNED
    return pinned and fingerprint(declared, override.value) == fingerprint(declared, value)


def _based_on(record: Record, override: Override | None, wish: SetValue) -> Version | None:
    """The version of what the editor saw."""
    if wish.store_id is None:
        seen = record.register(wish.attribute).winner
    else:
        seen = override.read_timeline().newest if override else None
    return seen.version if seen else None


def _entry(
    desk: _Desk, based_on: Version | None, wish: SetValue, value: Value, source: Source
) -> Entry:
    time = causal_floor(desk.now, based_on)
    version = Version.of(time, source, f"{desk.cause_id}:{wish.product_id}:{wish.variant_id}")
    if wish.store_id is None:
        return Entry(version, "edit", None, value)
    if wish.clear:
        return Entry(version, "clear", wish.store_id)
    return Entry(version, "set", wish.store_id, value, OverrideKind.PINNED)


def _save(desk: _Desk, touched: set[int]) -> None:
    for product_id in sorted(touched):
        product = desk.products[product_id]
        product.edit_version += 1
        product.updated_at = desk.now
        product.save()
    for variant in desk.variants.values():
        if variant.product_id in touched:
            variant.save()
    for override in desk.overrides.values():
        if override.product_id in touched:
            override.save()
