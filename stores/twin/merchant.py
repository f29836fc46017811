"""What a merchant does in the shop's admin: the form's fields become one edit."""

from collections.abc import Mapping
from typing import Any

from stores.twin import edits, oauth, pages
from stores.twin.edits import Author
from stores.twin.http import Request, Response, redirect
from stores.twin.world import Product, Shop, Twin

__all__ = ["MERCHANT", "save", "uninstall"]

MERCHANT = Author("merchant")
_BOXES = ("taxable", "tracked")


def save(twin: Twin, shop: Shop, product: Product, request: Request) -> Response:
    """Save the product form: one edit of everything in it, or the form again with what is wrong."""
    posted = request.form()
    refusals = edits.edit(
        twin, shop, product, MERCHANT, fields=_fields(posted), variants=_variants(product, posted)
    )
    if refusals:
        errors = [refusal.message for refusal in refusals]
        return pages.product_form(shop, product, request.prefix, errors=errors)
    return redirect(f"{request.prefix}/admin/products/{product.id}?saved=1")


def uninstall(twin: Twin, shop: Shop, client_id: str, request: Request) -> Response:
    if client_id in shop.installs:
        oauth.uninstall(twin, shop, client_id)
    return redirect(f"{request.prefix}/admin")


def _fields(posted: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in posted.items() if not name[0].isdigit()}


def _variants(product: Product, posted: Mapping[str, str]) -> list[dict[str, Any]]:
    found = []
    for variant in product.variants:
        start = f"{variant.id}."
        given: dict[str, Any] = {
            name.removeprefix(start): value
            for name, value in posted.items()
            if name.startswith(start)
        }
        if not given:
            continue
        weight = {"value": given.pop("weight.value", 0) or 0, "unit": given.pop("weight.unit")}
        boxes = {name: name in given for name in _BOXES}
        found.append({**given, **boxes, "weight": weight, "id": variant.gid})
    return found
