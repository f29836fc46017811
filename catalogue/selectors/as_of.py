"""A product as it stood at an instant: what the hub held, and what each store should have shown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from catalogue.domain.attributes import attribute, of_owner
from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import Effective, effective
from catalogue.domain.pricing import PriceRule as Rule
from catalogue.domain.registers import Entry
from catalogue.domain.terms import Policy, Terms
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import ChangeFate, ListingState, OverrideKind, Owner, Ownership, Source
from catalogue.models import Change, Listing, Override, OwnershipPolicy, PriceRule, Product
from catalogue.selectors.changes import Register, register_of
from catalogue.selectors.terms import metafields_of
from stores.models import Store

LONG_AGO = Version.of(datetime.min.replace(tzinfo=UTC), Source.IMPORT, "")


@dataclass(frozen=True, slots=True)
class LeafAsOf:
    """One attribute then, in the hub and by store id."""

    key: LeafKey
    canonical: Value
    effective: Mapping[int, Effective]


@dataclass(frozen=True, slots=True)
class AsOf:
    """`stores` are those in which the product is linked now."""

    instant: datetime
    stores: tuple[Store, ...]
    leaves: tuple[LeafAsOf, ...]


def as_of(product: Product, instant: datetime) -> AsOf:
    """Read the ledger back to an instant, in a fixed number of queries.

    A value that no change has moved since then stands now as it stood then.
    """
    listings = Listing.objects.filter(product=product, state=ListingState.LINKED)
    stores = [row.store for row in listings.select_related("store").order_by("store_id")]
    changes = Change.objects.filter(product=product, fate=ChangeFate.WON).order_by("id")
    then = _then(changes, instant)
    terms = _terms_then(product.workspace_id, stores, instant)
    own = {_place(row): row for row in Override.objects.filter(product=product, stands=True)}

    def leaf(key: LeafKey, now: Value) -> LeafAsOf:
        place = (product.pk, *key, None)
        canonical = then[place][0] if place in then else now
        winner = _entry(None, canonical)
        shown = {}
        for store in stores:
            override = _override(then, own, (product.pk, *key, store.pk))
            shown[store.pk] = effective(
                attribute(key[1]),
                winner,
                override,
                terms=terms[store.pk],
                currency=product.currency,
            )
        return LeafAsOf(key, canonical, shown)

    leaves = tuple(leaf(key, now) for key, now in _leaves(product))
    return AsOf(instant, tuple(stores), leaves)


def _leaves(product: Product) -> Iterator[tuple[LeafKey, Value]]:
    """Every leaf with its canonical value now."""
    metafields = metafields_of(product.workspace_id)
    for declared in of_owner(Owner.PRODUCT, metafields):
        yield (None, declared.name), product.value(declared.name)
    for variant in product.variants.all():
        for declared in of_owner(Owner.VARIANT, metafields):
            yield (variant.pk, declared.name), variant.value(declared.name)


def _then(changes: Iterable[Change], instant: datetime) -> dict[Register, tuple[Value, str]]:
    """What each value that ever changed was: set by the last change before, or found by the next.

    With the kind of a store's own value; empty where it had none.
    """
    found: dict[Register, tuple[Value, str]] = {}
    for change in changes:
        register = register_of(change)
        if change.created_at <= instant:
            found[register] = (change.new, change.new_kind)
        else:
            found.setdefault(register, (change.old, change.old_kind))
    return found


def _override(
    then: Mapping[Register, tuple[Value, str]], own: Mapping[Register, Override], place: Register
) -> Entry | None:
    if place in then:
        value, kind = then[place]
    elif place in own:
        value, kind = own[place].value, own[place].kind
    else:
        return None
    return _entry(place[3], value, OverrideKind(kind)) if kind else None


def _entry(store_id: int | None, value: Value, kind: OverrideKind | None = None) -> Entry:
    """A value as the domain reads it; of what has been, the version doesn't matter."""
    return Entry(LONG_AGO, "set" if kind else "edit", store_id, value, kind)


def _place(override: Override) -> Register:
    return (override.product_id, override.variant_id, override.attribute, override.store_id)


def _terms_then(workspace_id: int, stores: Sequence[Store], instant: datetime) -> dict[int, Terms]:
    """The terms that held then, as if they held now."""
    held = Q(started_at__lte=instant) & (Q(ended_at__isnull=True) | Q(ended_at__gt=instant))
    policies = list(OwnershipPolicy.objects.filter(held, workspace=workspace_id))
    rules = list(PriceRule.objects.filter(held, store__in=stores))
    return {
        store.pk: Terms(
            store.currency,
            tuple(
                Policy(p.attribute, Ownership(p.ownership), p.started_at, own=bool(p.store_id))
                for p in policies
                if p.store_id in (None, store.pk)
            ),
            tuple(_rule(row) for row in rules if row.store_id == store.pk),
        )
        for store in stores
    }


def _rule(row: PriceRule) -> Rule:
    return Rule(
        attribute=row.attribute,
        currency=row.currency,
        since=row.started_at,
        rate=row.rate,
        factor=row.factor,
        step=row.step,
        charm=row.charm,
        floor=row.floor,
    )
