"""Plan, approve, apply: nothing is written before somebody has seen what would be.

A plan is drafted in steps, then waits, named by its hash. Approved, every value is looked at again,
in steps, and what has moved since is not written, but listed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from django.db import OperationalError, transaction
from django.utils import timezone

from catalogue.domain.values import BadValueError
from catalogue.enums import PlanAct, PlanState
from catalogue.errors import CatalogueError, NotAllowedNowError, StalePlanError
from catalogue.models import Plan
from catalogue.services import batch_plans, opt_in_plans
from catalogue.services.desk import SetValue
from stores.enums import Mode
from stores.models import Store

AT_ONCE = 1_000  # listings of a store whose plan is made anew when it is approved
STEP_SECONDS = 5.0
OPEN = (PlanState.DRAFTING, PlanState.READY, PlanState.CHECKING)
WORKED_ON = (PlanState.DRAFTING, PlanState.CHECKING)
APPROVED = (PlanState.CHECKING, PlanState.HELD, PlanState.APPLIED)


def make_plan(store: Store, *, by: str) -> Plan:
    """Begin a new plan in the place of one that waits; small ones are ready at once.

    Raises NotAllowedNowError where the store is not in review, or a plan is being carried out.
    """
    with transaction.atomic():
        locked = Store.objects.select_for_update(no_key=True).get(pk=store.pk)
        if locked.mode != Mode.REVIEW:
            raise NotAllowedNowError(
                f"Only a store in review is planned; {locked} is {locked.mode}."
            )
        before = Plan.objects.select_for_update().filter(store=locked, state__in=OPEN).first()
        if before is not None:
            _replace(before)
        plan: Plan = Plan.objects.create(
            workspace_id=locked.workspace_id,
            store=locked,
            hash=opt_in_plans.mark_of(locked.pk),
            size=opt_in_plans.linked(locked.pk).count(),
            cause_id=uuid4(),
            made_by=by,
        )
    return work_on(plan.pk)


def plan_batch(workspace_id: int, wishes: Sequence[SetValue], *, by: str) -> Plan:
    """Begin a dry run of a batch of edits; small ones are ready at once.

    Raises what `edit` raises where one of them could not be made.
    """
    return work_on(batch_plans.store(workspace_id, wishes, by=by).pk)


def approve(plan_id: int, mark: str, *, by: str) -> Plan:
    """Carry out the plan of this hash, once. Raises StalePlanError where it is not the one.

    The opt-in of a small store is planned anew and compared, and refused with the new plan where
    that is another; what is large is compared as it is applied, and so is every batch.
    """
    with transaction.atomic():
        rows = Plan.objects.select_for_update(of=("self",)).select_related("store")
        plan: Plan = rows.get(pk=plan_id)
        if plan.hash == mark and plan.state in APPROVED:
            return plan
        if plan.state != PlanState.READY or plan.hash != mark:
            raise StalePlanError(
                f"This is not the plan that stands: {plan} is {plan.state}. Look at the newest one."
            )
        if fresh := _as_planned(plan):
            plan.state, plan.approved_by, plan.approved_at = PlanState.CHECKING, by, timezone.now()
            plan.cursor = plan.done = 0
            _KINDS[PlanAct(plan.act)].begin(plan)
            plan.save()
    if not fresh and plan.store is not None:
        newer = make_plan(plan.store, by=by)
        raise StalePlanError(
            f"Something has moved since plan {plan.pk} was made. Plan {newer.pk} stands in its "
            "place: look at it."
        )
    return work_on(plan.pk)


def any_plan() -> bool:
    return Plan.objects.filter(state__in=WORKED_ON).exists()


def run_plans() -> None:
    """Take every plan that is drafted or applied further, for a few seconds each.

    One that fails by a mistake of ours ends in that state, and stands in nobody's way again.
    """
    for plan_id in (
        Plan.objects.filter(state__in=WORKED_ON).order_by("id").values_list("pk", flat=True)
    ):
        try:
            work_on(plan_id)
        except OperationalError:  # of the database, not of the plan: it goes on at the next pass
            raise
        except Exception as error:
            _fail(plan_id, f"It failed by a mistake of ours ({type(error).__name__}): plan again.")
            raise


def work_on(plan_id: int) -> Plan:
    """Take steps for a few seconds; where more is left, the workers' chore goes on."""
    ends = time.monotonic() + STEP_SECONDS
    while take_step(plan_id) and time.monotonic() < ends:
        pass
    plan: Plan = Plan.objects.select_related("store").get(pk=plan_id)
    return plan


def take_step(plan_id: int) -> bool:
    """Draft or look again at what comes next, or finish; whether there is more to do."""
    try:
        with transaction.atomic():
            plan = _worked_on(plan_id)
            return plan is not None and _step(plan)
    except (CatalogueError, BadValueError) as error:
        _fail(plan_id, str(error))
        return False


def _fail(plan_id: int, reason: str) -> None:
    with transaction.atomic():
        if plan := _worked_on(plan_id):
            plan.state, plan.reason = PlanState.FAILED, reason
            plan.finished_at = timezone.now()
            plan.save()


def _worked_on(plan_id: int) -> Plan | None:
    """The row, locked; None where another worker has it, or nothing is left to do."""
    rows = Plan.objects.select_for_update(skip_locked=True, of=("self",)).select_related("store")
    return rows.filter(pk=plan_id, state__in=WORKED_ON).first()


def _step(plan: Plan) -> bool:
    kind = _KINDS[PlanAct(plan.act)]
    chunk = kind.chunk(plan)
    if not chunk:
        if plan.state == PlanState.DRAFTING:
            plan.state, plan.reason = PlanState.READY, "It waits for an approval."
            plan.save()
        else:
            kind.finish(plan)
        return False
    (kind.draft if plan.state == PlanState.DRAFTING else kind.apply)(plan, chunk)
    plan.cursor, plan.done = chunk[-1], plan.done + len(chunk)
    plan.save()
    return True


def _as_planned(plan: Plan) -> bool:
    if plan.act == PlanAct.BATCH or plan.size > AT_ONCE or plan.store is None:
        return True
    return opt_in_plans.mark_now(plan.store) == plan.hash


def _replace(before: Plan) -> None:
    if before.state == PlanState.CHECKING:
        raise NotAllowedNowError(f"{before} is being carried out.")
    before.state, before.reason = PlanState.REPLACED, "A newer plan stands in its place."
    before.finished_at = timezone.now()
    before.save()


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of plan is drafted, approved and applied, chunk by chunk of ascending ids."""

    chunk: Callable[[Plan], list[int]]
    draft: Callable[[Plan, list[int]], None]
    begin: Callable[[Plan], None]
    apply: Callable[[Plan, list[int]], None]
    finish: Callable[[Plan], None]


_KINDS: Mapping[PlanAct, _Kind] = {
    PlanAct.OPT_IN: _Kind(
        opt_in_plans.chunk_of,
        opt_in_plans.draft,
        lambda _plan: None,
        opt_in_plans.look_again,
        opt_in_plans.finish,
    ),
    PlanAct.BATCH: _Kind(
        batch_plans.chunk_of,
        batch_plans.draft,
        batch_plans.begin,
        batch_plans.apply,
        batch_plans.finish,
    ),
}
