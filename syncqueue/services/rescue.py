"""What a pump that died has left: its open call is settled, its suspects are tried alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView
from syncqueue.enums import OPEN_CALL_STATES, AttemptOutcome, CallState, JobState
from syncqueue.errors import LostLease
from syncqueue.models import Attempt, Call, Job, Lane
from syncqueue.services.claim import Claimed
from syncqueue.services.finish import Result, Verdict, finish_all

MOST_CRASHES = 3
CRASHED = CallError(
    ErrorClass.UNKNOWN, "crashed", "The worker ended while the call was out; nobody heard of it."
)


def bury(lane: Claimed, *, token: UUID) -> bool:
    """Dead-letter a head whose worker died too often; False where it may be tried again.

    Raises LostLease where another pump has the lane now, as all of these do.
    """
    head = lane.jobs[0]
    crashes = head.crashes + 1
    if crashes < MOST_CRASHES:
        return False
    given = Verdict(
        state=JobState.DEAD_LETTERED,
        reason=f"The worker ended {crashes} times while it was on this job.",
        error_code="poison",
        attempt=AttemptOutcome.CRASHED,
    )
    with _holding(lane, token):
        open_calls = Call.objects.filter(lane_id=lane.lane_id, state__in=OPEN_CALL_STATES)
        open_calls.update(state=CallState.UNKNOWN)
        result = Result.of(head, given, opened=True)
        finish_all({lane.lane_id: [result]}, token=token, now=timezone.now())
    return True


def begin_alone(lane: Claimed, *, token: UUID) -> Claimed:
    """The head of a lane that was not freed, its attempt opened: if the worker dies, it counts."""
    head = lane.jobs[0]
    with _holding(lane, token):
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
    """The call that a dead pump left open, taken over: answered, or of unknown outcome.

    None where none was sent: one that was only planned is withdrawn.
    """
    with _holding(lane, token):
        # Locked, so that its pump, should it live, neither starts it nor saves its answer now.
        calls = Call.objects.filter(lane_id=lane.lane_id, state__in=OPEN_CALL_STATES)
        call = calls.select_for_update().first()
        if call is None:
            return None
        if call.state == CallState.PLANNED:
            calls.update(state=CallState.WITHDRAWN)
            return None
        calls.update(token=token)
        _count_crash(lane.jobs[0], tries=0, attempts=0)
    if call.answer is not None:
        return call, Answer.from_json(call.answer)
    sent_at = call.sent_at or call.created_at
    return call, Answer(error=CRASHED, seconds=(timezone.now() - sent_at).total_seconds())


def keep_late(call_id: int, answer: Answer) -> None:
    """Keep what came after another pump had taken the call over; its plan reads anyway."""
    now = timezone.now()
    unheard = Call.objects.filter(pk=call_id, answer__isnull=True)
    unheard.update(answer=answer.to_json(), answered_at=now)
    Attempt.objects.filter(call=call_id, outcome=AttemptOutcome.CRASHED).update(
        outcome=AttemptOutcome.LATE,
        message="The answer came after another pump had taken over; it is kept with the call.",
        http_status=answer.http_status,
        request_id=answer.request_id,
        cost=answer.cost,
    )


@contextmanager
def _holding(lane: Claimed, token: UUID) -> Iterator[None]:
    """A transaction in which nobody else can take the lane over. Raises LostLease."""
    with transaction.atomic():
        held = Lane.objects.select_for_update(no_key=True).filter(pk=lane.lane_id, token=token)
        if not held.values_list("pk"):
            raise LostLease(set())
        yield


def _count_crash(head: JobView, *, tries: int, attempts: int) -> None:
    Job.objects.filter(pk=head.id).update(
        crashes=F("crashes") + 1, tries=F("tries") + tries, attempts=F("attempts") + attempts
    )
