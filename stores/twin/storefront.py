"""A shop as shoppers see it: what is active, published and for sale, and a button to buy it."""

from html import escape

from stores.twin.edits import Author, orders
from stores.twin.edits.publishing import is_visible
from stores.twin.gids import number
from stores.twin.goods import Variant
from stores.twin.http import Request, Response, redirect
from stores.twin.pages import page, refusal
from stores.twin.refusals import RefusedError
from stores.twin.world import Shop, Twin

__all__ = ["buy", "storefront"]

SHOPPER = Author("shopper")
SHOWN = 250


def storefront(twin: Twin, shop: Shop, request: Request) -> Response:
    """The first goods of the web shop, in the shop's currency."""
    now = twin.clock.now()
    visible = (x for x in list(shop.products.values()) if is_visible(x, shop.online_store, now))
    goods = "".join(
        f"<div><strong>{escape(each.values['title'])}</strong><br>"
        f"<small>{escape(each.values['vendor'])}</small>{each.values['descriptionHtml']}"
        f"{''.join(_offer(shop, variant, request) for variant in each.variants)}</div>"
        for each, _ in zip(visible, range(SHOWN), strict=False)
    )
    return page(shop.name, f'<div class="goods">{goods}</div>')


def buy(twin: Twin, shop: Shop, request: Request) -> Response:
    """A shopper's order of one piece."""
    variant = shop.variants.get(number(request.form().get("variant")) or 0)
    if variant is None or not is_visible(variant.product, shop.online_store, twin.clock.now()):
        return refusal("This is not for sale.")
    try:
        orders.place(twin, shop, SHOPPER, [(variant, 1)])
    except RefusedError as refused:
        return refusal(str(refused))
    return redirect(f"{request.prefix}/")


def _offer(shop: Shop, variant: Variant, request: Request) -> str:
    was = variant.values["compareAtPrice"]
    before = f" <s>{was}</s>" if was else ""
    name = "" if variant.product.has_only_default_variant else f"{escape(variant.title)}: "
    price = f"{name}{variant.values['price']} {shop.currency}{before}"
    return f"<div>{price}{_button(variant, request)}</div>"


def _button(variant: Variant, request: Request) -> str:
    kept = variant.values["tracked"] and variant.values["inventoryPolicy"] == "DENY"
    if kept and variant.available < 1:
        return " <small>Sold out</small>"
    left = f" <small>{variant.available} left</small>" if variant.values["tracked"] else ""
    return (
        f'{left}<form method="post" action="{request.prefix}/buy">'
        f'<input type="hidden" name="variant" value="{variant.id}"><button>Buy</button></form>'
    )
