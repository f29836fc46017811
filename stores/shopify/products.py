"""Products through the port: read one, walk them all, write one under a grant."""

from collections.abc import Mapping, Sequence
from typing import Any

from stores.shopify.channels import add_channels
from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.errors import NotAllowed, Refused
from stores.shopify.grants import demand
from stores.shopify.media import add_media
from stores.shopify.metafields import add_metafields
from stores.shopify.snapshots import parse_item_payload, parse_product, parse_product_payload
from stores.shopify.types import (
    NO_EXTRAS,
    Extras,
    Part,
    ProductsPage,
    Reply,
    Session,
    UserError,
    WriteGrant,
    WriteResult,
)

__all__ = [
    "complete",
    "demand_leave",
    "parse_item_payload",
    "parse_product",
    "parse_product_payload",
    "parse_write",
    "products_count",
    "products_page",
    "read_product",
    "write_product",
]

VARIANTS_READ = 100
# Ten products of fifteen variants stay below the 1,000 points that one request may ask for.
PAGE_PRODUCTS, PAGE_VARIANTS = 10, 13
MOST_PAGED = 20_000
MOST_INPUTS = 250
_PARTS: Mapping[str, Part] = {
    "productUpdate": "product",
    "productVariantsBulkUpdate": "variants",
    **dict.fromkeys(
        (
            "productOptionUpdate",
            "productOptionsCreate",
            "productOptionsDelete",
            "productOptionsReorder",
            "productVariantsBulkCreate",
            "productVariantsBulkDelete",
            "productVariantsBulkReorder",
            "productSet",
        ),
        "structure",
    ),
}


def read_product(
    session: Session, gid: str, *, variants: int = VARIANTS_READ, extras: Extras = NO_EXTRAS
) -> Reply:
    """Read a whole product, every variant of it; `body["product"]` is None where it is gone."""
    reply = execute(session, document("product_read"), {"id": gid, "variants": variants})
    node = reply.body["product"]
    if node is not None:
        complete(session, node)
        _add_extras(session, [node], extras)
    return reply


def products_page(
    session: Session, cursor: str | None = None, *, extras: Extras = NO_EXTRAS
) -> ProductsPage:
    """One page of the store's products in the order of their ids, each with all variants.

    No connection can be paged through beyond 25,000 objects
    (https://shopify.dev/docs/api/usage/limits): in time the walk begins another one, of those
    whose ids are greater. `cursor` says behind which id that is, how far in it, and where.
    """
    beyond, shown, after = (cursor or "//").split("/", 2)
    variables = {"first": PAGE_PRODUCTS, "variants": PAGE_VARIANTS, "after": after or None}
    query = f"id:>{beyond}" if beyond else None
    reply = execute(session, document("products_page"), {**variables, "query": query})
    connection = reply.body["products"]
    for node in connection["nodes"]:
        complete(session, node)
    _add_extras(session, connection["nodes"], extras)
    return ProductsPage(
        products=tuple(parse_product(node) for node in connection["nodes"]),
        cursor=_cursor(connection, beyond, int(shown or 0)),
        reply=reply,
    )


def _cursor(connection: Mapping[str, Any], beyond: str, shown: int) -> str | None:
    after, nodes = _next(connection), connection["nodes"]
    shown += len(nodes)
    if after and nodes and shown + PAGE_PRODUCTS > MOST_PAGED:
        return f"{nodes[-1]['id'].rpartition('/')[2]}/0/"
    return after and f"{beyond}/{shown}/{after}"


def _add_extras(session: Session, nodes: list[dict[str, Any]], extras: Extras) -> None:
    add_metafields(session, nodes, extras)
    if extras.channels:
        add_channels(session, nodes)
    if extras.media:
        add_media(session, nodes)


def products_count(session: Session) -> int:
    """How many products the store has."""
    reply = execute(session, document("products_count"), {})
    count: int = reply.body["productsCount"]["count"]
    return count


def write_product(
    session: Session,
    grant: WriteGrant | None,
    gid: str,
    product_input: Mapping[str, Any] | None,
    variants_input: Sequence[Mapping[str, Any]],
    *,
    currency: str | None = None,
    variants: int = VARIANTS_READ,
) -> Reply:
    """Write a product's attributes, its variants' or both, and show the state after it.

    `currency` is what the prices of the input mean; `variants` is how many the state shows.
    """
    demand_leave(session, grant, currency)
    if not product_input and not variants_input:
        raise Refused("empty_write", "There is nothing to write.")
    if len(variants_input) > MOST_INPUTS:
        raise Refused("too_many_variants", f"One write takes at most {MOST_INPUTS} variants.")
    variables: dict[str, Any] = {"variants": variants}
    if product_input:
        variables["product"] = {**product_input, "id": gid}
    if variants_input:
        variables |= {"productId": gid, "inputs": list(variants_input)}
    return execute(session, document(_document_of(product_input, variants_input)), variables)


def parse_write(body: Mapping[str, Any]) -> WriteResult:
    """What a write's answer says: refusals of either part, and the last state shown."""
    node, errors = None, []
    for name, part in _PARTS.items():
        payload = body.get(name) or {}
        node = payload.get("product") or node
        errors += [_user_error(part, error) for error in payload.get("userErrors", ())]
    return WriteResult(node and parse_product(node), tuple(errors))


def _document_of(product_input: object, variants_input: object) -> str:
    if not variants_input:
        return "product_update"
    return "product_and_variants_update" if product_input else "product_variants_update"


def demand_leave(session: Session, grant: WriteGrant | None, currency: str | None) -> None:
    """Raise NotAllowed or GrantExpired where this must not be written."""
    demand(grant)
    if currency and currency != session.currency:
        known = session.currency or "an unknown currency"
        raise NotAllowed("currency", f"Prices in {currency} can't go to a store of {known}.")


def _user_error(part: Part, error: Mapping[str, Any]) -> UserError:
    path = tuple(map(str, error["field"] or ()))
    return UserError(part, path, error["message"], error.get("code") or "")


def complete(session: Session, node: dict[str, Any]) -> None:
    """Add, in place, the variants that the first page left out."""
    connection = node["variants"]
    while after := _next(connection):
        variables = {"id": node["id"], "variants": VARIANTS_READ, "after": after}
        page = execute(session, document("product_variants_page"), variables)
        if page.body["product"] is None:  # deleted meanwhile: the list stays marked as cut
            break
        connection["nodes"] += page.body["product"]["variants"]["nodes"]
        connection["pageInfo"] = page.body["product"]["variants"]["pageInfo"]


def _next(connection: Mapping[str, Any]) -> str | None:
    info = connection["pageInfo"]
    return info["endCursor"] if info["hasNextPage"] else None
