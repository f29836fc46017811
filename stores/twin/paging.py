"""Connections: opaque cursors over a sorted list, and the few search terms that a sync uses."""

import base64
import bisect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from stores.twin.errors import UnimplementedError

__all__ = ["LIMIT", "PAGING", "Page", "connect", "listed", "matcher"]

LIMIT = 250
Key = Callable[[Any], Any]
_TERM = re.compile(r"""(\w+):(>=|<=|>|<)?(?:'([^']*)'|"([^"]*)"|(\S+))""")


@dataclass(frozen=True, slots=True)
class Page:
    nodes: list[Any]
    cursors: list[str]
    has_next: bool
    has_previous: bool


# How connections, edges and page info of every kind are read, by the end of the type's name.
PAGING: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "Connection": {
        "nodes": lambda page, _: page.nodes,
        "edges": lambda page, _: list(zip(page.nodes, page.cursors, strict=True)),
        "pageInfo": lambda page, _: page,
    },
    "Edge": {"node": lambda edge, _: edge[0], "cursor": lambda edge, _: edge[1]},
    "PageInfo": {
        "hasNextPage": lambda page, _: page.has_next,
        "hasPreviousPage": lambda page, _: page.has_previous,
        "startCursor": lambda page, _: page.cursors[0] if page.cursors else None,
        "endCursor": lambda page, _: page.cursors[-1] if page.cursors else None,
    },
}


def connect(
    items: Sequence[Any],
    key: Key,
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool = False,
) -> Page:
    """A page of items that are sorted by `key`, whose values JSON can carry."""
    if (first is None) == (last is None):
        raise GraphQLError("you must provide one of first or last")
    size = first if first is not None else last
    if size is None or not 0 <= size <= LIMIT:
        raise GraphQLError(f"first and last must be between 0 and {LIMIT}")
    if reverse:
        raise UnimplementedError("The twin does not implement the argument reverse.")
    start = bisect.bisect_right(items, _key(after), key=key) if after else 0
    end = bisect.bisect_left(items, _key(before), key=key) if before else len(items)
    low, high = (
        (start, min(start + size, end)) if first is not None else (max(end - size, start), end)
    )
    nodes = list(items[low:high])
    return Page(nodes, [_cursor(key(node)) for node in nodes], high < end, low > 0)


def listed(items: Sequence[Any], **page: Any) -> Page:
    """A page of items in an order of their own; a cursor is a place in it."""
    found = connect(range(len(items)), lambda place: place, **page)
    return replace(found, nodes=[items[place] for place in found.nodes])


def matcher(query: str | None) -> Callable[[Any], bool]:
    """Whether a product answers a search. A term that we don't play is UnimplementedError."""
    terms = [_term(*found) for found in _TERM.findall(query or "")]
    rest = _TERM.sub("", query or "").replace("AND", "").strip()
    if rest:
        raise UnimplementedError(f"The twin does not implement the search {query!r}.")
    return lambda product: all(term(product) for term in terms)


def _term(name: str, operator: str, *spellings: str) -> Callable[[Any], bool]:
    wanted = next((each for each in spellings if each), "")
    if name == "id":
        number = int(wanted.rpartition("/")[2])
        return lambda product: _compare(product.id, operator, number)
    if name == "updated_at":
        moment = datetime.fromisoformat(wanted)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return lambda product: _compare(product.updated_at, operator, moment)
    if name == "sku":
        return lambda product: any(each.values["sku"] == wanted for each in product.variants)
    if name in {"handle", "status", "vendor", "title"}:
        return lambda product: product.values[name].casefold() == wanted.casefold()
    raise UnimplementedError(f"The twin does not implement the search by {name}.")


def _compare(left: Any, operator: str, right: Any) -> bool:
    if operator.startswith(">"):
        return bool(left > right or (operator == ">=" and left == right))
    if operator.startswith("<"):
        return bool(left < right or (operator == "<=" and left == right))
    return bool(left == right)


def _cursor(key: Any) -> str:
    return base64.b64encode(json.dumps(key).encode()).decode()


def _key(cursor: str) -> Any:
    try:
        key = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError as error:
        raise GraphQLError(f"Invalid cursor: {cursor}") from error
    return tuple(key) if isinstance(key, list) else key
