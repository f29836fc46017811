"""The owner's way of opting in, for tests and benches: plan, look, approve."""

import time

from django.utils import timezone

from catalogue.enums import PlanState
from catalogue.models import Plan
from catalogue.services.plans import approve, make_plan, work_on
from stores.models import Store


def bring_live(store: Store, *, by: str = "ada") -> Plan:
    """Plan and approve; the store is live when this ends."""
    plan = _until(make_plan(store, by=by), PlanState.READY)
    return _until(approve(plan.pk, plan.hash, by=by), PlanState.APPLIED)


def checked_plan(store: Store) -> Plan:
    """A plan that was approved and looked at again: all but the opt-in itself is done."""
    plan = _until(make_plan(store, by="ada"), PlanState.READY)
    approved = {"approved_by": "ada", "approved_at": timezone.now()}
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.CHECKING, **approved)
    return plan


def _until(plan: Plan, wanted: PlanState) -> Plan:
    ends = time.monotonic() + 60
    while plan.state != wanted:
        if time.monotonic() > ends or plan.state in (PlanState.FAILED, PlanState.REPLACED):
            raise TimeoutError(f"{plan} is {plan.state}: {plan.reason}")
        time.sleep(0.02)
        plan = work_on(plan.pk)
    return plan
