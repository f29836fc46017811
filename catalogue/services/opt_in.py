"""Going live and on: live first, and a full comparison after."""

from uuid import uuid4

from django.db import transaction

from catalogue.enums import ListingState, PlanState
from catalogue.errors import StalePlanError
from catalogue.models import Plan
from catalogue.services.comparing import queue_differences
from stores.enums import Mode
from stores.models import Store
from stores.services import modes
from stores.services.modes import go_live
from stores.services.pulls import enqueue_pull


def opt_in(plan_id: int, mark: str) -> int:
    """Make the store of an approved plan live and queue the comparison of all its listings.

    Says of how many. There is no other way to go live. Raises StalePlanError unless the plan has
    this hash, was approved, and all of it was looked at again since.

    The comparison is stored with the change of mode, so it runs only after that is committed,
    and no edit falls between.
    """
    with transaction.atomic():
        plan = Plan.objects.select_for_update().get(pk=plan_id)
        approved = plan.state == PlanState.CHECKING and plan.approved_at is not None
        left = plan.store.listings.filter(state=ListingState.LINKED, pk__gt=plan.cursor)
        if not approved or plan.hash != mark or left.exists():
            raise StalePlanError(f"Nobody has approved {plan} as it stands: look at it first.")
        live = go_live(plan.store_id, by=plan.approved_by, plan=mark)
        return queue_differences(live, cause_id=plan.cause_id)


def resume(store: Store, *, by: str) -> Store:
    """Let a paused store go on; a live one is compared, for nobody has queued the edits since.

    One that was paused for long is read as a whole, and then waits in review.
    """
    with transaction.atomic():
        resumed = modes.resume(store.pk, by=by)
        if resumed.is_live:
            queue_differences(resumed, cause_id=uuid4())
        elif resumed.mode == Mode.REVIEW:
            enqueue_pull(resumed, "reconcile")
    return resumed
