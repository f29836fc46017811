"""Connections: opaque cursors over a sorted list (shopify-platform.md 4.4)."""

import base64
import bisect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLError

__all__ = ["LIMIT", "PAGING", "Page", "connect", "listed", "whole_connections"]

LIMIT = 250
Key = Callable[[Any], Any]


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


# Bulk operations read connections whole: those without a size have no end, and none has a cap.
_WHOLE: ContextVar[bool] = ContextVar("whole", default=False)


@contextmanager
def whole_connections() -> Iterator[None]:
    token = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(token)


def connect(
    items: Sequence[Any],
    key: Key,
    *,
    matches: Callable[[Any], bool] | None = None,
    cap: int | None = None,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool = False,
) -> Page:
    """A page of those items that match; they are sorted by `key`, whose values JSON can carry.

    `cap` is how many items all pages together may show.
    """
    if whole := _WHOLE.get():
        cap = None
    if whole and first is None and last is None:
        first = size = len(items)
    else:
        size = _size(first, last)
    low, high = _bounds(items, key, after, before, reverse=reverse)
    shown = _read(after)[1] if after else 0
    forward = (first is not None) is not reverse
    places = range(low, high) if forward else range(high - 1, low - 1, -1)
    found, more = _taken(items, places, matches, size)
    if last is not None:
        found.reverse()
    if cap is not None and shown + len(found) > cap:
        raise GraphQLError(
            f"Only {cap} objects of a connection can be paged through: narrow the search.",
            extensions={"code": "BAD_REQUEST"},
        )
    cursors = [_cursor(key(each), shown + n) for n, each in enumerate(found, start=1)]
    outside = bool(after if first is not None else before)
    ends = (more, outside) if first is not None else (outside, more)
    return Page(found, cursors, *ends)


def _size(first: int | None, last: int | None) -> int:
    if (first is None) == (last is None):
        said = "you must provide one of first or last"
        raise GraphQLError(said, extensions={"code": "BAD_REQUEST"})
    size = first if first is not None else last
    if size is None or not 0 <= size <= LIMIT:
        said = f"first and last must be between 0 and {LIMIT}"
        raise GraphQLError(said, extensions={"code": "BAD_REQUEST"})
    return size


def _bounds(
    items: Sequence[Any], key: Key, after: str | None, before: str | None, *, reverse: bool
) -> tuple[int, int]:
    """From where to where a page may reach; in reverse, what comes after stands before."""
    start, end = (before, after) if reverse else (after, before)
    low = bisect.bisect_right(items, _read(start)[0], key=key) if start else 0
    high = bisect.bisect_left(items, _read(end)[0], key=key) if end else len(items)
    return low, high


def _taken(
    items: Sequence[Any],
    places: Iterable[int],
    matches: Callable[[Any], bool] | None,
    size: int,
) -> tuple[list[Any], bool]:
    """The first so many that match, and whether there is another one."""
    found: list[Any] = []
    for place in places:
        if matches is None or matches(items[place]):
            if len(found) == size:
                return found, True
            found.append(items[place])
    return found, False


def listed(items: Sequence[Any], **page: Any) -> Page:
    """A page of items in an order of their own; a cursor is a place in it."""
    found = connect(range(len(items)), lambda place: place, **page)
    return replace(found, nodes=[items[place] for place in found.nodes])


def _cursor(key: Any, count: int) -> str:
    """Opaque: a place in the order, and how many were shown up to it."""
    return base64.b64encode(json.dumps([key, count]).encode()).decode()


def _read(cursor: str) -> tuple[Any, int]:
    try:
        key, count = json.loads(base64.b64decode(cursor, validate=True))
    except (TypeError, ValueError) as error:
        said = f"Invalid cursor: {cursor}"
        raise GraphQLError(said, extensions={"code": "BAD_REQUEST"}) from error
    return tuple(key) if isinstance(key, list) else key, int(count)
