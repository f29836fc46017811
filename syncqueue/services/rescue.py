"""What a pump that died has left: crashes are counted, open calls count as unknown outcomes."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from syncqueue.domain.handling import Answer, CallError, ErrorClass
from syncqueue.enums import (
    OPEN_CALL_STATES,
    AttemptOutcome,
    CallState,
    JobState,
)
from syncqueue.models import Attempt, Call, Job
from syncqueue.services.claim import Claimed
from syncqueue.services.finish import Result, Verdict

MOST_CRASHES = 3
# When this many lanes were left at once, something bigger than one of their jobs has died.
FLEET = 20


def count_crashes(lanes: Iterable[Claimed]) -> None:
    """Count one crash against the head of every lane that was not freed, and close its attempt."""
    lanes = list(lanes)
    heads = [lane.jobs[0].id for lane in lanes]
    if not heads:
        return
    with transaction.atomic():
        Attempt.objects.filter(job_id__in=heads, finished_at=None).update(
            finished_at=timezone.now(),
            outcome=AttemptOutcome.CRASHED,
            message="The worker ended before this attempt was settled.",
        )
        if len(heads) <= FLEET:
            Job.objects.filter(pk__in=heads).update(crashes=F("crashes") + 1)


def poisoned(lane: Claimed) -> Result | None:
    """The verdict over a head that has killed its worker too often."""
    head = lane.jobs[0]
    crashes = head.crashes + int(lane.stale)
    if crashes < MOST_CRASHES:
        return None
    reason = f"The worker ended {crashes} times while it was on this job."
    return Result(
        job=head,
        verdict=Verdict(
            state=JobState.DEAD_LETTERED,
            reason=reason,
            error_code="poison",
            attempt=AttemptOutcome.CRASHED,
        ),
    )


def left_call(lane_id: int, token: UUID) -> tuple[Call, Answer] | None:
    """The call that a dead pump left open, taken over: answered, or of unknown outcome."""
    call = Call.objects.filter(lane_id=lane_id, state__in=OPEN_CALL_STATES).order_by("id").last()
    if call is None:
        return None
    if call.state == CallState.PLANNED:
        Call.objects.filter(pk=call.pk).update(state=CallState.WITHDRAWN)
        return None
    Call.objects.filter(pk=call.pk).update(token=token)
    if call.state == CallState.ANSWERED and call.answer is not None:
        return call, Answer.from_json(call.answer)
    error = CallError(ErrorClass.UNKNOWN, "crashed", "The worker ended while the call was out.")
    sent: timedelta = timezone.now() - (call.sent_at or call.created_at)
    return call, Answer(error=error, seconds=sent.total_seconds())
