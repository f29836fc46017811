"""Which products of a store are meant: by vendor, type, tag, SKUs, or one by one."""

from dataclasses import dataclass

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from catalogue.enums import ListingState
from catalogue.models import Product
from stores.models import Store

_TAGS = "catalogue_product.registers #> '{tags,-1,value}'"
_HAS_TAG = f"""
EXISTS (SELECT 1 FROM jsonb_array_elements_text(
    CASE jsonb_typeof({_TAGS}) WHEN 'array' THEN {_TAGS} ELSE '[]' END) AS tag
 WHERE lower(tag) = lower(%s))
"""  # noqa: S608  a fixed path: the newest candidate, which is the last one


@dataclass(frozen=True, slots=True)
class Assortment:
    """What products must meet, all of it; nothing asked: every product. Case doesn't count.

    `products` are ids; None: not chosen one by one.
    """

    vendor: str = ""
    product_type: str = ""
    tag: str = ""
    skus: frozenset[str] = frozenset()
    products: frozenset[int] | None = None


def products_of(store: Store, wanted: Assortment) -> set[int]:
    """The ids of the products, linked in the store, that are meant."""
    rows: QuerySet[Product] = Product.objects.filter(
        listings__store=store, listings__state=ListingState.LINKED, removed_at=None
    )
    if wanted.vendor:
        rows = rows.filter(vendor__iexact=wanted.vendor)
    if wanted.product_type:
        rows = rows.filter(**{"registers__product_type__-1__value__iexact": wanted.product_type})
    if wanted.tag:
        rows = rows.filter(RawSQL(_HAS_TAG, [wanted.tag], output_field=BooleanField()))  # noqa: S611
    if wanted.skus:
        rows = rows.filter(variants__sku__in=wanted.skus, variants__removed_at=None)
    if wanted.products is not None:
        rows = rows.filter(pk__in=wanted.products)
    return set(rows.values_list("pk", flat=True))
