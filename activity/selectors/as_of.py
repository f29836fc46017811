"""A product as it stood, in words: a row an attribute, a cell the hub and each store."""

from dataclasses import dataclass
from datetime import datetime

from activity.selectors.comparison import WORDS, text_of
from catalogue.domain.attributes import attribute
from catalogue.models import Product
from catalogue.selectors.as_of import LeafAsOf, as_of
from stores.models import Store


@dataclass(frozen=True, slots=True)
class ThenRow:
    """One attribute; `cells` are the value and the note of each store, in the page's order."""

    variant: str
    label: str
    canonical: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ThenPage:
    instant: datetime
    stores: tuple[Store, ...]
    rows: tuple[ThenRow, ...]


def as_of_page(product: Product, instant: datetime) -> ThenPage:
    found = as_of(product, instant)
    names = {variant.pk: str(variant) for variant in product.variants.all()}
    rows = tuple(_row(leaf, found.stores, names) for leaf in found.leaves)
    return ThenPage(instant, found.stores, rows)


def _row(leaf: LeafAsOf, stores: tuple[Store, ...], names: dict[int, str]) -> ThenRow:
    variant_id, name = leaf.key
    shown = (leaf.effective[store.pk] for store in stores)
    return ThenRow(
        variant=names[variant_id] if variant_id is not None else "",
        label=attribute(name).label,
        canonical=text_of(leaf.canonical),
        cells=tuple((text_of(one.value), WORDS[one.source]) for one in shown),
    )
