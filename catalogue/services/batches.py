"""Many edits as one, all or nothing; and how far a cause has come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from catalogue.enums import Source
from catalogue.models import Change, ChangeDelivery
from catalogue.services.batch_plans import INTERACTIVE, check_once
from catalogue.services.edit import Edited, SetValue, edit
from syncqueue.enums import Priority
from syncqueue.models import Job


def run_batch(*, workspace_id: int, wishes: Sequence[SetValue], actor: str) -> Edited:
    """Edit as one, all or nothing. Raises what `edit` raises."""
    check_once(wishes)
    return edit(
        workspace_id=workspace_id,
        wishes=wishes,
        source=Source.API,
        actor=actor,
        priority=Priority.INTERACTIVE if len(wishes) <= INTERACTIVE else Priority.BULK,
    )


def fates_of(cause_id: UUID) -> dict[int, dict[str, int]]:
    """Per store, how many changes of a cause are pending, written, kept out, and so on."""
    rows = ChangeDelivery.objects.filter(change__cause_id=cause_id).order_by()
    counted = rows.values_list("store_id", "fate").annotate(many=Count("id"))
    stores: dict[int, dict[str, int]] = {}
    for store_id, fate, many in counted:
        stores.setdefault(store_id, {})[fate] = many
    return stores


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch has come."""

    cause_id: UUID
    changes: dict[str, int]
    stores: dict[int, dict[str, int]]
    jobs: dict[str, int]


def state_of(workspace_id: int, cause_id: UUID) -> BatchState | None:
    """None where no change of this workspace has this cause."""
    mine: Any = Change.objects.filter(workspace=workspace_id, cause_id=cause_id).order_by()
    fates = Counter(dict(mine.values_list("fate").annotate(many=Count("id"))))
    if not fates:
        return None
    jobs = Job.objects.filter(cause_id=cause_id, channel__store__workspace=workspace_id)
    states: Any = jobs.order_by().values_list("state").annotate(many=Count("id"))
    return BatchState(cause_id, dict(fates), fates_of(cause_id), dict(states))
