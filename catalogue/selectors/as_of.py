"""A product as it stood at an instant: what the hub held, and what each store should have shown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from catalogue.domain.attributes import attribute, of_owner
from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import Effective, effective
from catalogue.domain.layers import Layer, lay_over
from catalogue.domain.pricing import PriceRule as Rule
from catalogue.domain.registers import Entry
from catalogue.domain.terms import Policy, Terms
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import ChangeFate, ListingState, OverrideKind, Owner, Ownership, Source
from catalogue.models import (
    Change,
    Listing,
    Override,
    OwnershipPolicy,
    PriceRule,
    Product,
    Sale,
)
from catalogue.selectors.changes import Register, register_of
from catalogue.selectors.layers import layer_of
from catalogue.selectors.terms import metafields_of
from stores.models import Store

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Was:
    """A value as it stood, of which kind (None: no store's own), and since when where known."""

    value: Value
    kind: OverrideKind | None = None
    since: datetime = LONG_AGO


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
    then = _Then(
        product,
        dict(_leaves(product)),
        _then(changes, instant),
        {_place(row): row for row in Override.objects.filter(product=product, stands=True)},
        _terms_then(product.workspace_id, stores, instant),
        _layers_then(product, instant),
    )
    leaves = (
        LeafAsOf(key, then.canonical(key), {one.pk: then.shown(key, one.pk) for one in stores})
        for key in then.now
    )
    return AsOf(instant, tuple(stores), tuple(leaves))


@dataclass(frozen=True, slots=True)
class _Then:
    """All that decided about a product at an instant; `now` and `own` where nothing moved since."""

    product: Product
    now: Mapping[LeafKey, Value]
    moved: Mapping[Register, _Was]
    own: Mapping[Register, Override]
    terms: Mapping[int, Terms]
    layers: Mapping[int, tuple[Layer, ...]]

    def canonical(self, key: LeafKey) -> Value:
        was = self.moved.get((self.product.pk, *key, None))
        return was.value if was else self.now[key]

    def shown(self, key: LeafKey, store_id: int) -> Effective:
        """What a store should have shown: sales lay over all else."""
        beneath, layers = self._beneath(key, store_id), self.layers.get(store_id, ())
        if not any(layer.covers(key[1]) for layer in layers):
            return beneath
        return lay_over(layers, key[1], beneath, self._beneath((key[0], "price"), store_id))

    def _beneath(self, key: LeafKey, store_id: int) -> Effective:
        return effective(
            attribute(key[1]),
            _entry(None, self.canonical(key)),
            self._override((self.product.pk, *key, store_id)),
            terms=self.terms[store_id],
            currency=self.product.currency,
        )

    def _override(self, place: Register) -> Entry | None:
        if was := self.moved.get(place):
            return _entry(place[3], was.value, was.kind, was.since) if was.kind else None
        standing = self.own[place].read_timeline().standing() if place in self.own else None
        return standing if standing and standing.stands else None


def _leaves(product: Product) -> Iterator[tuple[LeafKey, Value]]:
    """Every leaf with its canonical value now."""
    metafields = metafields_of(product.workspace_id)
    for declared in of_owner(Owner.PRODUCT, metafields):
        yield (None, declared.name), product.value(declared.name)
    for variant in product.variants.all():
        for declared in of_owner(Owner.VARIANT, metafields):
            yield (variant.pk, declared.name), variant.value(declared.name)


def _then(changes: Iterable[Change], instant: datetime) -> dict[Register, _Was]:
    """What each value that ever changed was: set by the last change before, else by the next."""
    found: dict[Register, _Was] = {}
    for change in changes:
        register = register_of(change)
        if change.created_at <= instant:
            found[register] = _Was(change.new, _kind(change.new_kind), change.version_time)
        else:
            found.setdefault(register, _Was(change.old, _kind(change.old_kind)))
    return found


def _kind(stored: str) -> OverrideKind | None:
    return OverrideKind(stored) if stored else None


def _entry(
    store_id: int | None,
    value: Value,
    kind: OverrideKind | None = None,
    since: datetime = LONG_AGO,
) -> Entry:
    """A value as the domain reads it; of its version only the time matters, and only to sales."""
    version = Version.of(since, Source.IMPORT, "")
    return Entry(version, "set" if kind else "edit", store_id, value, kind)


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


def _layers_then(product: Product, instant: datetime) -> dict[int, tuple[Layer, ...]]:
    """The sales that stood then, by store, as if they stood now."""
    held = Q(started_at__lte=instant) & (Q(ended_at__isnull=True) | Q(ended_at__gt=instant))
    layers: dict[int, tuple[Layer, ...]] = {}
    for sale in Sale.objects.filter(held, items__product=product).order_by("id"):
        layers[sale.store_id] = (*layers.get(sale.store_id, ()), layer_of(sale, sale.started_at))
    return layers


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
