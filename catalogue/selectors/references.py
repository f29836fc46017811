"""References between products and variants: a store's ids, and the records that they mean."""

from collections.abc import Iterable, Mapping

from django.db import connection

from catalogue.domain.metafields import LINKED, TARGETS, base_of
from catalogue.models import Listing, Product, VariantListing
from catalogue.selectors.terms import metafields_of
from stores.models import Store

_PRODUCT, _VARIANT = "product:", "variant:"
# A target ends its text, or stands in a list whose quotes are escaped.
_SHOWING = """
SELECT DISTINCT l.id FROM catalogue_listing AS l
LEFT JOIN catalogue_variantlisting AS v ON v.listing_id = l.id AND v.leaves ?| %(names)s
WHERE l.store_id = %(store)s AND l.state = 'linked' AND (l.leaves ?| %(names)s OR v.id IS NOT NULL)
  AND (l.leaves::text ~ %(ends)s OR v.leaves::text ~ %(ends)s)
ORDER BY l.id
"""
_MEANING = """
SELECT DISTINCT l.id FROM catalogue_listing AS l
JOIN catalogue_product AS p ON p.id = l.product_id
LEFT JOIN catalogue_variant AS v ON v.product_id = p.id AND v.registers ?| %(names)s
WHERE l.store_id = %(store)s AND l.state = 'linked'
  AND (p.registers ?| %(names)s OR v.id IS NOT NULL)
  AND (p.registers::text ~ %(ends)s OR v.registers::text ~ %(ends)s)
ORDER BY l.id
"""


def gids_of(store_id: int, targets: Iterable[str]) -> Mapping[str, str]:
    """By target, as `product:7`, its id in a store; left out where the store doesn't have it.

    A store's own id stands for itself.
    """
    wanted = [*targets]
    products, variants = _numbers(wanted, _PRODUCT), _numbers(wanted, _VARIANT)
    found = {target: target for target in wanted if not TARGETS.fullmatch(target)}
    if products:
        rows = Listing.objects.filter(store=store_id, product__in=products)
        found |= {f"{_PRODUCT}{pk}": gid for pk, gid in rows.values_list("product", "gid")}
    if variants:
        hosts = VariantListing.objects.filter(listing__store=store_id, variant__in=variants)
        found |= {f"{_VARIANT}{pk}": gid for pk, gid in hosts.values_list("variant", "gid")}
    return found


def targets_of(store_id: int, gids: Iterable[str]) -> Mapping[str, str]:
    """By a store's id, the record that it means; left out where it is linked to none."""
    wanted = [*gids]
    rows = Listing.objects.filter(store=store_id, gid__in=wanted, product__isnull=False)
    hosts = VariantListing.objects.filter(listing__store=store_id, gid__in=wanted)
    return {
        **{gid: f"{_PRODUCT}{pk}" for gid, pk in rows.values_list("gid", "product")},
        **{
            gid: f"{_VARIANT}{pk}"
            for gid, pk in hosts.exclude(variant=None).values_list("gid", "variant")
        },
    }


def linking(listing: Listing) -> list[int]:
    """The listings of the same store that show a link to this one or to its variants."""
    ends = [listing.gid, *listing.variants.values_list("gid", flat=True)]
    return _found(_SHOWING, listing.store, ends)


def meaning(store: Store, product: Product) -> list[int]:
    """The listings of a store that should show a link to a product or to its variants."""
    variants = product.variants.values_list("pk", flat=True)
    return _found(
        _MEANING, store, [f"{_PRODUCT}{product.pk}", *(f"{_VARIANT}{pk}" for pk in variants)]
    )


def _found(sql: str, store: Store, ends: Iterable[str]) -> list[int]:
    kinds = metafields_of(store.workspace_id)
    names = [name for name, kind in kinds.items() if base_of(kind) in LINKED]
    if not names:
        return []
    pattern = "(" + "|".join(ends) + r')\\*"'
    with connection.cursor() as cursor:
        cursor.execute(sql, {"names": names, "store": store.pk, "ends": pattern})
        return [row[0] for row in cursor.fetchall()]


def _numbers(targets: Iterable[str], prefix: str) -> list[int]:
    known = (target for target in targets if TARGETS.fullmatch(target))
    return [int(target.removeprefix(prefix)) for target in known if target.startswith(prefix)]
