"""How a level comes to a pool and leaves it: opened on its own, left, returned, joined."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from catalogue.enums import JoinChoice, MemberState, MovementKind, StockMode
from catalogue.models import StockMember, StockPool, VariantListing
from catalogue.services.stock.gate import watch
from catalogue.services.stock.ledger import Cause, move, open_all
from catalogue.services.stock.scene import Scene, lock_pools
from catalogue.services.stock.spread import queue_pool
from stores.models import Location, Store
from stores.shopify.stock_types import LevelSnapshot

NOT_STOCKED = "The store does not stock it at this location."
CLOSED = "The store has closed this location."
NOT_TRACKED = "The store does not track its stock."
ONCE = "stock_member_is_one"  # the constraint that two who see a level first both meet
NOT_LINKED = "Its variant is not linked any more."


def linked_variants(store_id: int, item_gids: Collection[str]) -> dict[str, int]:
    """The canonical variant that each item of a store is (the first, should several share one)."""
    rows = VariantListing.objects.filter(
        listing__store=store_id, inventory_item_gid__in=item_gids, variant__isnull=False
    )
    return dict(rows.order_by("-id").values_list("inventory_item_gid", "variant_id"))


def open_levels(
    store: Store, location_gid: str, seen: Sequence[tuple[LevelSnapshot, int]], cause: Cause
) -> bool:
    """Follow levels never seen before, each with its variant; False where somebody was faster."""
    location, _ = Location.objects.get_or_create(store=store, gid=location_gid)
    rows = [
        (*_own(store, location, told, variant_id), told.available)
        for told, variant_id in seen
        if told.available is not None
    ]
    try:
        with transaction.atomic():
            open_all(rows, cause)
    except IntegrityError as error:
        if ONCE not in str(error):
            raise
        return False
    return True


def _own(
    store: Store, location: Location, told: LevelSnapshot, variant_id: int
) -> tuple[StockPool, StockMember]:
    member = StockMember(
        workspace_id=store.workspace_id,
        store=store,
        location=location,
        item_gid=told.item,
        as_of=told.updated_at,
    )
    pool = StockPool(workspace_id=store.workspace_id, variant_id=variant_id, place=member.own_place)
    return pool, member


def _own_pool(member: StockMember, variant_id: int) -> StockPool:
    pool, _ = StockPool.objects.get_or_create(
        workspace_id=member.workspace_id, variant_id=variant_id, place=member.own_place
    )
    return lock_pools([pool.pk])[pool.pk]


def _open(member: StockMember, available: int, cause: Cause) -> None:
    """Make an own pool say what its store shows."""
    pool = member.pool
    move(
        pool,
        member,
        MovementKind.OPENED,
        cause,
        pool_delta=available - pool.quantity,
        level_delta=available - member.level,
        as_of=member.as_of,
    )


def leave(scene: Scene, reason: str, cause: Cause, *, variant_id: int | None = None) -> None:
    """Take a level out of a shared pool, which keeps its quantity; it goes on as its own.

    Where its store counted for all, all of them count again.
    """
    member = scene.member
    move(scene.pool, member, MovementKind.LEFT, cause, reason=reason)
    if scene.pool.owner_id == member.store_id:
        give_back(scene.pool, cause)
    member.pool = _own_pool(member, variant_id or scene.pool.variant_id)
    member.epoch += 1
    member.buffer = member.stale = member.pushed_sequence = 0
    _stop_joining(member)
    member.unknown = None
    _open(member, member.level, cause)
    member.state_reason = reason
    member.save()
    scene.pool, scene.joins = member.pool, None


def give_back(pool: StockPool, cause: Cause) -> None:
    """The owner of a pool has left it: nobody else would ever count again."""
    pool.mode, pool.owner = StockMode.SHARED, None
    pool.save(update_fields=["mode", "owner"])
    reason = "Its owner has left: all of its stores count from now on."
    move(pool, None, MovementKind.HANDED_OVER, cause, reason=reason)
    queue_pool(pool, cause_id=cause.cause_id)


def freeze(scene: Scene, reason: str, cause: Cause) -> None:
    """What its store says of this level counts no more, until it comes back."""
    member = scene.member
    if scene.pool.mode != StockMode.OWN:
        leave(scene, reason, cause)
    elif member.state != MemberState.LEFT:
        move(scene.pool, member, MovementKind.LEFT, cause, reason=reason)
    _stop_joining(member)
    member.state, member.state_reason = MemberState.LEFT, reason
    member.needs_read, member.unknown, member.stale = "", None, 0
    member.epoch += 1
    member.save()


def come_back(scene: Scene, available: int, as_of: datetime, cause: Cause) -> None:
    """A frozen level is followed again, from the number that was just read and without a delta."""
    member = scene.member
    member.state, member.state_reason, member.as_of = MemberState.MEMBER, "", as_of
    _open(member, available, cause)
    member.save()


def finish_joining(scene: Scene, *, quantity_then: int, cause: Cause, now: datetime) -> None:
    """The level shows the number that was chosen: from here on it belongs to the pool.

    `quantity_then` is what the pool had when that number was computed; what has moved since stays.
    """
    member, own, pool = scene.member, scene.pool, scene.joins
    if pool is None:
        raise ValueError("This level joins no pool.")
    brings = {
        JoinChoice.TAKE_POOL: 0,
        JoinChoice.TAKE_STORE: own.quantity - quantity_then,
        JoinChoice.ADD: own.quantity,
    }[JoinChoice(member.choice)]
    reason = f"{JoinChoice(member.choice).value.replace('_', ' ')}, at {member.level}"
    move(own, member, MovementKind.LEFT, cause, pool_delta=-own.quantity, reason="Joined a pool.")
    member.pool, member.joined_at = pool, now
    member.state, member.state_reason = MemberState.MEMBER, ""
    _stop_joining(member)
    move(pool, member, MovementKind.JOINED, cause, pool_delta=brings, reason=reason)
    member.pushed_sequence = pool.sequence
    member.save()
    scene.pool, scene.joins = pool, None
    if brings < 0:
        watch(pool, member, -brings)
    queue_pool(pool, cause_id=cause.cause_id)


def _stop_joining(member: StockMember) -> None:
    if member.state == MemberState.JOINING:
        member.state = MemberState.MEMBER
    member.joins, member.choice = None, ""


def members_of_items(store_id: int, item_gids: Sequence[str]) -> list[StockMember]:
    rows = StockMember.objects.filter(store=store_id, item_gid__in=item_gids)
    return list(rows.select_related("store", "location").order_by("id"))
