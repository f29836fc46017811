"""Some of a store's products, and all that matching them depends on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Prefetch

from catalogue.domain.matching import (
    CanonicalItem,
    CanonicalVariant,
    Options,
    RemoteItem,
    RemoteVariant,
)
from catalogue.enums import ListingState
from catalogue.models import Listing, Product, Variant, VariantListing
from stores.models import Store

OPEN = (ListingState.UNMATCHED, ListingState.AMBIGUOUS)
# Of a key that stands on thousands of variants a few are enough: it is no key then.
_OWNERS = """
SELECT DISTINCT found.product_id FROM unnest(%s::text[]) AS k(key) CROSS JOIN LATERAL (
  SELECT v.product_id FROM catalogue_variant AS v JOIN catalogue_product AS p ON p.id = v.product_id
  WHERE v.{name} = k.key AND v.{name} <> '' AND v.removed_at IS NULL
    AND p.workspace_id = %s AND p.removed_at IS NULL LIMIT 5) AS found
"""
_RIVALS = """
SELECT DISTINCT found.listing_id FROM unnest(%s::text[]) AS k(key) CROSS JOIN LATERAL (
  SELECT h.listing_id FROM catalogue_variantlisting AS h
  JOIN catalogue_listing AS l ON l.id = h.listing_id
  WHERE h.{name} = k.key AND h.variant_id IS NULL
    AND l.store_id = %s AND l.product_id IS NULL AND l.state = ANY(%s) LIMIT 5) AS found
"""


@dataclass(frozen=True, slots=True)
class Field:
    """The listings asked for, and what they are compared with: rivals of their store, and ours."""

    mine: Mapping[int, RemoteItem]
    rivals: Mapping[int, RemoteItem]
    ours: tuple[CanonicalItem, ...]


def field_of(store: Store, listing_ids: Collection[int]) -> Field:
    """All that decides about some listings, as if everything was compared with everything.

    Whoever has a key of theirs, or a key of a product that has one: it may claim that product.
    """
    mine = remote_items(listing_ids)
    near = our_items(store, _owners(store, mine.values()))
    ids = _rivals(store, [*mine.values(), *near]) - mine.keys()
    rivals = remote_items(ids)
    owners = _owners(store, [*mine.values(), *rivals.values()])
    return Field(mine, rivals, tuple(our_items(store, owners | {item.id for item in near})))


def remote_items(listing_ids: Collection[int]) -> dict[int, RemoteItem]:
    """What listings show, by their ids."""
    hosts: dict[int, list[RemoteVariant]] = {pk: [] for pk in listing_ids}
    columns = "listing_id", "gid", "sku", "options", "barcode"
    rows = VariantListing.objects.filter(listing__in=listing_ids).order_by("pk")
    for pk, gid, sku, options, barcode in rows.values_list(*columns):
        hosts[pk].append(RemoteVariant(gid, sku, options_of(options), barcode))
    listings = Listing.objects.filter(pk__in=listing_ids).order_by("pk")
    return {
        pk: RemoteItem(gid, title, tuple(hosts[pk]))
        for pk, gid, title in listings.values_list("pk", "gid", "title")
    }


def our_items(store: Store, product_ids: Collection[int]) -> list[CanonicalItem]:
    """Canonical products with their variants; which are linked in this store."""
    linked = Listing.objects.filter(store=store, product__in=product_ids)
    taken = set(linked.values_list("product_id", flat=True))
    columns = "product_id", "sku", "barcode", "options", "position"
    living = Variant.objects.filter(removed_at=None).only(*columns)
    rows = Product.objects.filter(pk__in=product_ids).only("title").order_by("pk")
    return [
        CanonicalItem(row.pk, row.title, tuple(map(_ours, row.variants.all())), row.pk in taken)
        for row in rows.prefetch_related(Prefetch("variants", living))
    ]


def _ours(variant: Variant) -> CanonicalVariant:
    options = options_of(variant.options)
    return CanonicalVariant(variant.pk, variant.sku, options, variant.barcode)


def options_of(options: Iterable[Mapping[str, str]]) -> Options:
    return tuple(option["value"] for option in options)


def _owners(store: Store, items: Iterable[RemoteItem]) -> set[int]:
    return _found(_OWNERS, items, [store.workspace_id])


def _rivals(store: Store, items: Iterable[RemoteItem | CanonicalItem]) -> set[int]:
    return _found(_RIVALS, items, [store.pk, [state.value for state in OPEN]])


def _found(sql: str, items: Iterable[RemoteItem | CanonicalItem], more: list[Any]) -> set[int]:
    """By the keys of all variants, of each kind for itself."""
    variants = [variant for item in items for variant in item.variants]
    skus = {variant.sku for variant in variants} - {""}
    barcodes = {variant.barcode for variant in variants} - {""}
    found: set[int] = set()
    with connection.cursor() as cursor:
        for name, keys in (("sku", skus), ("barcode", barcodes)):
            cursor.execute(sql.format(name=name), [sorted(keys), *more])
            found |= {row[0] for row in cursor.fetchall()}
    return found
