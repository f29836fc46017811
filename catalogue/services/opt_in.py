"""Going live and on: live first, and a full comparison after."""

from uuid import UUID, uuid4

from django.db import transaction

from catalogue.services.pull import queue_differences
from stores.enums import Mode
from stores.models import Store
from stores.services import modes
from stores.services.handlers import enqueue_pull
from stores.services.modes import go_live


def opt_in(store: Store, *, by: str, cause_id: UUID | None = None) -> int:
    """Make a store live and queue the comparison of all its listings; says of how many.

    People come here by a plan that they approved (`services.plans`).

    The comparison is stored with the change of mode, so it runs only after that is committed,
    and no edit falls between.
    """
    with transaction.atomic():
        live = go_live(store.pk, by=by)
        return queue_differences(live, cause_id=cause_id or uuid4())


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
