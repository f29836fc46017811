"""Doors for shops: opened, told, and made to misbehave."""

from stores.twin import shopkeeping
from stores.twin.control.asking import Ask, Door, Json
from stores.twin.control.goods import create_in
from stores.twin.knobs import described, turn
from stores.twin.mischief import let_loose
from stores.twin.webhooks import release
from stores.twin.world import Shop

__all__ = ["DOORS", "told"]


def add(ask: Ask) -> Json:
    """Open a shop: {domain, name?, plan?, currency?, products?: [product, …]}.

    One that is open already stays as it is and gets the products.
    """
    given = dict(ask.given)
    products = given.pop("products", None) or ()
    shop = ask.twin.add_shop(given.pop("domain"), **given)
    for each in products:
        create_in(ask.twin, shop, each)
    return told(shop)


def every(ask: Ask) -> Json:
    """The shops: plan, currency, how many products, deliveries held back, installed apps."""
    return {"shops": [told(shop) for shop in ask.twin.shops.values()]}


def change(ask: Ask) -> Json:
    """{name?, plan?}: the merchant changes the shop itself; apps hear shop/update."""
    shopkeeping.change(ask.twin, ask.shop, **ask.given)
    return told(ask.shop)


def settings(ask: Ask) -> Json:
    """Turn knobs of one shop: {knob: value, …}; all of them or, where one is refused, none."""
    turn(ask.shop.knobs, ask.given)
    shopkeeping.refill(ask.twin, ask.shop)
    if "rogues" in ask.given:
        let_loose(ask.twin, ask.shop)
    return show_settings(ask)


def show_settings(ask: Ask) -> Json:
    """Every knob of one shop: value, bounds, meaning."""
    return {"knobs": described(ask.shop.knobs)}


def let_go(ask: Ask) -> Json:
    """{ids?}: send held deliveries, all or these, in this order; an id may come twice."""
    return {"sent": release(ask.twin, ask.shop, ask.given.get("ids"))}


def told(shop: Shop) -> Json:
    return {
        "domain": shop.domain,
        "name": shop.name,
        "plan": shop.plan,
        "currency": shop.currency,
        "products": len(shop.products),
        "held": [{"id": each.webhook_id, "topic": each.topic} for each in shop.held],
        "apps": list(shop.installs),
    }


DOORS: dict[str, Door] = {
    "GET shops": every,
    "POST shops": add,
    "POST shops/{shop}": change,
    "GET shops/{shop}/settings": show_settings,
    "POST shops/{shop}/settings": settings,
    "POST shops/{shop}/release": let_go,
}
