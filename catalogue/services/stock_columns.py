"""The columns of a file that count stock: whose it is, what a count would move, and moving it.

It is a recount against the number that stood in the preview: what is sold meanwhile stays sold.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from catalogue.domain.feeds import BadFeedError, Columns, spelled
from catalogue.domain.gates import Move, stock_move
from catalogue.enums import RowState, Source, StockMode
from catalogue.errors import CatalogueError
from catalogue.models import ImportRow, ImportRun, StockMember, StockPool, Variant
from catalogue.services.stock import Doer, Wish, counted_as
from catalogue.services.stock.gate import COUNTS, name_of
from catalogue.services.stock.scene import lock_pools
from catalogue.services.stock.verbs import move_pool
from stores.models import Location

MOVED = "Somebody has counted its stock since the preview: left alone."


@dataclass(frozen=True, slots=True)
class Places:
    """What headers of a workspace's files may name: shared places, and locations by their ids."""

    shared: Mapping[str, str]
    locations: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stock:
    """A pool of a variant, and at which locations it is shown."""

    pool: StockPool
    locations: frozenset[int]


def places_of(workspace_id: int, stores: Mapping[str, int]) -> Places:
    """By `spelled` names; a name that two locations have names neither."""
    pools = StockPool.objects.filter(workspace=workspace_id).exclude(mode=StockMode.OWN)
    shared = {spelled(place): place for place in pools.values_list("place", flat=True).distinct()}
    by_store: dict[int, list[Location]] = defaultdict(list)
    for one in Location.objects.filter(store__workspace=workspace_id, active=True):
        by_store[one.store_id].append(one)
    named = [
        (name, one.pk) for store, pk in stores.items() for name, one in _names(store, by_store[pk])
    ]
    often = Counter(name for name, _ in set(named))
    return Places(shared, {name: pk for name, pk in named if often[name] == 1})


def check_places(columns: Columns, places: Places, header: Sequence[str]) -> None:
    """Refuse a column that does not say whose stock it counts."""
    for number, name in columns.stocks.items():
        if name and name not in places.shared and name not in places.locations:
            raise BadFeedError(
                f"“{header[number].strip()}” does not say which stock it counts: name a shared "
                "place, a store with one location, or both, as in “Stock@my-shop: Main street”."
            )


def stocks_of(variants: Iterable[Variant]) -> dict[int, list[Stock]]:
    """The pools of variants that some location shows, in two queries."""
    shown: dict[int, set[int]] = defaultdict(set)
    members = StockMember.objects.filter(pool__variant__in=[one.pk for one in variants])
    for pool_id, location_id in members.values_list("pool_id", "location_id"):
        shown[pool_id].add(location_id)
    found: dict[int, list[Stock]] = defaultdict(list)
    pools = StockPool.objects.filter(pk__in=shown).select_related("variant__product", "owner")
    for pool in pools.order_by("pk"):
        found[pool.variant_id].append(Stock(pool, frozenset(shown[pool.pk])))
    return found


def counts_of(
    places: Places, stocks: Sequence[Stock], counted: Mapping[str, int], problems: list[str]
) -> Iterator[tuple[dict[str, Any], Move]]:
    """What a row's counts would move, as it is stored; why not goes to `problems`."""
    met: set[int] = set()
    for name, number in counted.items():
        found = _named(places, stocks, name)
        if isinstance(found, str):
            problems.append(found)
        elif found.pk in met:
            problems.append(f"Two columns count the same stock ({found.name}).")
        elif number != found.quantity:
            yield _stored(found, number), stock_move(name_of(found), found.quantity, number)
        met |= set() if isinstance(found, str) else {found.pk}


def moves_of(rows: Iterable[ImportRow]) -> list[Move]:
    """What rows would move by now, for the gates."""
    wanted = {one["pool"]: one for row in rows for one in row.stocks}
    pools = StockPool.objects.filter(pk__in=wanted).select_related("variant__product")
    return [
        stock_move(name_of(one), one.quantity, one.quantity + _delta(wanted[one.pk]))
        for one in pools.order_by("pk")
    ]


def carry_counts_out(run: ImportRun, rows: Sequence[ImportRow]) -> int:
    """Recount what rows of a judged import count; how many, and what became of each, on the row."""
    wanted = {one["pool"]: (row, one) for row in rows for one in row.stocks}
    pools = lock_pools(wanted)
    moved = 0
    for pool_id, (row, one) in sorted(wanted.items()):
        said = _count(run, row, one, pools.get(pool_id))
        row.reason = f"{row.reason} {said}".strip()
        moved += not said
        if row.state != RowState.HELD and not said:
            row.state = RowState.APPLIED
        elif row.state == RowState.READY:
            row.state = RowState.DROPPED
    return moved


def _count(run: ImportRun, row: ImportRow, one: Mapping[str, Any], pool: StockPool | None) -> str:
    """Empty where it is counted; otherwise why it is left alone."""
    if pool is None:
        return "Its stock is gone."
    since = pool.movements.filter(sequence__gt=one["seen"], member=None, kind__in=COUNTS)
    if since.exists():
        return MOVED
    said = f"{run.name}, row {row.number}: {one['counted']} where the books said {one['stands']}."
    wish = Wish(counted_as(one["counted"], seen=one["stands"]).kind, _delta(one), said)
    doer = Doer(
        workspace_id=run.workspace_id, source=Source.IMPORT, actor=run.by, cause_id=run.cause_id
    )
    try:
        with transaction.atomic():
            move_pool(doer, pool.pk, wish, judged=True)
    except CatalogueError as error:
        return str(error)
    return ""


def _names(store: str, locations: Sequence[Location]) -> Iterator[tuple[str, Location]]:
    """How a header may name the locations of a store that has this name."""
    for one in locations:
        yield spelled(f"{store} {one}"), one
        yield spelled(str(one)), one
    if len(locations) == 1:
        yield store, locations[0]


def _named(places: Places, stocks: Sequence[Stock], name: str) -> StockPool | str:
    """The pool that a name means of a variant, or why it means none."""
    if not name:
        if len(stocks) == 1:
            return _countable(stocks[0].pool)
        many = f"{len(stocks)} stocks: name the place, as in “Stock@Central”."
        return f"It has {many}" if stocks else "It has no stock that is counted anywhere."
    if place := places.shared.get(name):
        mine = [one.pool for one in stocks if one.pool.place == place]
        return _countable(mine[0]) if mine else f"It has no stock in “{place}”."
    at = [one.pool for one in stocks if places.locations[name] in one.locations]
    if not at:
        return "It has no stock at this location."
    if at[0].mode != StockMode.OWN:
        return f"Its stock at this location is shared: count it as “Stock@{at[0].place}”."
    return at[0]


def _countable(pool: StockPool) -> StockPool | str:
    if pool.mode == StockMode.OWNER:
        return f"Its stock is counted by {pool.owner}, not here."
    return pool


def _stored(pool: StockPool, counted: int) -> dict[str, Any]:
    stands, seen = pool.quantity, pool.sequence
    return {"pool": pool.pk, "seen": seen, "stands": stands, "counted": counted}


def _delta(one: Mapping[str, Any]) -> int:
    return int(one["counted"] - one["stands"])
