"""The twin's front door: which shop is meant, and which of its doors."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from stores.twin import admin, api, control, embedded, graph, oauth
from stores.twin.assets import asset
from stores.twin.bulk import files
from stores.twin.contents import original
from stores.twin.http import BadRequestError, Request, Response, json_response
from stores.twin.pages import page
from stores.twin.storefront import buy, storefront
from stores.twin.world import Shop, Twin

__all__ = ["application"]

Door = Callable[[Twin, Shop, Request], Response]
CDN, OWN = "/shopifycloud/", "/_twin/assets/"
PIECE = 256 * 1024
ADMIN = "admin.shopify.com"
_PHRASES = {each.value: each.phrase for each in HTTPStatus} | {430: "Shopify Security Rejection"}


def application(twin: Twin) -> Callable[..., Iterable[bytes]]:
    """The twin as a WSGI program."""
    twin.read = partial(graph.read, twin)

    def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = _request(environ)
        try:
            response = _route(twin, request, environ.get("HTTP_HOST", ""))
        except BadRequestError as error:
            response = json_response({"errors": str(error)}, 400)
        status = f"{response.status} {_PHRASES[response.status]}"
        headers = list(response.headers.items())
        if response.file is not None:
            headers.append(("Content-Length", str(response.file.stat().st_size)))
        start_response(status, headers)
        return [response.body] if response.file is None else _pieces(response.file)

    return wsgi


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


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


def _own(twin: Twin, request: Request) -> Response | None:
    """The doors that belong to no shop: control, panel, and what the CDN would serve."""
    path = request.path
    for folder in (CDN, OWN):
        if path.startswith(folder):
            return asset(path.removeprefix(folder)) or _nothing()
    if path.rstrip("/") == "/_twin/panel":
        return asset("panel.html")
    if not path.startswith("/_twin/"):
        return None
    request.path = path.removeprefix("/_twin")
    return control.answer(twin, request)


def _route(twin: Twin, request: Request, host: str) -> Response:
    """A shop is named by its Host header or by `/shops/<domain>`."""
    if (own := _own(twin, request)) is not None:
        return own
    domain = host.partition(":")[0]
    if domain == ADMIN and request.path.startswith("/store/"):
        handle, _, rest = request.path.removeprefix("/store/").partition("/")
        domain, request.path = f"{handle}.myshopify.com", f"/admin/{rest}".rstrip("/")
        request.prefix = f"/shops/{domain}"
    elif request.path.startswith("/shops/"):
        domain, _, rest = request.path.removeprefix("/shops/").partition("/")
        request.path, request.prefix = f"/{rest}", f"/shops/{domain}"
    elif domain not in twin.shops:
        return admin.index(twin) if request.path == "/" else _nothing()
    shop = twin.shops.get(domain)
    if shop is None:
        return _nothing()
    door = _program_door(request) or _file_door(request) or _page_door(request)
    return door(twin, shop, request) if door else _nothing()


def _program_door(request: Request) -> Door | None:
    """The doors for programs: the API, tokens, an app's own end."""
    match [request.method, *request.path.strip("/").split("/")]:
        case ["POST", "admin", "api", version, "graphql.json"]:
            return lambda twin, shop, asked: api.graphql(twin, shop, asked, version)
        case ["POST", "admin", "oauth", "access_token"]:
            return api.access_token
        case ["DELETE", "admin", "api_permissions", "current.json"]:
            return api.leave
        case [_, "admin", "app_bridge", client_id, what]:
            return lambda twin, shop, asked: embedded.door(twin, shop, asked, client_id, what)
    return None


def _file_door(request: Request) -> Door | None:
    """The doors of Shopify's storage, and of the web as pictures come from it: no limits."""
    match [request.method, *request.path.strip("/").split("/")]:
        case ["POST" | "PUT", files.UPLOADS, *_]:
            return files.upload
        case ["GET", files.RESULTS, _]:
            return files.result
        case ["GET", "originals"]:
            return original
    return None


def _page_door(request: Request) -> Door | None:  # noqa: PLR0911  one answer a door
    """The doors for people: the admin's pages and the storefront."""
    match [request.method, *request.path.strip("/").split("/")]:
        case [_, "admin", "oauth", "authorize"]:
            return oauth.authorize
        case ["POST", "admin", "do", verb]:
            return lambda twin, shop, asked: admin.shop_verb(twin, shop, asked, verb)
        case [_, "admin", "products", number] if number.isdecimal():
            return lambda twin, shop, asked: _product_page(twin, shop, asked, int(number))
        case [_, "admin", "apps", client_id, *rest]:
            return lambda twin, shop, asked: embedded.app_page(
                twin, shop, asked, client_id, "/".join(rest)
            )
        case ["GET", "admin"]:
            return lambda _, shop, asked: admin.products(shop, asked)
        case ["GET", ""]:
            return storefront
        case ["POST", "buy"]:
            return buy
    return None


def _product_page(twin: Twin, shop: Shop, request: Request, number: int) -> Response:
    product = shop.products.get(number)
    return admin.product_page(twin, shop, product, request) if product else _nothing()


def _nothing() -> Response:
    return page("Not found", "<p>There is nothing at this address.</p>", 404)
