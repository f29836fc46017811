"""Many edits as one: rehearsed in a transaction that is taken back, or done; and how far it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from catalogue.enums import Source
from catalogue.models import Change, ChangeDelivery
from catalogue.services.edit import Edited, SetValue, edit
from syncqueue.enums import Priority
from syncqueue.models import Job

# Beyond so many edits nobody sits waiting for the answer.
INTERACTIVE = 50


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch has changed, or would: per store, changes by what becomes of them there.

    `held`: the gates object, for `reasons`; nothing was changed.
    """

    cause_id: UUID
    changes: int
    unchanged: int
    stores: dict[int, dict[str, int]] = field(default_factory=dict)
    held: int | None = None
    reasons: tuple[str, ...] = ()


def run_batch(
    *, workspace_id: int, wishes: Sequence[SetValue], actor: str, dry_run: bool
) -> BatchResult:
    """Edit as one, all or nothing; a dry run does all of it and takes it back.

    Raises what `edit` raises.
    """
    with transaction.atomic():
        done = edit(
            workspace_id=workspace_id,
            wishes=wishes,
            source=Source.API,
            actor=actor,
            priority=Priority.INTERACTIVE if len(wishes) <= INTERACTIVE else Priority.BULK,
        )
        result = _result(done, len(wishes))
        if dry_run:
            transaction.set_rollback(True)
    return result


def _result(done: Edited, wanted: int) -> BatchResult:
    if done.held is not None:
        return BatchResult(done.cause_id, 0, 0, held=done.held.pk, reasons=tuple(done.held.reasons))
    changes = len(done.changes)
    return BatchResult(done.cause_id, changes, wanted - changes, fates_of(done.cause_id))


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
