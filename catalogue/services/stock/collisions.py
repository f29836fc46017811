"""Collisions over stock: a store's number went up, and who did it had not seen the hub's count.

A fall is a sale and adds up with everything. A rise may be a delivery, which adds up as well, or
the same shelf counted twice: both are counted, and a person says which it was.
"""

from collections.abc import Callable
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalogue.domain.attributes import STOCK
from catalogue.enums import (
    ChangeScope,
    ConflictState,
    MemberState,
    MovementKind,
    Source,
    StockMode,
)
from catalogue.models import Conflict, HighValue, StockMember, StockMovement, StockPool
from catalogue.services.stock.ledger import Cause, Doer, move
from catalogue.services.stock.members import leave
from catalogue.services.stock.scene import Scene, lock_pools, lock_scene
from catalogue.services.stock.spread import queue_pool

ABSOLUTE = (MovementKind.SET, MovementKind.RECOUNTED)
OTHERS = (MovementKind.COUNTED, MovementKind.MIRRORED, MovementKind.CONVERGED)


def look_for_collision(pool: StockPool, member: StockMember, seen: StockMovement) -> None:
    """Put a rise before a person, if a count that the store was not shown yet stands against it."""
    if seen.level_delta <= 0 or member.state != MemberState.MEMBER:
        return
    count = _count_not_shown(pool, member)
    if count is None or count.quantity == seen.level or not _worthy(pool):
        return
    before = (seen.level or 0) - seen.level_delta
    known = Conflict.objects.filter(
        state=ConflictState.OPEN, loser_movement=count, store=member.store_id
    )
    if pool.mode == StockMode.OWNER:
        _put(pool, member, count, seen, ancestor=before)
    elif not _joined(known.first(), seen):
        _put(pool, member, seen, count, ancestor=before)


def supersede_stock(pool: StockPool, *, by: str) -> None:
    """Somebody has counted again: what was asked about the numbers before is answered."""
    _open_about(pool).update(
        state=ConflictState.SUPERSEDED, decided_by=by, decided_at=timezone.now()
    )


def revert_stock(conflict_id: int, *, by: str) -> bool:
    """It was one: the hub's count stands. False where there is nothing of the kind to decide."""
    return _decide(conflict_id, ConflictState.REVERTED, by, _take_back)


def separate_stock(conflict_id: int, *, by: str) -> bool:
    """Both are right: the location goes on as its own with its number, the pool with the count."""
    return _decide(conflict_id, ConflictState.OVERRIDDEN, by, _separate)


def _decide(
    conflict_id: int,
    state: ConflictState,
    by: str,
    act: Callable[[Conflict, StockMovement, Doer], bool],
) -> bool:
    with transaction.atomic():
        rows = Conflict.objects.select_related("winner_movement__member", "loser_movement__member")
        found = rows.get(pk=conflict_id)
        both = (found.winner_movement, found.loser_movement)
        theirs = next((one for one in both if one and _is_of(one, found.store_id)), None)
        if theirs is None:
            return False
        lock_pools([theirs.pool_id])
        rows = Conflict.objects.filter(pk=conflict_id, state=ConflictState.OPEN)
        if not rows.select_for_update().exists():
            return False
        doer = Doer(workspace_id=found.workspace_id, source=Source.ROLLBACK, actor=by)
        if not act(found, theirs, doer):
            return False
        rows.update(state=state, decided_by=by, decided_at=timezone.now())
    return True


def _is_of(movement: StockMovement, store_id: int) -> bool:
    return movement.member is not None and movement.member.store_id == store_id


def _take_back(conflict: Conflict, theirs: StockMovement, doer: Doer) -> bool:
    """Take the store's rise out of the pool again; it is told so."""
    pool = lock_pools([theirs.pool_id])[theirs.pool_id]
    if pool.mode == StockMode.OWNER:
        return False
    _adjust(pool, conflict, doer.cause, conflict.units or 0)
    return True


def _separate(conflict: Conflict, theirs: StockMovement, doer: Doer) -> bool:
    member = theirs.member
    if member is None:
        return False
    scene = lock_scene(member.pk)
    pool = scene.pool
    shared = pool.mode != StockMode.OWN and pool.owner_id != member.store_id
    if pool.pk != theirs.pool_id or not shared or scene.member.state != MemberState.MEMBER:
        return False
    wanted = _number_by_now(scene, theirs)
    if pool.mode == StockMode.SHARED:
        _adjust(pool, conflict, doer.cause, conflict.units or 0)
    leave(scene, f"Conflict {conflict.pk}: {doer.actor} let it be its own.", doer.cause)
    _adjust(scene.pool, conflict, doer.cause, wanted - scene.member.level)
    return True


def _number_by_now(scene: Scene, theirs: StockMovement) -> int:
    """What the store was set to, less what it has sold since."""
    since = scene.member.movements.filter(
        member_sequence__gt=theirs.member_sequence, kind__in=OTHERS
    )
    number: int = (theirs.level or 0) + sum(since.values_list("level_delta", flat=True))
    return number


def _adjust(pool: StockPool, conflict: Conflict, cause: Cause, delta: int) -> None:
    if delta:
        reason = f"Conflict {conflict.pk} was decided by {cause.actor}."
        move(pool, None, MovementKind.ADJUSTED, cause, pool_delta=delta, reason=reason)
    queue_pool(pool, cause_id=cause.cause_id)


def _count_not_shown(pool: StockPool, member: StockMember) -> StockMovement | None:
    """The newest count, by the hub or by the owner, that this store has not been written yet."""
    rows = pool.movements.filter(sequence__gt=member.pushed_sequence, sequence__lt=pool.sequence)
    if pool.mode == StockMode.OWNER:
        rows = rows.filter(member__store=pool.owner_id, kind=MovementKind.COUNTED)
    else:
        rows = rows.filter(member=None, kind__in=ABSOLUTE)
    found: StockMovement | None = rows.order_by("-sequence").first()
    return found


def _open_about(pool: StockPool) -> QuerySet[Conflict]:
    return Conflict.objects.filter(
        state=ConflictState.OPEN, product=pool.variant.product_id, loser_movement__pool=pool
    )


def _worthy(pool: StockPool) -> bool:
    """Whether this workspace wants collisions over stock put before a person, as is usual."""
    rows = HighValue.objects.filter(workspace=pool.workspace_id, attribute=STOCK)
    return all(rows.values_list("on", flat=True))


def _joined(known: Conflict | None, seen: StockMovement) -> bool:
    """Whether an open conflict takes in that the same store went up once more."""
    if known is None:
        return False
    known.winner, known.units = str(seen.level), (known.units or 0) - seen.pool_delta
    known.save(update_fields=["winner", "units"])
    return True


def _put(
    pool: StockPool,
    member: StockMember,
    winner: StockMovement,
    loser: StockMovement,
    *,
    ancestor: int,
) -> None:
    variant = pool.variant
    price = variant.value("price")
    units = -winner.pool_delta
    if pool.mode == StockMode.OWNER:
        units = (loser.level or 0) - pool.quantity
    Conflict.objects.create(
        workspace_id=pool.workspace_id,
        product_id=variant.product_id,
        variant=variant,
        attribute=STOCK,
        scope=ChangeScope.CANONICAL,
        store=member.store,
        ancestor=str(ancestor),
        winner=_number(winner, member),
        loser=_number(loser, member),
        winner_movement=winner,
        loser_movement=loser,
        difference=Decimal(price) if isinstance(price, str) else None,
        currency=variant.product.currency,
        units=units,
    )


def _number(movement: StockMovement, member: StockMember) -> str:
    """What a movement set: the store's level, or the pool."""
    return str(movement.level if movement.member_id == member.pk else movement.quantity)
