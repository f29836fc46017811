"""What a pump that died has left: its open call is settled, its suspects are tried alone."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView
from syncqueue.enums import OPEN_CALL_STATES, AttemptOutcome, CallState, JobState
from syncqueue.models import Attempt, Call, Job
from syncqueue.services.claim import Claimed
from syncqueue.services.finish import Result, Verdict

MOST_CRASHES = 3
CRASHED = CallError(
    ErrorClass.UNKNOWN, "crashed", "The worker ended while the call was out; nobody heard of it."
)


def poisoned(lane: Claimed) -> Result | None:
    """The verdict over a head whose worker died too often; the first death names nobody."""
    head = lane.jobs[0]
    crashes = head.crashes + int(lane.stale)
    if crashes < MOST_CRASHES:
        return None
    Call.objects.filter(job_id=head.id, state__in=OPEN_CALL_STATES).update(state=CallState.UNKNOWN)
    verdict = Verdict(
        state=JobState.DEAD_LETTERED,
        reason=f"The worker ended {crashes} times while it was on this job.",
        error_code="poison",
        attempt=AttemptOutcome.CRASHED,
    )
    return Result(job=head, verdict=verdict, opened=True)


def begin_alone(lane: Claimed, *, token: UUID) -> Claimed:
    """The head of a lane that was not freed, its attempt opened: if the worker dies, it counts."""
    head = lane.jobs[0]
    with transaction.atomic():
        spent = Attempt.objects.filter(job_id=head.id, finished_at=None).update(
            finished_at=timezone.now(),
            outcome=AttemptOutcome.CRASHED,
            error_code=CRASHED.code,
            message="The worker ended before this attempt was settled.",
        )
        Attempt.objects.create(job_id=head.id, number=head.tries + 1, token=token)
        _count_crash(head, tries=1, attempts=spent)
    head = replace(
        head, tries=head.tries + 1, crashes=head.crashes + 1, attempts=head.attempts + spent
    )
    return Claimed(lane.lane_id, (head, *lane.jobs[1:]), stale=True)


def left_call(lane: Claimed, *, token: UUID) -> tuple[Call, Answer] | None:
    """The call that a dead pump left open, taken over: answered, or of unknown outcome."""
    calls = Call.objects.filter(lane_id=lane.lane_id, state__in=OPEN_CALL_STATES)
    call = calls.order_by("id").last()
    if call is None:
        return None
    if call.state == CallState.PLANNED:
        calls.update(state=CallState.WITHDRAWN)
        return None
    with transaction.atomic():
        calls.filter(pk=call.pk).update(token=token)
        _count_crash(lane.jobs[0], tries=0, attempts=0)
    if call.answer is not None:
        return call, Answer.from_json(call.answer)
    sent_at = call.sent_at or call.created_at
    return call, Answer(error=CRASHED, seconds=(timezone.now() - sent_at).total_seconds())


def keep_late(call_id: int, answer: Answer) -> None:
    """Keep what came after another pump had taken the call over; its plan reads anyway."""
    now = timezone.now()
    Call.objects.filter(pk=call_id, answer=None).update(answer=answer.to_json(), answered_at=now)
    Attempt.objects.filter(call=call_id, outcome=AttemptOutcome.CRASHED).update(
        outcome=AttemptOutcome.LATE,
        message="The answer came after another pump had taken over; it is kept with the call.",
        http_status=answer.http_status,
        request_id=answer.request_id,
        cost=answer.cost,
    )


def _count_crash(head: JobView, *, tries: int, attempts: int) -> None:
    Job.objects.filter(pk=head.id).update(
        crashes=F("crashes") + 1, tries=F("tries") + tries, attempts=F("attempts") + attempts
    )
