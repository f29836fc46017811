"""Doors for the control panel: what a person sees at a glance, and finds by a word."""

from collections.abc import Iterable, Iterator
from itertools import islice

from stores.twin.control.asking import Ask, Door, Json
from stores.twin.control.shops import told
from stores.twin.control.stage import show_clock
from stores.twin.edits.publishing import is_visible
from stores.twin.goods import Product
from stores.twin.state import product_state
from stores.twin.world import Shop, Twin

__all__ = ["DOORS"]

LOGGED, FOUND = 200, 60


def overview(ask: Ask) -> Json:
    """Clock, shops and the newest entries of the log: ?since=; `last` is the next `since`."""
    twin = ask.twin
    return {
        "clock": show_clock(ask),
        "quiet": twin.is_quiet(),
        "shops": [_told(shop) for shop in twin.shops.values()],
        "last": twin.oracle.last(),
        "log": twin.oracle.read(since=int(ask.query.get("since", 0)), limit=LOGGED, newest=True),
    }


def catalogue(ask: Ask) -> Json:
    """?query=: the products of all shops by their first SKU, each with its id in every shop."""
    found: dict[str, Json] = {}
    wanted = ask.query.get("query", "").casefold()
    for shop, product in _matching(ask.twin, wanted):
        key = _key(product)
        entry = found.setdefault(key, {"key": key, "title": product.values["title"], "ids": {}})
        entry["ids"].setdefault(shop.domain, product.id)
        if len(found) > FOUND:
            break
    return {"products": list(islice(found.values(), FOUND))}


def product(ask: Ask) -> Json:
    """One product as it stands, and whether shoppers see it."""
    now = ask.twin.clock.now()
    seen = is_visible(ask.product, ask.shop.online_store, now)
    return {**product_state(ask.product), "visible": seen}


def _told(shop: Shop) -> Json:
    return {
        **told(shop),
        "orders": len(shop.orders),
        "held": len(shop.held),
        "outage": shop.knobs.outage,
        "counters": dict(shop.counters),
    }


def _matching(twin: Twin, wanted: str) -> Iterator[tuple[Shop, Product]]:
    for shop in twin.shops.values():
        for each in list(shop.products.values()):
            if wanted in each.values["title"].casefold() or any(
                wanted in sku.casefold() for sku in _skus(each)
            ):
                yield shop, each


def _key(product: Product) -> str:
    return next(iter(_skus(product)), f"id {product.id}")


def _skus(product: Product) -> Iterable[str]:
    return [sku for each in product.variants if (sku := each.values["sku"])]


DOORS: dict[str, Door] = {
    "GET overview": overview,
    "GET catalogue": catalogue,
    "GET shops/{shop}/products/{product}": product,
}
