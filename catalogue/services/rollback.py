"""Taking changes back: an edit like any other, but for what has moved since, which is listed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.db import transaction

from catalogue.domain.attributes import BadValueError, attribute, clean
from catalogue.domain.rollback import Step, Target, target_of
from catalogue.enums import ChangeFate, OverrideKind, Ownership, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, Product
from catalogue.selectors.changes import Choice, Register, chosen, histories
from catalogue.selectors.terms import terms_of
from catalogue.services.edit import SetValue, edit
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


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The cause under which the ledger tells what was restored and what was skipped.

    `held` values wait at the gates.
    """

    cause_id: UUID
    restored: int
    skipped: int
    held: int = 0


def plan_rollback(workspace_id: int, choice: Choice) -> RollbackPlan:
    """What a rollback would do now.

    Raises NotAllowedNowError where nothing in particular is meant.
    """
    plan = RollbackPlan()
    for product_ids in _chunks(workspace_id, choice):
        _plan(plan, workspace_id, choice, product_ids)
    return plan


def roll_back(workspace_id: int, choice: Choice, *, by: str) -> RolledBack:
    """Restore what stood before the chosen changes, in transactions of a few hundred products.

    Each is planned anew under its locks. What was skipped stands in the ledger as rejected.
    """
    cause_id, restored, skipped, held = uuid4(), 0, 0, 0
    for product_ids in _chunks(workspace_id, choice):
        with transaction.atomic():
            locked = Product.objects.select_for_update().filter(pk__in=product_ids)
            list(locked.order_by("pk").values("pk"))
            plan = RollbackPlan()
            _plan(plan, workspace_id, choice, product_ids)
            if plan.restores:
                done = edit(
                    workspace_id=workspace_id,
                    wishes=[one.wish() for one in plan.restores],
                    source=Source.ROLLBACK,
                    actor=by,
                    cause_id=cause_id,
                )
                held += done.held.size if done.held else 0
                restored += 0 if done.held else len(plan.restores)
            store_changes([_rejected(one, by, cause_id) for one in plan.skipped])
        skipped += len(plan.skipped)
    return RolledBack(cause_id, restored, skipped, held)


def _chunks(workspace_id: int, choice: Choice) -> Iterator[list[int]]:
    if not choice.names_something:
        raise NotAllowedNowError("Say what to take back: a change, a cause, a person or a time.")
    rows = chosen(workspace_id, choice).order_by("product_id")
    ids = list(rows.values_list("product_id", flat=True).distinct())
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _plan(
    plan: RollbackPlan, workspace_id: int, choice: Choice, product_ids: Collection[int]
) -> None:
    found = histories(chosen(workspace_id, choice), product_ids)
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
