"""The gates before stock: what would empty many stocks at a stroke waits for a person.

A batch is judged as a whole before it begins. A program that asks for one number after the other,
and a store whose levels fall one after the other, are judged by what they emptied within minutes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from catalogue.domain.gates import Move, Objection, stock_move
from catalogue.enums import (
    ErrandState,
    HeldAct,
    HeldState,
    MemberState,
    MovementKind,
    Source,
    StockMode,
    StockVerb,
)
from catalogue.models import (
    HeldBatch,
    StockCount,
    StockErrand,
    StockMember,
    StockMovement,
    StockPool,
)
from catalogue.services.gates import SAMPLES, Cause, describe, hold, judge, sample
from catalogue.services.stock.ledger import Doer
from stores.models import Store

TRUST = timedelta(hours=1)  # so long a person's release of a store's or a program's batch holds
COUNTS = (MovementKind.SET, MovementKind.ADJUSTED, MovementKind.RECOUNTED)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a pool: to be set to a number, or moved by it."""

    kind: MovementKind
    number: int
    reason: str = ""
    seen: int | None = None  # the pool's last movement that was seen, where that matters

    def after(self, quantity: int) -> int:
        return self.number if self.kind is MovementKind.SET else quantity + self.number


def name_of(pool: StockPool) -> str:
    return f"{describe(pool.variant.product, pool.variant)} ({pool.name})"


def hold_errand(errand: StockErrand, moves: Sequence[Move]) -> None:
    """Let a batch run that the checks have nothing against; the others wait for a person."""
    objections = judge(moves)
    errand.state = ErrandState.HELD if objections else ErrandState.RUNNING
    if objections:
        cause = Cause(
            errand.workspace_id, Source(errand.source), errand.by, errand.cause_id, errand.store_id
        )
        errand.held = hold(HeldAct.STOCK, cause, moves, objections)
        errand.reason = errand.held.words


def hold_wish(doer: Doer, pool: StockPool, wish: Wish) -> HeldBatch | None:
    """Hold what a program wants of a pool, if it is emptying many; people's own edits pass."""
    after = wish.after(pool.quantity)
    if doer.source == Source.MANUAL or not pool.quantity > 0 >= after:
        return None
    mine = {"workspace": doer.workspace_id, "source": doer.source, "actor": doer.actor}
    if _trusted(act=HeldAct.STOCK, **mine):
        return None
    move = stock_move(name_of(pool), pool.quantity, after)
    batch = _open_batch(act=HeldAct.STOCK, **mine, stock_errands__verb=StockVerb.COUNT)
    if batch is None:
        moves = [*_emptied_by(doer), move]
        objections = judge(moves) if _counts(wish.kind, pool.quantity - after) else []
        if not objections:
            return None
        said = f"{doer.actor or 'A program'} has emptied so many stocks within minutes."
        reasons = [said, *(objection.reason for objection in objections)]
        batch = _hold_count(doer, move, [Objection(one, (0,)) for one in reasons])
    else:
        _add_to(batch, move)
    _keep(batch, pool, wish)
    return batch


def watch(pool: StockPool, member: StockMember, fell: int) -> None:
    """Hold a pool that its store has just emptied, if that store empties many at a stroke.

    Counted it is, so that the books stay right; nobody is told before a person has looked.
    """
    if pool.mode == StockMode.OWN or pool.question or not pool.quantity + fell > 0 >= pool.quantity:
        return
    store = member.store
    if _trusted(store=store, act__in=(HeldAct.SOLD_OUT, HeldAct.STOCK)):
        return
    move = stock_move(f"{name_of(pool)} in {store}", pool.quantity + fell, pool.quantity)
    batch = _open_batch(store=store, act=HeldAct.SOLD_OUT)
    if batch is not None:
        _add_to(batch, move)
    elif (batch := _hold_store(store, pool, move)) is None:
        return
    pool.held, pool.disputed = batch, -fell
    pool.question = f"{store} has emptied many stocks within minutes: is this one really empty?"
    pool.save(update_fields=["held", "disputed", "question"])


def _hold_store(store: Store, pool: StockPool, move: Move) -> HeldBatch | None:
    emptied = _emptied_in(store)
    before = [row for row in emptied.values() if row.pool_id != pool.pk]
    sudden = [row for row in before if -row.pool_delta >= settings.GATE_STOCK_FALL]
    if int(str(move.before)) - int(str(move.after)) < settings.GATE_STOCK_FALL:
        sudden = []
    moves = [*_moves(sudden, store), move] if sudden else []
    if not judge(moves):
        if len(emptied) * 2 < _stocked(store) + len(emptied):
            return None
        moves, sudden = [*_moves(before, store), move], before
    objections = judge(moves)
    if not objections:
        return None
    minutes = settings.GATE_STOCK_MINUTES
    said = f"{store} has emptied so many stocks within {minutes} minutes; what follows waits, too."
    cause = Cause(store.workspace_id, Source.SYNC, str(store), emptied[pool.pk].cause_id, store.pk)
    told = {str(row.pool_id): -row.pool_delta for row in sudden}
    return hold(
        HeldAct.SOLD_OUT, cause, moves, [Objection(said), *objections], details={"before": told}
    )


def _hold_count(doer: Doer, move: Move, objections: Sequence[Objection]) -> HeldBatch:
    cause = Cause(doer.workspace_id, doer.source, doer.actor, doer.cause_id)
    batch = hold(HeldAct.STOCK, cause, [move], objections)
    StockErrand.objects.create(
        workspace_id=doer.workspace_id,
        verb=StockVerb.COUNT,
        source=doer.source,
        by=doer.actor,
        cause_id=doer.cause_id,
        state=ErrandState.HELD,
        held=batch,
        reason=batch.words,
    )
    return batch


def _keep(batch: HeldBatch, pool: StockPool, wish: Wish) -> None:
    """Store a wish with its batch; a later one of the same pool is added to it or replaces it."""
    errand = batch.stock_errands.select_for_update(no_key=True).get()
    row = StockCount.objects.filter(errand=errand, pool=pool).first()
    if row is None:
        row = StockCount(errand=errand, pool=pool, kind=wish.kind, number=0)
        errand.total += 1
        errand.save(update_fields=["total"])
    if wish.kind is MovementKind.SET:
        row.kind, row.number = wish.kind, wish.number
    else:
        row.number += wish.number
    row.reason, row.seen = wish.reason, pool.sequence
    row.save()


def _add_to(batch: HeldBatch, move: Move) -> None:
    batch.size += 1
    seen = {**sample(move), "place": batch.size - 1, "meant": True}
    batch.samples = [*batch.samples, seen][:SAMPLES]
    batch.save(update_fields=["size", "samples"])


def _open_batch(**which: Any) -> HeldBatch | None:
    """The batch that waits already. One that somebody is just deciding is not waited for.

    A pool is locked here, and who decides a batch locks pools after it.
    """
    rows = HeldBatch.objects.filter(state=HeldState.HELD, **which)
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()


def _trusted(**which: Any) -> bool:
    return HeldBatch.objects.filter(
        state=HeldState.RELEASED, decided_at__gt=timezone.now() - TRUST, **which
    ).exists()


def _since() -> datetime:
    return timezone.now() - timedelta(minutes=settings.GATE_STOCK_MINUTES)


def _emptying() -> QuerySet[StockMovement]:
    rows = StockMovement.objects.filter(
        created_at__gt=_since(), quantity__lte=0, pool_delta__lt=0, quantity_before__gt=0
    )
    return rows.select_related("pool__variant__product").order_by("id")


def _emptied_by(doer: Doer) -> list[Move]:
    """What a program has emptied in the last minutes; a few pieces taken out are a sale."""
    rows = _emptying().filter(
        pool__workspace=doer.workspace_id,
        member=None,
        kind__in=COUNTS,
        source=doer.source,
        actor=doer.actor,
    )
    last = {row.pool_id: row for row in rows if _counts(row.kind, -row.pool_delta)}
    return _moves(last.values())


def _counts(kind: str, fell: int) -> bool:
    return kind != MovementKind.ADJUSTED or fell >= settings.GATE_STOCK_FALL


def _emptied_in(store: Store) -> Mapping[int, StockMovement]:
    kinds = (MovementKind.COUNTED, MovementKind.JOINED)
    rows = _emptying().filter(member__store=store, kind__in=kinds)
    return {row.pool_id: row for row in rows.exclude(pool__mode=StockMode.OWN)}


def _stocked(store: Store) -> int:
    rows = StockMember.objects.filter(store=store, state=MemberState.MEMBER, level__gt=0)
    return rows.exclude(pool__mode=StockMode.OWN).count()


def _moves(rows: Iterable[StockMovement], store: Store | None = None) -> list[Move]:
    place = f" in {store}" if store else ""
    return [
        stock_move(f"{name_of(row.pool)}{place}", row.quantity - row.pool_delta, row.quantity)
        for row in rows
    ]
