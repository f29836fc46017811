"""What the resolvers of mutations share: payloads, who writes, and the cap on lists."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from stores.twin.edits import Author, Deed
from stores.twin.gids import number
from stores.twin.goods import Product
from stores.twin.nodes import Call, Info
from stores.twin.paging import LIMIT
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError, refuse

__all__ = ["author", "bounded", "deed_of", "done", "either", "mutation", "product_of", "refused"]


def mutation(*parts: str, errors: str = "user_errors") -> Callable[[Resolver], Resolver]:
    """A resolver that returns the parts of its payload, with errors too, or raises RefusedError.

    Where it does, every part is null and the refusals are the payload's `errors`: its name for
    them, or several with a space between.
    """
    nothing, names = dict.fromkeys(parts), errors.split()

    def wrap(play: Resolver) -> Resolver:
        @functools.wraps(play)
        def resolve(source: Any, info: Info, **given: Any) -> dict[str, Any]:
            try:
                return {**nothing, **dict.fromkeys(names, ()), **play(source, info, **given)}
            except RefusedError as refused:
                return {**nothing, **dict.fromkeys(names, refused.refusals)}

        return resolve

    return wrap


def done(**parts: Any) -> dict[str, Any]:
    return {**parts, "user_errors": []}


def refused(refusals: Sequence[Refusal], **parts: Any) -> dict[str, Any]:
    return {**parts, "user_errors": refusals}


def author(call: Call) -> Author:
    return call.author


def deed_of(call: Call) -> Deed:
    return Deed(call.twin, call.shop, author(call))


def either(given: Mapping[str, Any] | None, old: Mapping[str, Any] | None) -> dict[str, Any]:
    """The product input of two arguments, the newer first, of which one must be there."""
    if given is None and old is None:
        raise GraphQLError("The argument product is required.")
    return dict(given if given is not None else old or {})


def product_of(call: Call, gid: object, *field: str) -> Product:
    """The shop's product of this id. Raises RefusedError."""
    found = call.shop.products.get(number(gid) or 0)
    if found is None:
        raise RefusedError(refuse("PRODUCT_DOES_NOT_EXIST", *field))
    return found


def bounded(given: Sequence[Any], limit: int = LIMIT) -> None:
    """Input lists hold at most 250 (shopify-platform.md 4.4)."""
    if len(given) > limit:
        raise GraphQLError(
            f"The input array size of {len(given)} is greater than the maximum allowed of {limit}.",
            extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"},
        )
