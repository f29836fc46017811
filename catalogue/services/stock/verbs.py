"""What is done to a pool in the hub: it is set, adjusted, recounted, its question answered."""

from typing import Literal, TypeAlias

from django.db import transaction

from catalogue.domain.stock import MOST
from catalogue.enums import MovementKind, StockMode
from catalogue.errors import (
    BadQuantityError,
    NotAllowedNowError,
    NotFoundHereError,
    StaleStockError,
)
from catalogue.models import HeldBatch, StockMovement, StockPool
from catalogue.services.stock.collisions import supersede_stock
from catalogue.services.stock.gate import Wish, hold_wish
from catalogue.services.stock.ledger import Doer, move
from catalogue.services.stock.questions import close
from catalogue.services.stock.spread import note_shown, queue_pool

Answer = Literal["once", "both"]
Moved: TypeAlias = StockMovement | HeldBatch | None
"""The movement, the batch at the gates that the wish waits in, or None: nothing was to move."""


def set_quantity(doer: Doer, pool_id: int, quantity: int, *, seen: int | None = None) -> Moved:
    """Say what a pool has; None where it has that already.

    `seen`: the pool's `sequence` as somebody saw its number. Raises StaleStockError where that
    number has moved since; without it, whatever stands is replaced.

    One act moves a pool once, however often it comes: the first movement is returned. A program
    that empties many stocks within minutes is held at the gates. Raises NotFoundHereError,
    BadQuantityError and, where a store counts the stock, NotAllowedNowError.
    """
    return move_pool(doer, pool_id, set_to(quantity, seen=seen))


def adjust(doer: Doer, pool_id: int, delta: int, *, reason: str = "") -> Moved:
    """Put in or take out; otherwise as `set_quantity`."""
    return move_pool(doer, pool_id, Wish(MovementKind.ADJUSTED, delta, reason))


def recount(doer: Doer, pool_id: int, *, seen: int, counted: int) -> Moved:
    """Correct a pool by what somebody counted against the number that they saw before.

    What was sold meanwhile stays sold. Otherwise as `set_quantity`.
    """
    return move_pool(doer, pool_id, counted_as(counted, seen=seen))


def set_to(quantity: int, *, seen: int | None = None) -> Wish:
    """Raises BadQuantityError, as all that take a count."""
    _check_count(quantity)
    return Wish(MovementKind.SET, quantity, seen=seen)


def counted_as(counted: int, *, seen: int) -> Wish:
    _check_count(counted)
    reason = f"Counted {counted} where the books said {seen}."
    return Wish(MovementKind.RECOUNTED, counted - seen, reason)


def answer(doer: Doer, pool_id: int, said: Answer) -> StockPool:
    """Answer a pool's question, so that its pushes go on; `once` takes back what was disputed.

    A pool without a question is left alone. Raises NotFoundHereError.
    """
    with transaction.atomic():
        pool = _locked(doer, pool_id)
        if not pool.question:
            return pool
        if said == "once" and pool.disputed:
            reason = f"{pool.question} One."
            move(
                pool,
                None,
                MovementKind.ADJUSTED,
                doer.cause,
                pool_delta=-pool.disputed,
                reason=reason,
            )
        close(pool, by=doer.actor, reason=f"Answered: {said}.")
        queue_pool(pool, cause_id=doer.cause_id)
    return pool


def move_pool(doer: Doer, pool_id: int, wish: Wish, *, judged: bool = False) -> Moved:
    """Move a pool as wished; `judged`: its batch passed the gates, or a person let it pass."""
    with transaction.atomic():
        pool = _locked(doer, pool_id)
        before: StockMovement | None = pool.movements.filter(
            cause_id=doer.cause_id, member=None, kind=wish.kind
        ).first()
        if before is not None:
            return before
        if pool.mode == StockMode.OWNER:
            raise NotAllowedNowError(f"This stock is counted by {pool.owner}, not here.")
        _check_seen(pool, wish)
        after = wish.after(pool.quantity)
        if abs(after) > MOST:
            raise BadQuantityError(f"A stock of {after:,} is not possible.")
        if not judged and (held := hold_wish(doer, pool, wish)):
            return held
        return _carry_out(doer, pool, wish)


def _carry_out(doer: Doer, pool: StockPool, wish: Wish) -> StockMovement | None:
    if wish.kind is not MovementKind.ADJUSTED:
        close(pool, by=doer.actor, reason="Somebody has counted.")
        supersede_stock(pool, by=doer.actor)
    row, delta = None, wish.after(pool.quantity) - pool.quantity
    if delta:
        row = move(pool, None, wish.kind, doer.cause, pool_delta=delta, reason=wish.reason)
        note_shown(pool)
    queue_pool(pool, cause_id=doer.cause_id)
    return row


def _locked(doer: Doer, pool_id: int) -> StockPool:
    mine = StockPool.objects.filter(workspace=doer.workspace_id, pk=pool_id)
    pool: StockPool | None = mine.select_for_update(no_key=True).first()
    if pool is None:
        raise NotFoundHereError("This stock does not exist in this workspace.")
    return pool


def _check_seen(pool: StockPool, wish: Wish) -> None:
    if wish.seen is None:
        return
    since = pool.movements.filter(sequence__gt=wish.seen).exclude(pool_delta=0)
    last = since.select_related("member__store").order_by("-sequence").first()
    if last is None:
        return
    raise StaleStockError(
        f"{last.who} has moved this stock from {_quantity_at(pool, wish.seen)} to {pool.quantity} "
        f"since you saw it; your number was {wish.number}. Set it again to replace theirs.",
        wanted=wish.number,
        stands=pool.quantity,
        by=last.who,
        at=last.created_at,
    )


def _quantity_at(pool: StockPool, sequence: int) -> str:
    seen: StockMovement | None = pool.movements.filter(sequence=sequence).first()
    return "another number" if seen is None else str(seen.quantity)


def _check_count(quantity: int) -> None:
    if not 0 <= quantity <= MOST:
        raise BadQuantityError(f"Nobody can count {quantity:,} pieces.")
