"""The plan of a batch of edits: what each would become in every live store, then doing just that.

Applied, an edit of which anything is otherwise by now is dropped, and listed with the reason.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from catalogue.domain.plan import PlannedLeaf, chained, first_mark, why_moved
from catalogue.domain.values import BadValueError, Value
from catalogue.enums import HeldAct, PlanAct, PlanState, Source
from catalogue.errors import CatalogueError
from catalogue.models import Plan, PlanEdit, PlanLine
from catalogue.services.desk import SetValue, put_rows
from catalogue.services.edit import edit, prepare
from catalogue.services.foresight import Foreseen, foresee, key_of, wish_of
from catalogue.services.gates import Cause, hold, judge, moves_of, stored_wish
from catalogue.services.plan_lines import leaf_of, line_of
from syncqueue.enums import Priority

CHUNK = 200
INTERACTIVE = 50  # beyond so many edits nobody sits waiting for the answer
_PUT = """
UPDATE catalogue_planedit AS e SET base = u.base, stands = u.stands, mark = u.mark,
    changed = u.changed
FROM unnest(%b::bigint[], %b::text[], %b::jsonb[], %b::text[], %b::bool[])
    AS u(id, base, stands, mark, changed)
WHERE e.id = u.id
"""
MOVED = "Somebody has set it since the plan was made."


def store(workspace_id: int, wishes: Sequence[SetValue], *, by: str) -> Plan:
    """Keep what is wanted, in normal form, to be drafted; raises as `edit` does."""
    check_once(wishes)
    with transaction.atomic():
        desk, values = prepare(workspace_id, wishes, uuid4())
        plan: Plan = Plan.objects.create(
            workspace_id=workspace_id,
            act=PlanAct.BATCH,
            hash=first_mark(f"batch of workspace {workspace_id}"),
            size=len(wishes),
            objections=[one.reason for one in judge(moves_of(desk, wishes, values))],
            cause_id=desk.cause_id,
            made_by=by,
        )
        wanted = sorted(zip(wishes, values, strict=True), key=lambda one: one[0].product_id)
        PlanEdit.objects.bulk_create(
            [_row(plan, number, *one) for number, one in enumerate(wanted, start=1)],
            batch_size=1_000,
        )
    return plan


def check_once(wishes: Iterable[SetValue]) -> None:
    """Refuse a batch that wants two things of one value: nobody could say which one counts."""
    places = Counter((w.product_id, w.variant_id, w.store_id, w.attribute) for w in wishes)
    for (product_id, variant_id, _, name), many in places.items():
        if many > 1:
            of = f"variant {variant_id} of product" if variant_id else "product"
            raise BadValueError(f"{name} of {of} {product_id} stands {many} times in this batch.")


def chunk_of(plan: Plan) -> list[int]:
    """The numbers of the next edits."""
    rows = plan.edits.filter(number__gt=plan.cursor)
    return list(rows.values_list("number", flat=True)[:CHUNK])


def draft(plan: Plan, numbers: list[int]) -> None:
    """Keep what each edit would become in every live store."""
    counts, lines = Counter(plan.counts), list[PlanLine]()
    rows = list(plan.edits.filter(number__in=numbers))
    desk, values = prepare(plan.workspace_id, [wish_of(row) for row in rows], plan.cause_id)
    for row, seen in foresee(plan, rows, desk, values).items():
        row.base, row.stands, row.mark = seen.base, seen.stands, seen.mark(row)
        plan.hash = chained(plan.hash, [row.mark])
        row.changed = seen.changed
        plan.unchanged += not seen.changed
        counts.update(leaf.kind.value for _, leaf in seen.leaves)
        for pic, leaf in seen.leaves:
            lines.append(line_of(plan, pic, leaf))
            lines[-1].edit = row
    plan.counts = dict(counts)
    put_rows(
        _PUT,
        [(row.pk, row.base, json.dumps(row.stands), row.mark, row.changed) for row in rows],
    )
    PlanLine.objects.bulk_create(lines, batch_size=1_000)


def begin(plan: Plan) -> None:
    """Hold the whole of it where the gates object; nothing of it has happened then."""
    rows = _possible(plan, list(plan.edits.all()))
    wishes = [wish_of(row) for row in rows]
    desk, values = prepare(plan.workspace_id, wishes, plan.cause_id)
    moves = moves_of(desk, wishes, values)
    plan.objections = [one.reason for one in judge(moves)]
    if not plan.objections:
        return
    cause = Cause(plan.workspace_id, Source.API, plan.approved_by, plan.cause_id)
    stored = [stored_wish(wish_of(row), row.value, row.base) for row in rows]
    plan.held = hold(HeldAct.EDIT, cause, moves, judge(moves), wishes=stored)
    plan.state, plan.reason = PlanState.HELD, plan.held.words
    plan.finished_at = timezone.now()


def apply(plan: Plan, numbers: list[int]) -> None:
    """Make the edits that would still become what was approved, by the one door."""
    rows = list(plan.edits.filter(number__in=numbers, dropped=""))
    kept = _still_as_planned(plan, _possible(plan, rows))
    if not kept:
        return
    done = edit(
        workspace_id=plan.workspace_id,
        wishes=[wish_of(row) for row in kept],
        source=Source.API,
        actor=plan.approved_by,
        priority=Priority.INTERACTIVE if plan.size <= INTERACTIVE else Priority.BULK,
        cause_id=plan.cause_id,
    )
    plan.applied += len(done.changes)
    if done.held is not None:
        _drop(plan, dict.fromkeys(kept, f"Held at the gates: {done.held.words}"))


def finish(plan: Plan) -> None:
    plan.state, plan.finished_at = PlanState.APPLIED, timezone.now()
    plan.reason = f"{plan.applied} of {plan.size} values were set, {plan.dropped} had moved."
    plan.save()


def prune_plans(before: datetime, batch: int) -> Counter[str]:
    """Forget old plans of batches: what they set stands in the ledger. One batch."""
    old = Plan.objects.filter(act=PlanAct.BATCH, made_at__lt=before).exclude(
        state=PlanState.CHECKING
    )
    ids = list(old.values_list("pk", flat=True)[: max(1, batch // 100)])
    return +Counter(plans=len(ids) if Plan.objects.filter(pk__in=ids).delete()[0] else 0)


def _row(plan: Plan, number: int, wish: SetValue, value: Value) -> PlanEdit:
    return PlanEdit(
        plan=plan,
        number=number,
        product_id=wish.product_id,
        variant_id=wish.variant_id,
        store_id=wish.store_id,
        attribute=wish.attribute,
        value=value,
        clear=wish.clear,
    )


def _possible(plan: Plan, rows: Sequence[PlanEdit]) -> list[PlanEdit]:
    """Drop what could not be edited any more: its product is gone, its store owns it by now."""
    said = _refusal(plan, rows)
    if said is None:
        return list(rows)
    if len(rows) == 1:
        _drop(plan, {rows[0]: said})
        return []
    half = len(rows) // 2
    return [*_possible(plan, rows[:half]), *_possible(plan, rows[half:])]


def _refusal(plan: Plan, rows: Sequence[PlanEdit]) -> str | None:
    try:
        prepare(plan.workspace_id, [wish_of(row) for row in rows], plan.cause_id)
    except (CatalogueError, BadValueError) as error:
        return str(error)
    return None


def _still_as_planned(plan: Plan, rows: Sequence[PlanEdit]) -> list[PlanEdit]:
    """Drop what has moved, and with it whatever else the batch wants of the same value."""
    if not rows:
        return []
    desk, values = prepare(plan.workspace_id, [wish_of(row) for row in rows], plan.cause_id)
    approved: dict[int, list[PlannedLeaf]] = defaultdict(list)
    for line in plan.lines.filter(edit__in=rows):
        approved[line.edit_id or 0].append(leaf_of(line))
    now = foresee(plan, rows, desk, values, lock=True)
    moved = {
        row: _why(row, seen, approved[row.pk])
        for row, seen in now.items()
        if seen.mark(row) != row.mark
    }
    places = {(row.product_id, key_of(row)): said for row, said in moved.items()}
    beside = {row: places.get((row.product_id, key_of(row)), "") for row in rows}
    dropped = {row: said for row, said in beside.items() if said}
    _drop(plan, dropped)
    return [row for row in rows if row not in dropped]


def _why(row: PlanEdit, seen: Foreseen, approved: Sequence[PlannedLeaf]) -> str:
    """In one sentence, what is otherwise than in the plan."""
    if seen.base != row.base:
        return MOVED
    known = {leaf.listing_id: leaf for leaf in approved}
    for pic, leaf in seen.leaves:
        if known.pop(leaf.listing_id, None) != leaf:
            before = next((one for one in approved if one.listing_id == leaf.listing_id), None)
            return f"{pic.store}: {why_moved(before, leaf)}"
    return "A store that the plan names would not be written any more."


def _drop(plan: Plan, reasons: Mapping[PlanEdit, str]) -> None:
    for row, said in reasons.items():
        row.dropped = said
        row.lines.update(dropped=said)
    PlanEdit.objects.bulk_update(list(reasons), ["dropped"])
    plan.dropped += len(reasons)
