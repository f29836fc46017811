"""What the resolvers of mutations share: payloads, who writes, and the cap on lists."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from stores.twin import edits
from stores.twin.attributes import Refusal
from stores.twin.edits import Author, number
from stores.twin.nodes import Call
from stores.twin.paging import LIMIT
from stores.twin.world import Product

__all__ = ["author", "bounded", "done", "edit", "product_of", "refused"]


def done(**parts: Any) -> dict[str, Any]:
    return {**parts, "user_errors": []}


def refused(refusals: Sequence[Refusal], **parts: Any) -> dict[str, Any]:
    return {**parts, "user_errors": refusals}


def author(call: Call) -> Author:
    return call.author


def product_of(call: Call, gid: object) -> Product | None:
    return call.shop.products.get(number(gid) or 0)


def edit(call: Call, product: Product, **what: Any) -> list[Refusal]:
    fires = call.shop.knobs.noop_fires
    return edits.edit(call.twin, call.shop, product, author(call), fires_always=fires, **what)


def bounded(given: Sequence[Any]) -> None:
    """Input lists hold at most 250 (shopify-platform.md 4.4)."""
    if len(given) > LIMIT:
        raise GraphQLError(
            f"The input array size of {len(given)} is greater than the maximum allowed of {LIMIT}.",
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )
