"""The control API, JSON under `/_twin/`: set the stage, play the merchant, read the truth.

GET  shops · POST shops {domain, name, plan, currency, products}
POST apps {client_id, secret, redirects} · POST settings {latency, auto_approve}
POST clock {advance: seconds} · POST reset
POST shops/D/install {client_id, scopes} → {token}
POST shops/D/uninstall {client_id}
POST shops/D/settings {any knob: outage, drop, duplicate, delay, hold, latency, cut_after_apply, …}
POST shops/D/release {ids?} · GET shops/D/state
POST shops/D/products {fields, variants} · POST shops/D/products/N {title, …, variants: [{id, …}]}
POST shops/D/products/N/touch · POST shops/D/products/N/delete
GET  log?since=&shop=&kind= · GET counters · GET quiet
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

from stores.twin import edits, oauth, rendering
from stores.twin.edits import Author
from stores.twin.http import BadRequestError, Request, Response, json_response
from stores.twin.webhooks import release
from stores.twin.world import Knobs, Product, Shop, Twin

__all__ = ["answer"]

MERCHANT = Author("merchant")
SCOPES = ["read_products", "write_products", "read_inventory", "write_inventory", "read_locations"]
Json = dict[str, Any]


def answer(twin: Twin, request: Request) -> Response:
    """One request to the control API; `request.path` is what follows `/_twin/`."""
    parts = request.path.strip("/").split("/")
    try:
        if request.method == "GET":
            return json_response(_read(twin, parts, request.query))
        return json_response(_write(twin, parts, request.json()))
    except (BadRequestError, LookupError, TypeError, ValueError) as error:
        return json_response({"error": str(error)}, 400)


def _read(twin: Twin, parts: list[str], query: Mapping[str, str]) -> Json:
    match parts:
        case ["shops"]:
            return {"shops": [_shop(shop) for shop in twin.shops.values()]}
        case ["shops", domain, "state"]:
            return {"products": [_product(each) for each in twin.shops[domain].products.values()]}
        case ["log"]:
            since, shop, kind = int(query.get("since", 0)), query.get("shop"), query.get("kind")
            return {"log": twin.oracle.read(since=since, shop=shop, kind=kind)}
        case ["counters"]:
            return {shop.domain: dict(shop.counters) for shop in twin.shops.values()}
        case ["quiet"]:
            return {"quiet": twin.sender.idle()}
    raise LookupError(f"There is nothing at {'/'.join(parts)}.")


def _write(twin: Twin, parts: list[str], given: Json) -> Json:
    match parts:
        case ["shops"]:
            return _add_shop(twin, **given)
        case ["apps"]:
            redirects = tuple(given.get("redirects", ()))
            twin.register_app(given["client_id"], given["secret"], redirects)
            return {}
        case ["settings"]:
            twin.latency = float(given.get("latency", twin.latency))
            twin.auto_approve = bool(given.get("auto_approve", twin.auto_approve))
            return {}
        case ["clock"]:
            twin.clock.advance(timedelta(seconds=float(given["advance"])))
            return {"now": twin.clock.now().isoformat()}
        case ["reset"]:
            twin.clear()
            return {}
        case ["shops", domain, *verb]:
            return _shop_verb(twin, twin.shops[domain], verb, given)
    raise LookupError(f"There is nothing at {'/'.join(parts)}.")


def _shop_verb(twin: Twin, shop: Shop, verb: list[str], given: Json) -> Json:
    verbs: dict[str, Callable[[Twin, Shop, Json], Json]] = {
        "install": _install,
        "uninstall": _uninstall,
        "settings": _settings,
        "release": lambda twin, shop, given: {"sent": release(twin, shop, given.get("ids"))},
        "products": _create,
    }
    match verb:
        case [name] if name in verbs:
            return verbs[name](twin, shop, given)
        case ["products", number]:
            return _edit(twin, shop, shop.products[int(number)], given)
        case ["products", number, "touch"]:
            edits.touch(twin, shop, shop.products[int(number)])
            return {}
        case ["products", number, "delete"]:
            edits.delete(twin, shop, shop.products[int(number)], MERCHANT)
            return {}
    raise LookupError(f"A shop has no {'/'.join(verb)}.")


def _add_shop(twin: Twin, *, domain: str, products: list[Json] | None = None, **more: Any) -> Json:
    shop = twin.add_shop(domain, **more)
    for each in products or ():
        _create(twin, shop, each)
    return _shop(shop)


def _create(twin: Twin, shop: Shop, given: Json) -> Json:
    """A new product; its attributes stand beside `variants` and `option_names`."""
    given = dict(given)
    variants, options = given.pop("variants", ()), given.pop("option_names", ("Title",))
    made = edits.create(twin, shop, MERCHANT, fields=given, variants=variants, option_names=options)
    if not isinstance(made, Product):
        raise BadRequestError("; ".join(refusal.message for refusal in made))
    return _product(made)


def _edit(twin: Twin, shop: Shop, product: Product, given: Json) -> Json:
    given = dict(given)
    variants = given.pop("variants", ())
    refusals = edits.edit(twin, shop, product, MERCHANT, fields=given, variants=variants)
    if refusals:
        raise BadRequestError("; ".join(refusal.message for refusal in refusals))
    return _product(product)


def _install(twin: Twin, shop: Shop, given: Json) -> Json:
    """The grant that a merchant's consent would give, without the pages; it doesn't expire."""
    app = twin.apps[given["client_id"]]
    with shop.lock:
        found = oauth.install(twin, shop, app, list(given.get("scopes") or SCOPES))
        token = f"shpat_{secrets.token_hex(16)}"
        found.tokens[token] = None
    return {"token": token}


def _uninstall(twin: Twin, shop: Shop, given: Json) -> Json:
    for client_id in [given["client_id"]] if "client_id" in given else list(shop.installs):
        oauth.uninstall(twin, shop, client_id)
    return {}


def _settings(_twin: Twin, shop: Shop, given: Json) -> Json:
    known = {field.name for field in fields(Knobs)}
    if strange := set(given) - known:
        raise BadRequestError(f"There is no knob {', '.join(sorted(strange))}.")
    for name, value in given.items():
        setattr(shop.knobs, name, value)
    return asdict(shop.knobs)


def _shop(shop: Shop) -> Json:
    return {
        "domain": shop.domain,
        "name": shop.name,
        "plan": shop.plan,
        "currency": shop.currency,
        "products": len(shop.products),
        "held": [{"id": each.webhook_id, "topic": each.topic} for each in shop.held],
    }


def _product(product: Product) -> Json:
    return {
        "id": product.gid,
        **product.values,
        "updatedAt": rendering.instant(product.updated_at),
        "variants": [
            {"id": variant.gid, "title": variant.title, **variant.values}
            for variant in product.variants
        ],
    }
