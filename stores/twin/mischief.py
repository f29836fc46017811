"""What rogue apps do: on the twin's clock, for as long as their rule stands."""

from typing import Any

from stores.twin import attributes, edits
from stores.twin.edits import Author
from stores.twin.gids import number
from stores.twin.goods import Product
from stores.twin.refusals import RefusedError
from stores.twin.rogues import Rogue
from stores.twin.world import Shop, Twin

__all__ = ["let_loose"]

ROGUE = Author("rogue")


def let_loose(twin: Twin, shop: Shop) -> None:
    """Start what the shop's knob `rogues` says; those of earlier rules have ended."""
    for rogue in shop.knobs.rogues:
        _later(twin, shop, rogue)


def _later(twin: Twin, shop: Shop, rogue: Rogue) -> None:
    def move() -> None:
        stands = any(rogue is each for each in shop.knobs.rogues)
        if stands and twin.shops.get(shop.domain) is shop:
            _rewrite(twin, shop, rogue)
            _later(twin, shop, rogue)

    twin.agenda.after(rogue.every, move)


def _rewrite(twin: Twin, shop: Shop, rogue: Rogue) -> None:
    """A value that Shopify refuses is logged, and tried again at the next move."""
    value = rogue.next_value()
    for product in _victims(shop, rogue):
        try:
            edits.edit(twin, shop, product, ROGUE, **_change(product, rogue.attribute, value))
        except RefusedError as refused:
            said = "; ".join(each.message for each in refused.refusals)
            twin.oracle.write("refused", shop.domain, resource=product.gid, by="rogue", said=said)


def _victims(shop: Shop, rogue: Rogue) -> list[Product]:
    if rogue.product is None:
        return list(shop.products.values())
    found = shop.products.get(number(rogue.product) or 0)
    return [] if found is None else [found]


def _change(product: Product, attribute: str, value: str) -> dict[str, Any]:
    if attribute in attributes.PRODUCT:
        return {"fields": {attribute: value}}
    return {"variants": [{"id": each.gid, attribute: value} for each in product.variants]}
