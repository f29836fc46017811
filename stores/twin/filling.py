"""Goods by the hundred thousand, for benchmarks: plain, all different, one to three variants."""

import gc
from collections.abc import Iterator
from typing import Any

from stores.twin.edits import Author, create
from stores.twin.world import Shop, Twin

__all__ = ["fill"]

MERCHANT = Author("merchant")
KINDS = ("Lamps", "Cups", "Tents", "Boots", "Ropes")
MAKERS = ("Northpass", "Fieldcraft", "Summit Works")
SIZES = ("S", "M", "L")


def fill(twin: Twin, shop: Shop, count: int) -> None:
    """Create so many products in a shop, numbered on from those that it has."""
    collects = gc.isenabled()
    gc.disable()  # nothing here is garbage, and looking for it would take longer than the rest
    try:
        for goods in _goods(len(shop.products), count):
            create(twin, shop, MERCHANT, **goods)
    finally:
        gc.freeze()
        if collects:
            gc.enable()


def _goods(start: int, count: int) -> Iterator[dict[str, Any]]:
    for number in range(start + 1, start + count + 1):
        kind, maker = KINDS[number % len(KINDS)], MAKERS[number % len(MAKERS)]
        fields = {
            "title": f"{maker} {kind[:-1]} {number}",
            "descriptionHtml": f"<p>Number {number} of our {kind.lower()}, made to last.</p>",
            "vendor": maker,
            "productType": kind,
            "tags": [kind.lower(), f"batch-{number % 100}"],
        }
        sizes = SIZES[: number % len(SIZES) + 1]
        variants = [_variant(number, place, size) for place, size in enumerate(sizes)]
        yield {"fields": fields, "variants": variants, "option_names": ["Size"]}


def _variant(number: int, place: int, size: str) -> dict[str, Any]:
    return {
        "sku": f"SKU-{number:06d}-{size}",
        "barcode": f"40{number:09d}{place}",
        "price": f"{number % 90 + 10}.00",
        "stock": number % 50,
        "options": [size],
    }
