"""Stock as people look at it: pools with what each store shows and should show."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalogue.enums import ConflictState, MemberState, StockVerb
from catalogue.models import (
    Conflict,
    Product,
    StockErrand,
    StockMember,
    StockMovement,
    StockPool,
    Variant,
)
from catalogue.services.stock.scene import Scene
from stores.models import Location

LAST = 10


@dataclass(frozen=True, slots=True)
class LevelLine:
    """What one store shows of a pool; `wanted` where that is not what it should show."""

    member: StockMember
    wanted: int | None
    note: str


@dataclass(frozen=True, slots=True)
class PoolLine:
    pool: StockPool
    levels: tuple[LevelLine, ...]


@dataclass(frozen=True, slots=True)
class VariantStock:
    variant: Variant
    pools: tuple[PoolLine, ...]
    movements: tuple[StockMovement, ...]


def stock_of(product: Product) -> list[VariantStock]:
    """The stock of a product's variants, in a fixed number of queries but for the movements."""
    variants = list(product.variants.filter(removed_at=None))
    lines: dict[int, list[PoolLine]] = defaultdict(list)
    for line in pool_lines(StockPool.objects.filter(variant__in=variants)):
        if line.levels:
            lines[line.pool.variant_id].append(line)
    return [
        VariantStock(variant, tuple(lines[variant.pk]), last_movements(lines[variant.pk]))
        for variant in variants
        if variant.pk in lines
    ]


def pool_lines(pools: Iterable[StockPool]) -> list[PoolLine]:
    found = list(pools)
    rows = StockMember.objects.filter(pool__in=found).select_related("store", "location", "joins")
    members: dict[int, list[StockMember]] = defaultdict(list)
    for member in rows.order_by("store_id", "id"):
        members[member.pool_id].append(member)
    return [
        PoolLine(pool, tuple(_level(member, pool) for member in members[pool.pk])) for pool in found
    ]


def last_movements(lines: Sequence[PoolLine], most: int = LAST) -> tuple[StockMovement, ...]:
    rows = StockMovement.objects.filter(pool__in=[line.pool for line in lines])
    return tuple(rows.select_related("member__store", "pool").order_by("-id")[:most])


def places_of(workspace_ids: Iterable[int]) -> tuple[list[str], list[Location]]:
    """The shared places of workspaces, and their stores' locations."""
    shared = StockPool.objects.filter(workspace__in=workspace_ids).exclude(mode="own")
    names = sorted(set(shared.values_list("place", flat=True)))
    mine = Location.objects.filter(store__workspace__in=workspace_ids, active=True)
    return names, list(mine.select_related("store").order_by("store_id", "name", "id"))


def conflicts_over(pool: StockPool) -> list[Conflict]:
    """What two parties have set of it without sight of each other, and nobody has decided."""
    rows = Conflict.objects.filter(
        state=ConflictState.OPEN, product=pool.variant.product_id, loser_movement__pool=pool
    )
    return list(rows.select_related("store").order_by("id"))


def still_joining(errand: StockErrand) -> int:
    """How many levels an errand has sent on their way that have not joined yet."""
    if errand.verb != StockVerb.JOIN:
        return 0
    return StockMember.objects.filter(
        location=errand.location_id, joins__place=errand.place, state=MemberState.JOINING
    ).count()


def _level(member: StockMember, pool: StockPool) -> LevelLine:
    target = Scene(member, pool, None).target
    return LevelLine(member, None if target == member.level else target, _note(member))


def _note(member: StockMember) -> str:
    if member.state == MemberState.JOINING:
        return f"on its way into “{member.joins}”" if member.joins else "about to join"
    return member.state_reason
