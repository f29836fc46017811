"""Taking changes back: an edit like any other, but for what has moved since, which is listed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from catalogue.domain.attributes import BadValueError, attribute
from catalogue.domain.cleaning import clean
from catalogue.domain.rollback import Step, Target, target_of
from catalogue.enums import ChangeFate, ErrandState, OverrideKind, Ownership, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, Product, Rollback
from catalogue.selectors.changes import Choice, Register, chosen, histories
from catalogue.selectors.terms import terms_of
from catalogue.services import errands
from catalogue.services.edit import SetValue, edit
from catalogue.services.errands import set_state
from catalogue.services.ledger import store_changes

CHUNK = 250


@dataclass(frozen=True, slots=True)
class Restore:
    """A value that goes back: the change that set what stands now, and what it becomes."""

    change: Change
    register: Register
    target: Target

    def wish(self) -> SetValue:
        product_id, variant_id, name, store_id = self.register
        clear = store_id is not None and not self.target.kind
        return SetValue(
            product_id=product_id,
            variant_id=variant_id,
            attribute=name,
            store_id=store_id,
            value=None if clear else self.target.value,
            clear=clear,
            kind=OverrideKind(self.target.kind) if self.target.kind else OverrideKind.PINNED,
        )


@dataclass(frozen=True, slots=True)
class Skipped:
    """A value that stays as it is: the newest chosen change of it, and why."""

    change: Change
    reason: str


@dataclass(slots=True)
class RollbackPlan:
    restores: list[Restore] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def plan_rollback(workspace_id: int, choice: Choice) -> RollbackPlan:
    """What a rollback would do now.

    Raises NotAllowedNowError where nothing in particular is meant.
    """
    _check(choice)
    plan, rows = RollbackPlan(), chosen(workspace_id, choice)
    for product_ids in _chunks(rows):
        _plan(plan, rows, product_ids)
    return plan


def start_rollback(workspace_id: int, choice: Choice, *, by: str) -> Rollback:
    """Let the workers take back what is chosen now: a row that goes on whoever of them dies.

    Each step is planned anew under its locks. What it skips stands in the ledger as rejected.
    """
    _check(choice)
    meant = chosen(workspace_id, choice).aggregate(
        upto=Max("id"), last=Max("product"), products=Count("product", distinct=True)
    )
    return Rollback.objects.create(
        workspace_id=workspace_id,
        choice=choice.to_json(),
        by=by,
        state=ErrandState.RUNNING,
        started_at=timezone.now(),
        upto=meant["upto"] or 0,
        last=meant["last"] or 0,
        products=meant["products"],
    )


def roll_back(workspace_id: int, choice: Choice, *, by: str) -> Rollback:
    """Take back what is chosen, here and now; the errand as it ended."""
    run = start_rollback(workspace_id, choice, by=by)
    while errands.take_step(Rollback, run.pk, _take_back):
        pass
    run.refresh_from_db()
    return run


def cancel_rollback(run_id: int, *, by: str) -> Rollback:
    return errands.cancel(Rollback, run_id, by=by)


def any_rollback() -> bool:
    return errands.any_running(Rollback)


def run_rollbacks() -> None:
    errands.run_all(Rollback, _take_back)


def _take_back(run: Rollback) -> bool:
    """Restore what stood before the chosen changes of the next products."""
    choice = Choice.from_json(run.choice)
    left = chosen(run.workspace_id, choice).filter(
        product__gt=run.cursor, product__lte=run.last, pk__lte=run.upto
    )
    ids = list(left.order_by("product").values_list("product", flat=True).distinct()[:CHUNK])
    if not ids:
        held = f" {run.held} values wait at the gates." if run.held else ""
        said = f"{run.restored} values went back; {run.skipped} were skipped.{held}"
        set_state(run, ErrandState.DONE, said)
        return False
    locked = Product.objects.select_for_update().filter(pk__in=ids)
    list(locked.order_by("pk").values("pk"))
    plan = RollbackPlan()
    _plan(plan, chosen(run.workspace_id, choice).filter(pk__lte=run.upto), ids)
    _carry_out(run, plan)
    run.cursor, run.looked_at = ids[-1], run.looked_at + len(ids)
    return True


def _carry_out(run: Rollback, plan: RollbackPlan) -> None:
    if plan.restores:
        done = edit(
            workspace_id=run.workspace_id,
            wishes=[one.wish() for one in plan.restores],
            source=Source.ROLLBACK,
            actor=run.by,
            cause_id=run.cause_id,
        )
        run.held += done.held.size if done.held else 0
        run.restored += 0 if done.held else len(plan.restores)
    store_changes([_rejected(one, run.by, run.cause_id) for one in plan.skipped])
    run.skipped += len(plan.skipped)


def _check(choice: Choice) -> None:
    if not choice.names_something:
        raise NotAllowedNowError("Say what to take back: a change, a cause, a person or a time.")


def _chunks(rows: QuerySet[Change]) -> Iterator[list[int]]:
    ids = list(rows.order_by("product").values_list("product", flat=True).distinct())
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _plan(plan: RollbackPlan, rows: QuerySet[Change], product_ids: Collection[int]) -> None:
    found = histories(rows, product_ids)
    terms = terms_of({store_id for *_, store_id in found if store_id is not None})
    for register, history in found.items():
        mine = [change for change, hit in history if hit][-1]
        by_id = {change.pk: change for change, _ in history}
        target = target_of([_step(change, hit=hit) for change, hit in history])
        if isinstance(target, Step):
            plan.skipped.append(Skipped(mine, _moved(by_id[target.id])))
            continue
        store_id = register[3]
        ownership = terms[store_id].ownership(register[2]) if store_id else Ownership.TWO_WAY
        if problem := _problem(register, target, ownership):
            plan.skipped.append(Skipped(mine, problem))
        else:
            plan.restores.append(Restore(mine, register, target))


def _step(change: Change, *, hit: bool) -> Step:
    return Step(change.pk, change.old, change.new, hit, change.old_kind, change.new_kind)


def _moved(later: Change) -> str:
    who = later.actor or later.store or later.get_source_display()
    return f"It has moved since: {who} set it at {later.created_at:%Y-%m-%d %H:%M:%S} UTC."


def _problem(register: Register, target: Target, ownership: Ownership) -> str:
    """Why a value can't be set again, in one sentence."""
    name, store_id = register[2], register[3]
    if target.kind == OverrideKind.HELD:
        return "Before, it was held for a person's decision."
    if store_id is not None and not target.kind:
        return ""
    if ownership not in (Ownership.TWO_WAY, Ownership.HUB):
        return "The store's policy for it has changed: it is not set there from here any more."
    try:
        clean(name, target.value)
    except BadValueError as error:
        return str(error)
    return ""


def _rejected(skipped: Skipped, by: str, cause_id: UUID) -> Change:
    """The ledger's row of what a rollback wanted and did not do."""
    change = skipped.change
    return Change(
        workspace_id=change.workspace_id,
        product_id=change.product_id,
        variant_id=change.variant_id,
        attribute=attribute(change.attribute).name,
        scope=change.scope,
        store_id=change.store_id,
        source=Source.ROLLBACK,
        actor=by,
        fate=ChangeFate.REJECTED,
        reason=skipped.reason,
        old=change.new,
        new=change.old,
        version_time=change.version_time,
        version_id=f"{cause_id}:skipped",
        stood_version=change.version_id,
        edit_version=change.product.edit_version,
        cause_id=cause_id,
    )
