"""The records of one edit, locked: opened, checked, and put back."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from catalogue.domain.attributes import attribute
from catalogue.domain.effective import effective
from catalogue.domain.registers import Entry
from catalogue.domain.terms import Terms
from catalogue.domain.values import Value
from catalogue.enums import ChangeFate, ChangeScope, OverrideKind, Ownership
from catalogue.errors import Clash, NotAllowedNowError, NotFoundHereError, StaleEditError
from catalogue.models import Change, Override, Product, Variant
from catalogue.models.canonical import Record
from catalogue.selectors.terms import terms_of, use_of
from stores.models import Store

_PUT_PRODUCTS = """
UPDATE catalogue_product AS p SET registers = u.registers, title = u.title, status = u.status,
  vendor = u.vendor, edit_version = u.edit_version, updated_at = u.updated_at
FROM unnest(%b::bigint[], %b::jsonb[], %b::text[], %b::text[], %b::text[], %b::bigint[],
            %b::timestamptz[])
     AS u(id, registers, title, status, vendor, edit_version, updated_at)
WHERE p.id = u.id
"""
_PUT_VARIANTS = """
UPDATE catalogue_variant AS v SET registers = u.registers, sku = u.sku, barcode = u.barcode,
  options = u.options
FROM unnest(%b::bigint[], %b::jsonb[], %b::text[], %b::text[], %b::jsonb[])
     AS u(id, registers, sku, barcode, options)
WHERE v.id = u.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue:
    """Set one attribute; with `store_id`, only there.

    Three different things: a value; None, which shows nothing; and `clear`, which gives a store's
    own value up. `kind` is that of a store's own value; `seen` the `edit_version` of the product in
    which the editor saw this value.
    """

    product_id: int
    attribute: str
    value: object = None
    variant_id: int | None = None
    store_id: int | None = None
    clear: bool = False
    kind: OverrideKind = OverrideKind.PINNED
    seen: int | None = None


@dataclass(slots=True)
class Desk:
    """The locked records of one edit."""

    products: Mapping[int, Product]
    variants: Mapping[int, Variant]
    stores: Mapping[int, Store]
    overrides: dict[tuple[int | None, int, int | None, str], Override]
    terms: Mapping[int, Terms]
    now: datetime
    cause_id: UUID

    def record(self, wish: SetValue) -> Record:
        return self.variants[wish.variant_id] if wish.variant_id else self.products[wish.product_id]

    def override(self, wish: SetValue) -> Override | None:
        return self.overrides.get((wish.store_id, wish.product_id, wish.variant_id, wish.attribute))

    def standing(self, wish: SetValue) -> Entry | None:
        """What the editor saw: the canonical winner, or the last word about the store's own."""
        if wish.store_id is None:
            return self.record(wish).register(wish.attribute).winner
        override = self.override(wish)
        return override.read_timeline().newest if override else None

    def shown(self, wish: SetValue) -> Value:
        """The value that a wish would replace, as its readers see it now."""
        winner = self.record(wish).register(wish.attribute).winner
        if wish.store_id is None:
            return winner.value if winner else None
        override = self.override(wish)
        return effective(
            attribute(wish.attribute),
            winner,
            override.read_timeline().standing() if override else None,
            terms=self.terms[wish.store_id],
            currency=self.products[wish.product_id].currency,
        ).value


def open_desk(workspace_id: int, wishes: Sequence[SetValue], cause_id: UUID) -> Desk:
    """Lock the products in ascending order; what the workspace doesn't hold is not found."""
    product_ids = {wish.product_id for wish in wishes}
    mine = Product.objects.filter(workspace_id=workspace_id, removed_at=None)
    locked = mine.filter(pk__in=product_ids)
    products = {p.pk: p for p in locked.select_for_update().order_by("pk")}
    variant_ids = {wish.variant_id for wish in wishes if wish.variant_id is not None}
    living = Variant.objects.filter(product__in=products, removed_at=None)
    variants = {v.pk: v for v in living.filter(pk__in=variant_ids)}
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
    terms = terms_of(stores) if stores else {}
    _check_ownership(wishes, stores, terms)
    rows = Override.objects.filter(product__in=products, store__in=stores) if stores else ()
    overrides: dict[tuple[int | None, int, int | None, str], Override] = {
        (o.store_id, o.product_id, o.variant_id, o.attribute): o for o in rows
    }
    return Desk(products, variants, stores, overrides, terms, timezone.now(), cause_id)


def _check_ownership(
    wishes: Sequence[SetValue], stores: Mapping[int, Store], terms: Mapping[int, Terms]
) -> None:
    for wish in wishes:
        said = _refusal(wish, stores, terms)
        if said is not None:
            raise NotAllowedNowError(said)


def refusals(workspace_id: int, wishes: Sequence[SetValue]) -> dict[int, str]:
    """Which of some wishes can't be set in their stores from here, by their place, and why."""
    ids = {wish.store_id for wish in wishes if wish.store_id is not None}
    stores = {s.pk: s for s in Store.objects.filter(workspace=workspace_id, pk__in=ids)}
    terms = terms_of(stores) if stores else {}
    said = {place: _refusal(wish, stores, terms) for place, wish in enumerate(wishes)}
    return {place: words for place, words in said.items() if words is not None}


def _refusal(wish: SetValue, stores: Mapping[int, Store], terms: Mapping[int, Terms]) -> str | None:
    """What is never written to a store can't be set there from here."""
    if wish.store_id is None or wish.clear:
        return None
    store, label = stores[wish.store_id], attribute(wish.attribute).label
    use = use_of(wish.attribute)
    if use is not None and not use.granted(store.scopes):
        return (
            f"{label} can't be set in {store}: its grant lacks {use}. "
            "Connect it again on the store's page to grant them."
        )
    ownership = terms[wish.store_id].ownership(wish.attribute)
    if ownership in (Ownership.TWO_WAY, Ownership.HUB):
        return None
    words = ownership.value.replace("_", " ")
    return f"{label} can't be set in {store} from here: its policy there is “{words}”."


def check_versions(
    desk: Desk, wishes: Sequence[SetValue], values: Sequence[Value], expected: Mapping[int, int]
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
        gave_up = wish.store_id is not None and not change.new_kind
        if change.new == value and gave_up == wish.clear:
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


def put_back(desk: Desk, changes: Collection[Change]) -> None:
    """Store what the changes have moved, in one statement for each kind of record."""
    products = [desk.products[pk] for pk in {change.product_id for change in changes}]
    for product in products:
        product.edit_version += 1
        product.updated_at = desk.now
    store_products(products)
    variant_ids = {change.variant_id for change in changes if change.variant_id is not None}
    store_variants([desk.variants[pk] for pk in variant_ids])
    places = {(c.store_id, c.product_id, c.variant_id, c.attribute) for c in changes}
    for place in places & desk.overrides.keys():
        desk.overrides[place].save()


def store_products(products: Sequence[Product]) -> None:
    rows = [
        (p.pk, json.dumps(p.registers), p.title, p.status, p.vendor, p.edit_version, p.updated_at)
        for p in products
    ]
    put_rows(_PUT_PRODUCTS, rows)


def store_variants(variants: Sequence[Variant]) -> None:
    rows = [
        (v.pk, json.dumps(v.registers), v.sku, v.barcode, json.dumps(v.options)) for v in variants
    ]
    put_rows(_PUT_VARIANTS, rows)


def put_rows(sql: str, rows: Sequence[tuple[object, ...]]) -> None:
    """One statement for many rows, which takes a list of each column."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [list(column) for column in zip(*rows, strict=True)])
