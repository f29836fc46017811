"""Carrying an import out: in chunks that store their own end, so that it goes on where it stood."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalogue.domain.gates import Move
from catalogue.enums import ErrandState, HeldAct, RowState, Source
from catalogue.models import HeldBatch, ImportRow, ImportRun, Product
from catalogue.services import errands
from catalogue.services.desk import open_desk, refusals
from catalogue.services.edit import Edited, edit
from catalogue.services.errands import locked, set_state
from catalogue.services.feeds import feed_of
from catalogue.services.gates import Cause, hold, judge, version_that_stands, what, wish_of
from catalogue.services.stock_columns import carry_counts_out, moves_of
from syncqueue.enums import Priority

CHUNK = 200  # rows that are merged and queued in one transaction
COUNTED = 50  # ... where they count stock: meanwhile no sale of it is counted
_PUT_ROWS = """
UPDATE catalogue_importrow AS r SET state = u.state, reason = u.reason
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS u(id, state, reason) WHERE r.id = u.id
"""
MOVED = "Somebody has set {} since the preview: left alone."


def start_import(run_id: int, *, by: str) -> ImportRun:
    """Let the workers carry out what was previewed, or hold the whole of it at the gates."""
    with transaction.atomic():
        run = locked(ImportRun, run_id, ErrandState.PREVIEW)
        run.by, run.started_at = by, timezone.now()
        moves = _moves(run)
        objections = judge(moves, feed_of(run))
        if objections:
            cause = Cause(run.workspace_id, Source.IMPORT, by, run.cause_id)
            run.held = hold(HeldAct.IMPORT, cause, moves, objections, details={"file": run.name})
            set_state(run, ErrandState.HELD, run.held.words)
        else:
            set_state(run, ErrandState.RUNNING)
    return run


def cancel_import(run_id: int, *, by: str) -> ImportRun:
    """Stop an import: what it has set stands, and can be rolled back by its cause."""
    return errands.cancel(ImportRun, run_id, by=by)


def release_import(batch: HeldBatch) -> int:
    """Let a held import run, in the caller's transaction."""
    run = locked(ImportRun, ImportRun.objects.get(held=batch).pk, ErrandState.HELD)
    set_state(run, ErrandState.RUNNING)
    return run.values_wanted


def discard_import(batch: HeldBatch) -> None:
    run = locked(ImportRun, ImportRun.objects.get(held=batch).pk, ErrandState.HELD)
    set_state(run, ErrandState.CANCELLED, f"Discarded by {batch.decided_by}: {batch.decision}")


def any_import() -> bool:
    return errands.any_running(ImportRun)


def run_imports() -> None:
    errands.run_all(ImportRun, _step)


def take_step(run_id: int) -> bool:
    """Carry out the next rows of an import; whether there may be more."""
    return errands.take_step(ImportRun, run_id, _step)


def _step(run: ImportRun) -> bool:
    rows = list(run.rows.filter(number__gt=run.cursor).order_by("number")[:CHUNK])
    if any(row.stocks for row in rows):
        rows = rows[:COUNTED]
    if not rows:
        said = f"{run.values_set} values of {run.rows_read} rows were set."
        set_state(run, ErrandState.DONE, said)
        return False
    ready = _of_known_products([row for row in rows if row.state == RowState.READY])
    _set_values(run, ready)
    run.values_set += carry_counts_out(run, ready)
    _save(ready)
    run.cursor = rows[-1].number
    return True


def _set_values(run: ImportRun, rows: Sequence[ImportRow]) -> None:
    """Set what nobody has set since the preview, by the one door."""
    stored = [(row, one) for row in rows for one in row.wishes]
    fresh = _fresh(run, stored)
    if not fresh:
        return
    done = edit(
        workspace_id=run.workspace_id,
        wishes=[wish_of(one) for _, one in fresh],
        source=Source.IMPORT,
        actor=run.by,
        priority=Priority.BULK,
        cause_id=run.cause_id,
        released=run.held_id,
    )
    run.values_set += len(done.changes)
    _mark(rows, {row.pk for row, _ in fresh}, done)


def _of_known_products(rows: Sequence[ImportRow]) -> Sequence[ImportRow]:
    ids = {row.product_id for row in rows if row.product_id}
    locked = Product.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    known = set(locked.values_list("pk", flat=True))
    for row in rows:
        if row.product_id not in known:
            row.state, row.reason, row.wishes = RowState.DROPPED, "Its product is gone.", []
            row.stocks = []
    return rows


def _fresh(
    run: ImportRun, stored: Sequence[tuple[ImportRow, dict[str, Any]]]
) -> list[tuple[ImportRow, dict[str, Any]]]:
    fresh = []
    stored = _possible(run, stored)
    wishes = [wish_of(one) for _, one in stored]
    desk = open_desk(run.workspace_id, wishes, run.cause_id)
    for wish, (row, one) in zip(wishes, stored, strict=True):
        if version_that_stands(desk, wish) == one["base"]:
            fresh.append((row, one))
        else:
            _drop(row, MOVED.format(f"{wish.attribute} of {what(desk, wish)}"))
    return fresh


def _possible(
    run: ImportRun, stored: Sequence[tuple[ImportRow, dict[str, Any]]]
) -> list[tuple[ImportRow, dict[str, Any]]]:
    """Leave what a store does not take from here any more."""
    refused = refusals(run.workspace_id, [wish_of(one) for _, one in stored])
    for place, said in refused.items():
        _drop(stored[place][0], said)
    return [one for place, one in enumerate(stored) if place not in refused]


def _drop(row: ImportRow, said: str) -> None:
    row.state, row.reason = RowState.DROPPED, f"{row.reason} {said}".strip()


def _mark(rows: Sequence[ImportRow], taken: set[int], done: Edited) -> None:
    for row in rows:
        if row.pk in taken:
            row.state = RowState.HELD if done.held else RowState.APPLIED
            if done.held:
                row.reason = f"Held at the gates: {done.held.words}"


def _save(rows: Sequence[ImportRow]) -> None:
    columns = [
        list(column) for column in zip(*((r.pk, str(r.state), r.reason) for r in rows), strict=True)
    ]
    if columns:
        with connection.cursor() as cursor:
            cursor.execute(_PUT_ROWS, columns)


def _moves(run: ImportRun) -> list[Move]:
    """Everything that an import would move, compared with what stands now."""
    moves: list[Move] = []
    rows = run.rows.filter(state=RowState.READY).order_by("number")
    for start in range(0, rows.count(), CHUNK * 5):
        chunk = rows[start : start + CHUNK * 5]
        wanted = [(row, one) for row in chunk for one in row.wishes if not one["clear"]]
        stored = [one for _, one in _possible(run, wanted)]
        wishes = [wish_of(one) for one in stored]
        desk = open_desk(run.workspace_id, wishes, run.cause_id)
        moves += [
            Move(what(desk, wish), wish.attribute, desk.shown(wish), one["value"])
            for wish, one in zip(wishes, stored, strict=True)
        ]
        moves += moves_of(chunk)
    return moves
