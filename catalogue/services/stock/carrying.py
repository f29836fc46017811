"""Carrying errands of stock out: judged as a whole, then one variant a step, whoever dies."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalogue.domain.gates import Move, stock_move
from catalogue.enums import ErrandState, JoinChoice, MovementKind, Source, StockVerb
from catalogue.errors import CatalogueError
from catalogue.models import HeldBatch, StockCount, StockErrand, StockMember, StockPool
from catalogue.selectors.stock import preview_join
from catalogue.services import errands
from catalogue.services.errands import locked, set_state
from catalogue.services.stock import acts
from catalogue.services.stock.gate import COUNTS, Wish, hold_errand, name_of
from catalogue.services.stock.ledger import Doer
from catalogue.services.stock.scene import standing_of
from catalogue.services.stock.verbs import move_pool


@dataclass(frozen=True, slots=True)
class Act:
    """What an errand is about, row by row; what it does to each (or why not); what that moves."""

    rows: Callable[[StockErrand], QuerySet[Any]]
    act: Callable[[StockErrand, int], str]
    moves: Callable[[StockErrand], Iterable[Move]] = lambda _: ()


def start(errand: StockErrand) -> StockErrand:
    """Store an errand that the workers carry out, or that waits at the gates."""
    with transaction.atomic():
        act = _ACTS[StockVerb(errand.verb)]
        errand.total = act.rows(errand).count()
        hold_errand(errand, list(act.moves(errand)))
        errand.started_at = timezone.now()
        errand.save()
    return errand


def start_counts(doer: Doer, wishes: Mapping[int, Wish]) -> StockErrand:
    """Set or move many pools as one batch, by their ids; those of others are left out.

    Raises BadQuantityError or NotAllowedNowError as the verbs do, pool by pool, into its report.
    """
    with transaction.atomic():
        errand = StockErrand(
            workspace_id=doer.workspace_id,
            verb=StockVerb.COUNT,
            source=doer.source,
            by=doer.actor,
            cause_id=doer.cause_id,
        )
        pools = StockPool.objects.filter(workspace=doer.workspace_id, pk__in=wishes)
        found = list(pools.select_related("variant__product").order_by("pk"))
        moves = [
            stock_move(name_of(one), one.quantity, wishes[one.pk].after(one.quantity))
            for one in found
        ]
        hold_errand(errand, moves)
        errand.total, errand.started_at = len(found), timezone.now()
        if missing := len(wishes) - len(found):
            errand.left_out = {"This stock does not exist in this workspace.": missing}
        errand.save()
        StockCount.objects.bulk_create(_count(errand, one, wishes[one.pk]) for one in found)
    return errand


def finish(errand: StockErrand) -> StockErrand:
    """Carry an errand out here and now, unless it is held; the errand as it ended."""
    while errands.take_step(StockErrand, errand.pk, _step):
        pass
    errand.refresh_from_db()
    return errand


def cancel_stock(errand_id: int, *, by: str) -> StockErrand:
    return errands.cancel(StockErrand, errand_id, by=by)


def release_stock(batch: HeldBatch) -> int:
    """Let a held errand run, in the caller's transaction."""
    errand = _held(batch)
    set_state(errand, ErrandState.RUNNING)
    return errand.total


def discard_stock(batch: HeldBatch) -> None:
    said = f"Discarded by {batch.decided_by}: {batch.decision}"
    set_state(_held(batch), ErrandState.CANCELLED, said)


def answer_sold_out(batch: HeldBatch, verb: StockVerb) -> int:
    """Send the workers through the pools that a store had emptied: as told, or back again."""
    errand = StockErrand(
        workspace_id=batch.workspace_id,
        verb=verb,
        source=Source.MANUAL,
        by=batch.decided_by,
        store_id=batch.store_id,
        held=batch,
        state=ErrandState.RUNNING,
        started_at=timezone.now(),
    )
    errand.total = _ACTS[verb].rows(errand).count()
    errand.save()
    return errand.total


def any_stock() -> bool:
    return errands.any_running(StockErrand)


def run_stock() -> None:
    errands.run_all(StockErrand, _step)


def _step(errand: StockErrand) -> bool:
    """Do one variant, the next by its id."""
    act = _ACTS[StockVerb(errand.verb)]
    left = act.rows(errand).filter(pk__gt=errand.cursor).order_by("pk")
    pk = left.values_list("pk", flat=True).first()
    if pk is None:
        set_state(errand, ErrandState.DONE, _said(errand))
        return False
    if why := act.act(errand, pk):
        errand.left_out[why] = errand.left_out.get(why, 0) + 1
    else:
        errand.changed += 1
    errand.cursor, errand.looked_at = pk, errand.looked_at + 1
    return True


def _said(errand: StockErrand) -> str:
    left = "".join(f" {count}: {why}" for why, count in errand.left_out.items())
    return f"{errand.changed} of {errand.total} were changed.{left}"


def _held(batch: HeldBatch) -> StockErrand:
    return locked(StockErrand, StockErrand.objects.get(held=batch).pk, ErrandState.HELD)


def _count(errand: StockErrand, pool: StockPool, wish: Wish) -> StockCount:
    return StockCount(
        errand=errand,
        pool=pool,
        kind=wish.kind,
        number=wish.number,
        reason=wish.reason,
        seen=pool.sequence,
    )


def _of_location(errand: StockErrand) -> QuerySet[StockMember]:
    return _named(errand, StockMember.objects.filter(location=errand.location_id))


def _of_store(errand: StockErrand) -> QuerySet[StockMember]:
    rows = StockMember.objects.filter(store=errand.store_id).exclude(buffer=errand.buffer)
    return _named(errand, rows.filter(pool__place=errand.place) if errand.place else rows)


def _of_place(errand: StockErrand) -> QuerySet[StockPool]:
    rows = StockPool.objects.filter(workspace=errand.workspace_id, place=errand.place)
    return rows if errand.variants is None else rows.filter(variant__in=errand.variants)


def _of_batch(errand: StockErrand) -> QuerySet[StockPool]:
    """Those that wait; whoever is put back, so are those that were told before anybody knew."""
    rows = StockPool.objects.filter(workspace=errand.workspace_id, held=errand.held_id)
    if errand.verb == StockVerb.TAKE_IN or errand.held is None:
        return rows
    before = StockPool.objects.filter(
        workspace=errand.workspace_id, pk__in=errand.held.details.get("before", {})
    )
    return rows | before


def _named(errand: StockErrand, rows: QuerySet[StockMember]) -> QuerySet[StockMember]:
    return rows if errand.variants is None else rows.filter(pool__variant__in=errand.variants)


def _joins(errand: StockErrand) -> Iterator[Move]:
    """Both numbers that a join may write: the store's, and that of the place."""
    found = preview_join(
        workspace_id=errand.workspace_id,
        place=errand.place,
        location_id=errand.location_id,
        choice=JoinChoice(errand.choice),
        variant_ids=errand.variants,
    )
    for one in found:
        yield stock_move(
            f"{name_of(one.member.pool)} in {errand.store}", one.member.level, one.would_show
        )
        if one.moves_others:
            name = name_of(one.member.pool).replace("own stock", errand.place)
            yield stock_move(name, one.pool.quantity, one.would_have)


def _keeps_back(errand: StockErrand) -> Iterator[Move]:
    for one in _of_store(errand).select_related("pool__variant__product"):
        one.buffer = errand.buffer
        after = standing_of(one, one.pool).target(one.level)
        yield stock_move(f"{name_of(one.pool)} in {errand.store}", one.level, after)


def _hands_over(errand: StockErrand) -> Iterator[Move]:
    owned = StockMember.objects.filter(store=errand.store_id, pool__in=_of_place(errand))
    for one in owned.select_related("pool__variant__product"):
        yield stock_move(name_of(one.pool), one.pool.quantity, one.level)


def _do_count(errand: StockErrand, pk: int) -> str:
    """Move one pool as wished; where people have counted since, theirs is the newer number."""
    row = errand.counts.select_related("pool").get(pk=pk)
    since = row.pool.movements.filter(sequence__gt=row.seen, member=None, kind__in=COUNTS)
    if row.kind == MovementKind.SET and since.exists():
        return "Somebody has set it since."
    wish = Wish(MovementKind(row.kind), row.number, row.reason)
    try:
        with transaction.atomic():
            move_pool(acts.doer_of(errand), row.pool_id, wish, judged=True)
    except CatalogueError as error:
        return str(error)
    return ""


_ACTS: Mapping[StockVerb, Act] = {
    StockVerb.FOUND: Act(_of_location, acts.found),
    StockVerb.JOIN: Act(_of_location, acts.join, _joins),
    StockVerb.LEAVE: Act(_of_location, acts.take_out),
    StockVerb.KEEP_BACK: Act(_of_store, acts.keep_back, _keeps_back),
    StockVerb.HAND_OVER: Act(_of_place, acts.hand_over, _hands_over),
    StockVerb.COUNT: Act(lambda errand: errand.counts.all(), _do_count),
    StockVerb.TAKE_IN: Act(_of_batch, acts.take_in),
    StockVerb.PUT_BACK: Act(_of_batch, acts.put_back),
}
