"""Orders: they take stock, and give it back or away (shopify-platform.md 6)."""

from collections.abc import Iterable
from typing import Any

from stores.twin.edits.deed import Author, Deed
from stores.twin.goods import Variant
from stores.twin.levels import Level
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.selling import Line, Order
from stores.twin.world import Shop, Twin

__all__ = ["cancel", "fulfill", "place"]

FIRST_NUMBER = 1001


def place(
    twin: Twin,
    shop: Shop,
    author: Author,
    wanted: Iterable[tuple[Variant, int]],
    *,
    oversell: bool = False,
) -> Order:
    """Sell so many of each variant: available falls, committed rises.

    Raises RefusedError where too little is available and the variant's policy is DENY, unless
    `oversell` lets the stock fall below zero, as sales at several tills at once do.
    """
    with Deed(twin, shop, author) as deed:
        asked = list(wanted)
        _check(asked, oversell=oversell)
        now, number = deed.now, FIRST_NUMBER + len(shop.orders)
        lines = [_line(deed, variant, quantity) for variant, quantity in asked]
        order = Order(twin.next_id("order"), number, lines, now, now)
        shop.orders[order.id] = order
        deed.log("order", order.gid, event="placed", lines=_told(order))
        for line in lines:
            _shift(deed, order, line, available=-line.quantity, committed=line.quantity)
    return order


def fulfill(twin: Twin, shop: Shop, author: Author, order: Order) -> None:
    """Ship all of it: what was committed leaves the house. Raises RefusedError."""
    with Deed(twin, shop, author) as deed:
        _check_open(order)
        order.fulfilled_at = order.updated_at = deed.now
        deed.log("order", order.gid, event="fulfilled")
        for line in order.lines:
            _shift(deed, order, line, committed=-line.quantity)


def cancel(twin: Twin, shop: Shop, author: Author, order: Order, *, restock: bool = True) -> None:
    """Call it off: what was committed is available again, or lost. Raises RefusedError."""
    with Deed(twin, shop, author) as deed:
        _check_open(order)
        order.cancelled_at = order.updated_at = deed.now
        deed.log("order", order.gid, event="cancelled", restock=restock)
        for line in order.lines:
            back = line.quantity if restock else 0
            _shift(deed, order, line, committed=-line.quantity, available=back)


def _check(asked: list[tuple[Variant, int]], *, oversell: bool) -> None:
    left: dict[Variant, int] = {}
    for variant, quantity in asked:
        if quantity < 1:
            raise RefusedError(Refusal(["quantity"], "An order is of at least one."))
        left[variant] = left.get(variant, variant.available) - quantity
        denied = variant.values["tracked"] and variant.values["inventoryPolicy"] == "DENY"
        if denied and left[variant] < 0 and not oversell:
            said = f"Only {variant.available} of {variant.product.values['title']} are available."
            raise RefusedError(Refusal(["quantity"], said))
    if not asked:
        raise RefusedError(Refusal(["lines"], "An order has at least one line."))


def _line(deed: Deed, variant: Variant, quantity: int) -> Line:
    values, title = variant.values, variant.product.values["title"]
    level = _source(variant, quantity) if values["tracked"] else None
    id_ = deed.twin.next_id("line")
    return Line(id_, variant, title, values["sku"], values["price"], quantity, level)


def _source(variant: Variant, quantity: int) -> Level | None:
    """The first place that has enough and serves the web, else the first that serves it."""
    levels = [x for x in variant.stock.values() if x.active and x.location.active]
    serving = [level for level in levels if level.location.fulfills_online] or levels
    enough = (level for level in serving if level.available >= quantity)
    return next(enough, serving[0] if serving else None)


def _shift(deed: Deed, order: Order, line: Line, **deltas: int) -> None:
    if line.level is not None:
        for name, delta in deltas.items():
            deed.move(line.level, name, delta, order=order.gid)


def _check_open(order: Order) -> None:
    state = "cancelled" if order.cancelled_at else "fulfilled" if order.fulfilled_at else None
    if state:
        raise RefusedError(Refusal(["id"], f"The order {order.name} is {state}."))


def _told(order: Order) -> list[dict[str, Any]]:
    return [{"variant": line.variant.gid, "quantity": line.quantity} for line in order.lines]
