"""Doors for stock: shoppers' orders, the merchant's counts, locations, where goods are sold."""

from typing import Any, TypeVar

from stores.twin.control.asking import MERCHANT, Ask, Door, Json
from stores.twin.edits import Author, Deed, orders, places, publishing
from stores.twin.gids import number
from stores.twin.goods import Variant
from stores.twin.http import BadRequestError
from stores.twin.levels import ON_HAND, STATES, shown
from stores.twin.selling import Order, Publication
from stores.twin.state import order_state, place_state
from stores.twin.world import Location

__all__ = ["DOORS"]

SHOPPER = Author("shopper")
COUNTED = {*STATES, ON_HAND} - {"committed"}
T = TypeVar("T")


def place_order(ask: Ask) -> Json:
    """A shopper buys: {lines: [{variant, quantity?}, …], oversell?}: the log says by "shopper"."""
    lines = [(_variant(ask, x["variant"]), int(x.get("quantity", 1))) for x in ask.given["lines"]]
    oversell = bool(ask.given.get("oversell"))
    return order_state(orders.place(ask.twin, ask.shop, SHOPPER, lines, oversell=oversell))


def fulfill_order(ask: Ask) -> Json:
    """Ship an order: what was committed leaves the house."""
    order = _order(ask)
    orders.fulfill(ask.twin, ask.shop, MERCHANT, order)
    return order_state(order)


def cancel_order(ask: Ask) -> Json:
    """Call an order off: {restock?: true}."""
    order, restock = _order(ask), bool(ask.given.get("restock", True))
    orders.cancel(ask.twin, ask.shop, MERCHANT, order, restock=restock)
    return order_state(order)


def count_stock(ask: Ask) -> Json:
    """The merchant counts: {variant, location?, available?, on_hand?, damaged?, …} become so."""
    given = dict(ask.given)
    variant = _variant(ask, given.pop("variant"))
    place = _place(ask, given.pop("location", None))
    if strange := sorted(set(given) - COUNTED):
        raise BadRequestError(f"There is no quantity {', '.join(strange)}.")
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        level = deed.stocked(variant, place)
        for name, quantity in sorted(given.items(), key=lambda pair: pair[0] == ON_HAND):
            delta = int(quantity) - level.quantity(name)
            deed.move(level, "available" if name == ON_HAND else name, delta)
    return {"stock": shown(variant)}


def add_place(ask: Ask) -> Json:
    """Open a location: {name, address?, fulfills_online?}."""
    return place_state(places.add(ask.twin, ask.shop, MERCHANT, **ask.given))


def edit_place(ask: Ask) -> Json:
    """Change a location: {name?, address?, fulfills_online?}."""
    place = _place(ask, ask.names["place"])
    places.edit(ask.twin, ask.shop, MERCHANT, place, ask.given)
    return place_state(place)


def activate_place(ask: Ask) -> Json:
    """Switch a location on."""
    place = _place(ask, ask.names["place"])
    places.activate(ask.twin, ask.shop, MERCHANT, place)
    return place_state(place)


def deactivate_place(ask: Ask) -> Json:
    """Switch a location off: {destination?}, where its stock goes."""
    place, target = _place(ask, ask.names["place"]), ask.given.get("destination")
    destination = None if target is None else _place(ask, target)
    places.deactivate(ask.twin, ask.shop, MERCHANT, place, destination)
    return place_state(place)


def delete_place(ask: Ask) -> Json:
    """Close a location that is switched off and empty."""
    places.delete(ask.twin, ask.shop, MERCHANT, _place(ask, ask.names["place"]))
    return {}


def add_publication(ask: Ask) -> Json:
    """Open a channel: {name, client_id?: the app whose own it is, auto_publish?}."""
    given = ask.given
    name = str(given["name"])
    publication = Publication(
        ask.twin.next_id("publication"),
        name,
        name.casefold().replace(" ", "_"),
        given.get("client_id"),
        bool(given.get("auto_publish")),
    )
    ask.shop.publications.append(publication)
    return {"id": publication.gid, "name": name}


def publish(ask: Ask) -> Json:
    """Sell a product over channels: {on?: [publication, …], off?: […]}, else over the web shop."""
    given = ask.given or {"on": [ask.shop.online_store.gid]}
    with Deed(ask.twin, ask.shop, MERCHANT) as deed:
        for gid in given.get("on", ()):
            publishing.publish(deed, ask.product, _publication(ask, gid))
        for gid in given.get("off", ()):
            publishing.unpublish(deed, ask.product, _publication(ask, gid))
    return {"published": sorted(ask.product.publishing)}


def _variant(ask: Ask, gid: Any) -> Variant:
    return _known(ask.shop.variants.get(number(gid) or 0), "variant", gid)


def _order(ask: Ask) -> Order:
    gid = ask.names["order"]
    return _known(ask.shop.orders.get(number(gid) or 0), "order", gid)


def _place(ask: Ask, gid: Any) -> Location:
    """A location; the shop's first where none is named."""
    every = ask.shop.locations
    wanted = every[0].id if gid is None else number(gid)
    return _known(next((each for each in every if each.id == wanted), None), "location", gid)


def _publication(ask: Ask, gid: Any) -> Publication:
    every = ask.shop.publications
    return _known(next((x for x in every if x.id == number(gid)), None), "publication", gid)


def _known(found: T | None, what: str, gid: Any) -> T:
    if found is None:
        raise LookupError(f"There is no {what} {gid} in this shop.")
    return found


DOORS: dict[str, Door] = {
    "POST shops/{shop}/orders": place_order,
    "POST shops/{shop}/orders/{order}/fulfill": fulfill_order,
    "POST shops/{shop}/orders/{order}/cancel": cancel_order,
    "POST shops/{shop}/stock": count_stock,
    "POST shops/{shop}/locations": add_place,
    "POST shops/{shop}/locations/{place}": edit_place,
    "POST shops/{shop}/locations/{place}/activate": activate_place,
    "POST shops/{shop}/locations/{place}/deactivate": deactivate_place,
    "POST shops/{shop}/locations/{place}/delete": delete_place,
    "POST shops/{shop}/publications": add_publication,
    "POST shops/{shop}/products/{product}/publish": publish,
}
