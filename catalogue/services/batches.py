"""Many edits as one: rehearsed in a transaction that is taken back, or done; and how far it is."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count

from catalogue.enums import Source
from catalogue.errors import StalePlanError
from catalogue.models import Change, ChangeDelivery
from catalogue.services.desk import open_desk
from catalogue.services.edit import Edited, SetValue, edit
from catalogue.services.gates import version_that_stands
from syncqueue.enums import Priority
from syncqueue.models import Job

# Beyond so many edits nobody sits waiting for the answer.
INTERACTIVE = 50


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch has changed, or would: per store, changes by what becomes of them there.

    `held`: the gates object, for `reasons`; nothing was changed. `mark` names what was asked, what
    stood, and what becomes of it where: any of them other gives another mark.
    """

    cause_id: UUID
    changes: int
    unchanged: int
    stores: dict[int, dict[str, int]] = field(default_factory=dict)
    held: int | None = None
    reasons: tuple[str, ...] = ()
    mark: str = ""


def run_batch(
    *,
    workspace_id: int,
    wishes: Sequence[SetValue],
    actor: str,
    dry_run: bool,
    approved: str = "",
) -> BatchResult:
    """Edit as one, all or nothing; a dry run does all of it and takes it back.

    `approved` is the mark of the dry run that somebody has looked at. Raises what `edit` raises,
    and StalePlanError where that is not what would happen now.
    """
    with transaction.atomic():
        stood = _what_stands(workspace_id, wishes)
        done = edit(
            workspace_id=workspace_id,
            wishes=wishes,
            source=Source.API,
            actor=actor,
            priority=Priority.INTERACTIVE if len(wishes) <= INTERACTIVE else Priority.BULK,
        )
        result = _result(done, len(wishes))
        result = replace(result, mark=_mark(wishes, stood, result))
        if approved and approved != result.mark:
            raise StalePlanError(
                "Something has moved since the dry run of this batch: try it again and look at it."
            )
        if dry_run:
            transaction.set_rollback(True)
    return result


def _result(done: Edited, wanted: int) -> BatchResult:
    if done.held is not None:
        return BatchResult(done.cause_id, 0, 0, held=done.held.pk, reasons=tuple(done.held.reasons))
    changes = len(done.changes)
    return BatchResult(done.cause_id, changes, wanted - changes, fates_of(done.cause_id))


def _what_stands(workspace_id: int, wishes: Sequence[SetValue]) -> list[str]:
    """The versions that the wishes would replace; the products stay locked."""
    desk = open_desk(workspace_id, wishes, uuid4())
    return [version_that_stands(desk, wish) for wish in wishes]


def _mark(wishes: Sequence[SetValue], stood: Sequence[str], result: BatchResult) -> str:
    told = [[asdict(wish) for wish in wishes], list(stood), result.stores, list(result.reasons)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


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
