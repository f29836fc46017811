"""Lists that can be searched, sorted and paged, and the lag of what a query sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import OperationType

from stores.twin import searchable
from stores.twin.errors import UnimplementedError
from stores.twin.nodes import Info, Item
from stores.twin.paging import Page, connect
from stores.twin.past import Goods
from stores.twin.queries.read import Resolver
from stores.twin.search import Fields, Get, Search, search
from stores.twin.world import Shop

__all__ = ["LISTS", "searched", "seen"]


@dataclass(frozen=True, slots=True)
class _List:
    """One of the shop's lists: where it lies, what numbers it, what searches and sorts it."""

    name: str
    rows: Callable[[Goods], Mapping[int, Any]]
    number: Get
    fields: Fields
    keys: Mapping[str, Get]


def _id(row: Any) -> Any:
    return row.id


_PRODUCTS = _List(
    "products", lambda goods: goods.products, _id, searchable.PRODUCTS, searchable.PRODUCT_KEYS
)
_VARIANTS = _List(
    "variants", lambda goods: goods.variants, _id, searchable.VARIANTS, searchable.VARIANT_KEYS
)
_ITEMS = _List(
    "items", lambda goods: goods.items, lambda variant: variant.item_id, searchable.ITEMS, {}
)


def seen(info: Info) -> Goods:
    """What a query reads: a moment ago where the shop's reads lag. A mutation sees all at once."""
    is_mutation = info.operation.operation == OperationType.MUTATION
    return _then(info, 0.0 if is_mutation else info.context.shop.knobs.read_lag)


def _then(info: Info, lag: float) -> Goods:
    past = info.context.shop.past
    if not lag or past is None:  # nothing has changed since reads began to lag
        return info.context.shop
    return past.at(info.context.twin.clock.seconds() - lag)


def _page(of: _List, info: Info, query: str | None, sort_key: str, page: dict[str, Any]) -> Page:
    """A page by the sort key and then by id.

    The index answers a search; it may lag more than the rows that are read afterwards.
    """
    found, goods = searched(of.fields, info, query), seen(info)
    index = goods if found is None else _then(info, info.context.shop.knobs.search_lag)
    rows, place = _sorted(of, info.context.shop, index, sort_key)
    cap = info.context.shop.knobs.paging_cap
    got = connect(rows, place, matches=found.matches if found else None, cap=cap, **page)
    return got if index is goods else _read_again(of, got, of.rows(goods))


def _read_again(of: _List, page: Page, rows: Mapping[int, Any]) -> Page:
    """What the index found as it is read now; what is gone meanwhile is missing."""
    pairs = zip(page.nodes, page.cursors, strict=True)
    kept = [(rows[n], cursor) for row, cursor in pairs if (n := of.number(row)) in rows]
    return replace(page, nodes=[row for row, _ in kept], cursors=[cursor for _, cursor in kept])


def _sorted(of: _List, shop: Shop, goods: Goods, sort_key: str) -> tuple[Sequence[Any], Get]:
    """The rows in order, with their key; that of the shop's own rows is kept while none alters."""
    place = _place(of, sort_key)
    if goods is not shop:
        return sorted(of.rows(goods).values(), key=place), place
    version, rows = shop.orders_of_rows.get((of.name, sort_key), (-1, ()))
    if version != shop.version:
        version, rows = shop.version, sorted(of.rows(shop).values(), key=place)
        shop.orders_of_rows[of.name, sort_key] = (version, rows)
    return rows, place


def _place(of: _List, sort_key: str) -> Get:
    if sort_key in {"ID", "RELEVANCE"}:
        return of.number
    if (key := of.keys.get(sort_key)) is None:
        raise UnimplementedError(f"The twin does not sort {of.name} by {sort_key}.")
    number = of.number
    return lambda row: (key(row), number(row))


def searched(fields: Fields, info: Info, query: str | None) -> Search | None:
    """The query, read; its warnings go beside the data."""
    found = search(query, fields, info.context.twin.clock.now())
    if found is not None and found.warnings:
        note = {"path": info.path.as_list(), "query": query, "warnings": found.warnings}
        info.context.searches.append(note)
    return found


def _products(
    _: Any, info: Info, *, query: str | None = None, sort_key: str = "ID", **page: Any
) -> Page:
    return _page(_PRODUCTS, info, query, sort_key, page)


def _all_variants(
    _: Any, info: Info, *, query: str | None = None, sort_key: str = "ID", **page: Any
) -> Page:
    return _page(_VARIANTS, info, query, sort_key, page)


def _items(_: Any, info: Info, *, query: str | None = None, **page: Any) -> Page:
    found = _page(_ITEMS, info, query, "ID", page)
    return replace(found, nodes=[Item(variant) for variant in found.nodes])


def _counted(of: _List) -> Resolver:
    def count(
        _: Any, info: Info, *, query: str | None = None, limit: int | None = 10_000
    ) -> dict[str, Any]:
        found = searched(of.fields, info, query)
        goods = seen(info) if found is None else _then(info, info.context.shop.knobs.search_lag)
        rows = of.rows(goods)
        total = len(rows) if found is None else sum(map(found.matches, rows.values()))
        capped = limit is not None and total > limit
        precision = "AT_LEAST" if capped else "EXACT"
        return {"count": limit if capped else total, "precision": precision}

    return count


LISTS: dict[str, Resolver] = {
    "QueryRoot.products": _products,
    "QueryRoot.productsCount": _counted(_PRODUCTS),
    "QueryRoot.productVariants": _all_variants,
    "QueryRoot.productVariantsCount": _counted(_VARIANTS),
    "QueryRoot.inventoryItems": _items,
}
