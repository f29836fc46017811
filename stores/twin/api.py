"""The doors for programs: GraphQL and tokens, with the network's latency and the shop's faults.

Source: shopify-platform.md 4.1 (transport, versions) and 4.3 (statuses); bodies without a source
are ours.
"""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from stores.shopify.schema import VERSION
from stores.twin import faults, tokens
from stores.twin.errors import ConnectionCutError
from stores.twin.faults import Fault
from stores.twin.grants import install_of, uninstall
from stores.twin.graph import operations_of, run
from stores.twin.http import Request, Response, json_response
from stores.twin.limits import is_over
from stores.twin.nodes import Call
from stores.twin.world import Shop, Twin

__all__ = ["access_token", "graphql", "leave"]

Struck = Mapping[str, Fault]
_COST_DEBUG = "shopify-graphql-cost-debug"
_TOKEN = "x-shopify-access-token"  # noqa: S105  a name
_VERSIONS = re.compile(r"\d{4}-(01|04|07|10)")
_UNKNOWN = "[API] Invalid API key or access token (unrecognized login or wrong password)"
_SAID = {
    401: _UNKNOWN,
    402: "Unavailable Shop",
    403: "Forbidden",
    404: "Not Found",
    423: "Locked",
    429: "Too many requests. Reduce request rates to resume uninterrupted service.",
    430: "Shopify Security Rejection",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def graphql(twin: Twin, shop: Shop, request: Request, version: str) -> Response:
    """One document. A version that is no more is served by the oldest that is: the twin's only."""
    request_id, asked = str(uuid.uuid4()), _document(request)
    names = operations_of(str(asked.get("query", "")), asked.get("operationName"))

    def serve(struck: Struck) -> Response:
        if not _VERSIONS.fullmatch(version) or version > VERSION:
            return _refusal(404)
        install = install_of(twin, shop, request.headers.get(_TOKEN, ""))
        if install is None:
            return _refusal(401)
        cause = request.headers.get(twin.settings.cause_header.lower())
        tells_cost = request.headers.get(_COST_DEBUG, "") == "1"
        base = f"http://{request.headers.get('host', '')}{request.prefix}"
        call = Call(twin, shop, install, request_id, cause, struck, tells_cost, base)
        return _carried_out(call, asked)

    answer = _guarded(twin, shop, "graphql", names, serve)
    answer.headers["X-Request-ID"] = request_id
    answer.headers["X-Shopify-API-Version"] = shop.knobs.serves or VERSION
    return answer


def access_token(twin: Twin, shop: Shop, request: Request) -> Response:
    """The token door behind the same network."""
    grant = str(request.fields().get("grant_type", "authorization_code"))
    names = frozenset({grant})
    return _guarded(twin, shop, "token", names, lambda _: tokens.access_token(twin, shop, request))


def leave(twin: Twin, shop: Shop, request: Request) -> Response:
    """`DELETE /admin/api_permissions/current.json`: an app uninstalls itself."""
    found = install_of(twin, shop, request.headers.get(_TOKEN, ""))
    if found is None:
        return _refusal(401)
    uninstall(twin, shop, found.app.client_id)
    return json_response({})


def _carried_out(call: Call, asked: Mapping[str, Any]) -> Response:
    text, variables = str(asked.get("query", "")), asked.get("variables") or {}
    outcome = run(call, text, variables, asked.get("operationName"))
    if outcome.mutated:
        _after_a_mutation(call.shop)
    return json_response(outcome.body)


def _guarded(
    twin: Twin,
    shop: Shop,
    place: str,
    names: frozenset[str],
    serve: Callable[[Struck], Response],
) -> Response:
    """What happens to a call before and after it is served."""
    shop.count(calls=1)
    with shop.lock:
        chance = twin.chance(shop.domain, "http")
        struck = faults.struck(shop.knobs.faults, place, names, chance)
    for kind in struck:
        shop.count(**{f"fault_{kind}": 1})
    latency = twin.settings.latency if shop.knobs.latency is None else shop.knobs.latency
    _wait(latency + (struck["slow"].seconds if "slow" in struck else 0.0))
    if shop.knobs.outage:
        return _refusal(503)
    if is_over(twin, shop, names):
        return _refusal(429)
    if "cut" in struck:
        raise ConnectionCutError
    for kind, fault in struck.items():
        if kind.isdecimal():
            return _refusal(int(kind), fault.retry_after)
    return _spoilt(serve(struck), struck)


def _spoilt(answer: Response, struck: Struck) -> Response:
    """Faults that come after the effect: an answer that is late, torn or never comes."""
    if "slow_answer" in struck:
        _wait(struck["slow_answer"].seconds)
    if "cut_after" in struck:
        raise ConnectionCutError
    if "truncated" in struck:
        answer.body = answer.body[: len(answer.body) // 2]
    return answer


def _after_a_mutation(shop: Shop) -> None:
    """The same by knobs, for mutations only: a read is never cut by them."""
    _wait(shop.knobs.slow_answer)
    with shop.lock:
        cut = shop.knobs.cut_after_apply > 0
        shop.knobs.cut_after_apply -= cut
    if cut:
        raise ConnectionCutError


def _document(request: Request) -> dict[str, Any]:
    """The JSON of a request, or a bare document of the type `application/graphql`."""
    if request.headers.get("content-type", "").startswith("application/graphql"):
        return {"query": request.body.decode("utf-8", "replace")}
    return request.json()


def _refusal(status: int, retry_after: float | None = None) -> Response:
    answer = json_response({"errors": _SAID[status]}, status)
    if status >= 500:  # noqa: PLR2004  those come from in front of Shopify, not as JSON
        answer = Response(status, _SAID[status].encode(), {"Content-Type": "text/html"})
    if retry_after is not None:
        answer.headers["Retry-After"] = f"{retry_after:g}"
    return answer


def _wait(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)
