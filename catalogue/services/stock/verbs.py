"""What is done to a pool in the hub: it is set, adjusted, recounted, its question answered."""

from typing import Literal

from django.db import transaction

from catalogue.enums import MovementKind, StockMode
from catalogue.errors import BadQuantityError, NotAllowedNowError, NotFoundHereError
from catalogue.models import StockMovement, StockPool
from catalogue.services.stock.ledger import Doer, move
from catalogue.services.stock.questions import close
from catalogue.services.stock.spread import queue_pool

MOST = 1_000_000_000  # what Shopify takes as a level

Answer = Literal["once", "both"]


def set_quantity(doer: Doer, pool_id: int, quantity: int) -> StockMovement | None:
    """Say what a pool has; None where it has that already.

    One act moves a pool once, however often it comes: the first movement is returned. Raises
    NotFoundHereError, BadQuantityError and, where a store counts the stock, NotAllowedNowError.
    """
    _check_count(quantity)
    return _move(doer, pool_id, MovementKind.SET, to=quantity)


def adjust(doer: Doer, pool_id: int, delta: int, *, reason: str = "") -> StockMovement | None:
    """Put in or take out; otherwise as `set_quantity`."""
    return _move(doer, pool_id, MovementKind.ADJUSTED, by=delta, reason=reason)


def recount(doer: Doer, pool_id: int, *, seen: int, counted: int) -> StockMovement | None:
    """Correct a pool by what somebody counted against the number that they saw before.

    What was sold meanwhile stays sold. Otherwise as `set_quantity`.
    """
    _check_count(counted)
    reason = f"Counted {counted} where the books said {seen}."
    return _move(doer, pool_id, MovementKind.RECOUNTED, by=counted - seen, reason=reason)


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


def _move(
    doer: Doer,
    pool_id: int,
    kind: MovementKind,
    *,
    by: int = 0,
    to: int | None = None,
    reason: str = "",
) -> StockMovement | None:
    with transaction.atomic():
        pool = _locked(doer, pool_id)
        before: StockMovement | None = pool.movements.filter(
            cause_id=doer.cause_id, member=None, kind=kind
        ).first()
        if before is not None:
            return before
        if pool.mode == StockMode.OWNER:
            raise NotAllowedNowError(f"This stock is counted by {pool.owner}, not here.")
        if kind is not MovementKind.ADJUSTED:
            close(pool, by=doer.actor, reason="Somebody has counted.")
        delta = by if to is None else to - pool.quantity
        if abs(pool.quantity + delta) > MOST:
            raise BadQuantityError(f"A stock of {pool.quantity + delta:,} is not possible.")
        row = None
        if delta:
            row = move(pool, None, kind, doer.cause, pool_delta=delta, reason=reason)
        queue_pool(pool, cause_id=doer.cause_id)
    return row


def _locked(doer: Doer, pool_id: int) -> StockPool:
    mine = StockPool.objects.filter(workspace=doer.workspace_id, pk=pool_id)
    pool: StockPool | None = mine.select_for_update(no_key=True).first()
    if pool is None:
        raise NotFoundHereError("This stock does not exist in this workspace.")
    return pool


def _check_count(quantity: int) -> None:
    if not 0 <= quantity <= MOST:
        raise BadQuantityError(f"Nobody can count {quantity:,} pieces.")
