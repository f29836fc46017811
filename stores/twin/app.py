"""The twin's front door: which shop is meant, which of its doors, and the faults at the API's."""

import time
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from stores.twin import admin, control, oauth
from stores.twin.errors import ConnectionCutError
from stores.twin.graph import run
from stores.twin.http import BadRequestError, Request, Response, json_response
from stores.twin.nodes import Call
from stores.twin.pages import page
from stores.twin.storefront import buy, storefront
from stores.twin.world import Shop, Twin

__all__ = ["application"]

VERSION = "2026-10"
_NO_TOKEN = {
    "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
}


def application(twin: Twin) -> Callable[..., Iterable[bytes]]:
    """The twin as a WSGI program."""

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = _request(environ)
        try:
            response = _route(twin, request, environ.get("HTTP_HOST", ""))
        except BadRequestError as error:
            response = json_response({"errors": str(error)}, 400)
        status = HTTPStatus(response.status)
        start_response(f"{status.value} {status.phrase}", list(response.headers.items()))
        return [response.body]

    return wsgi


def _request(environ: dict[str, Any]) -> Request:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        headers=headers,
        body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
    )


def _route(twin: Twin, request: Request, host: str) -> Response:
    """A shop is named by its Host header or by `/shops/<domain>`."""
    if request.path.startswith("/_twin/"):
        request.path = request.path.removeprefix("/_twin")
        return control.answer(twin, request)
    domain = host.partition(":")[0]
    if request.path.startswith("/shops/"):
        domain, _, rest = request.path.removeprefix("/shops/").partition("/")
        request.path, request.prefix = f"/{rest}", f"/shops/{domain}"
    elif domain not in twin.shops:
        return admin.index(twin) if request.path == "/" else _nothing()
    shop = twin.shops.get(domain)
    return _nothing() if shop is None else _shop_route(twin, shop, request)


def _shop_route(  # noqa: PLR0911  one answer a door
    twin: Twin, shop: Shop, request: Request
) -> Response:
    match [request.method, *request.path.strip("/").split("/")]:
        case ["POST", "admin", "api", version, "graphql.json"]:
            return _api(twin, shop, lambda: _graphql(twin, shop, request, version))
        case [_, "admin", "oauth", "authorize"]:
            return oauth.authorize(twin, shop, request)
        case ["POST", "admin", "oauth", "access_token"]:
            return _api(twin, shop, lambda: oauth.access_token(twin, shop, request))
        case ["POST", "admin", "do", verb]:
            return admin.shop_verb(twin, shop, request, verb)
        case [_, "admin", "products", number] if number.isdecimal():
            product = shop.products.get(int(number))
            if product is None:
                return _nothing()
            return admin.product_page(twin, shop, product, request)
        case ["GET", "admin"]:
            return admin.products(shop, request)
        case ["GET", ""]:
            return storefront(twin, shop, request)
        case ["POST", "buy"]:
            return buy(twin, shop, request)
    return _nothing()


def _api(twin: Twin, shop: Shop, serve: Callable[[], Response]) -> Response:
    """What a program asks goes through the network's latency and the shop's outage."""
    shop.count(calls=1)
    latency = twin.settings.latency if shop.knobs.latency is None else shop.knobs.latency
    if latency:
        time.sleep(latency)
    if shop.knobs.outage:
        return Response(503, b"Service Unavailable", {"Content-Type": "text/plain"})
    return serve()


def _graphql(twin: Twin, shop: Shop, request: Request, version: str) -> Response:
    request_id = str(uuid.uuid4())
    headers = {"X-Request-ID": request_id, "X-Shopify-API-Version": version}
    if version != VERSION:
        return json_response({"errors": "Not Found"}, 404, **_named(headers))
    install = oauth.install_of(twin, shop, request.headers.get("x-shopify-access-token", ""))
    if install is None:
        return json_response(_NO_TOKEN, 401, **_named(headers))
    asked = request.json()
    cause = request.headers.get(twin.settings.cause_header.lower())
    call = Call(twin, shop, install, request_id, cause)
    outcome = run(
        call, str(asked.get("query", "")), asked.get("variables") or {}, asked.get("operationName")
    )
    if outcome.mutated:
        _fail_after(shop)
    return json_response(outcome.body, 200, **_named(headers))


def _fail_after(shop: Shop) -> None:
    """Faults that come after the effect: an answer that is slow, or never comes."""
    if shop.knobs.slow_answer:
        time.sleep(shop.knobs.slow_answer)
    if shop.knobs.cut_after_apply > 0:
        shop.knobs.cut_after_apply -= 1
        raise ConnectionCutError


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}


def _nothing() -> Response:
    return page("Not found", "<p>There is nothing at this address.</p>", 404)
