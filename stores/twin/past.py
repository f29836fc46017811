"""What a shop was a moment ago: what its replicas and its search index still say.

Kept only while a shop's reads or searches lag; each deed then leaves a copy of what it changed.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from stores.twin.goods import Product, Variant
from stores.twin.library import File

__all__ = ["Goods", "Past"]


class Goods(Protocol):
    """The goods of a shop, now or a moment ago."""

    @property
    def products(self) -> Mapping[int, Product]: ...
    @property
    def variants(self) -> Mapping[int, Variant]: ...
    @property
    def items(self) -> Mapping[int, Variant]: ...


@dataclass(frozen=True, slots=True)
class _Then:
    products: Mapping[int, Product]
    variants: Mapping[int, Variant]
    items: Mapping[int, Variant]


@dataclass(slots=True)
class Past:
    """Versions of each product by the second of the twin's clock since when they hold."""

    versions: dict[int, list[tuple[float, Product | None]]] = field(default_factory=dict)

    @classmethod
    def of(cls, products: Iterable[Product]) -> "Past":
        """As it is now, which is how it always was."""
        return cls({each.id: [(float("-inf"), _copied(each))] for each in products})

    def keep(self, product: Product, since: float, *, gone: bool, horizon: float) -> None:
        """A product is another since a moment; versions that ended before the horizon go."""
        kept = self.versions.setdefault(product.id, [])
        kept.append((since, None if gone else _copied(product)))
        while len(kept) > 1 and kept[1][0] <= horizon:
            del kept[0]

    def at(self, moment: float) -> Goods:
        """The goods as they were then."""
        found = ((id_, _latest(kept, moment)) for id_, kept in self.versions.items())
        products = {id_: product for id_, product in found if product is not None}
        variants = {each.id: each for product in products.values() for each in product.variants}
        items = {each.item_id: each for each in variants.values()}
        return _Then(dict(sorted(products.items())), dict(sorted(variants.items())), items)


def _latest(kept: list[tuple[float, Product | None]], moment: float) -> Product | None:
    return next((product for since, product in reversed(kept) if since <= moment), None)


def _copied(product: Product) -> Product:
    """A copy that shares what does not belong to it: locations and files."""
    shared = [level.location for variant in product.variants for level in variant.stock.values()]
    memo = {id(each): each for each in (*shared, *product.media)}
    memo |= {id(x.media): x.media for x in product.variants if isinstance(x.media, File)}
    return copy.deepcopy(product, memo)
