"""What a pump that died has left: its open call is settled, its suspects are tried alone."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from syncqueue.domain.handling import Answer, CallError, ErrorClass, JobView
from syncqueue.enums import OPEN_CALL_STATES, OPEN_STATES, AttemptOutcome, CallState, JobState
from syncqueue.errors import LostLease
from syncqueue.models import Attempt, Call, Job, Lane
from syncqueue.services.calls import WITHDRAWN, Flight
from syncqueue.services.claim import Claimed
from syncqueue.services.finish import Result, Verdict, finish_all
from syncqueue.services.repeat import Stored, stored

MOST_CRASHES = 3
CRASHED = CallError(
    ErrorClass.UNKNOWN, "crashed", "The worker ended while the call was out; nobody heard of it."
)


def bury(lane: Claimed, *, token: UUID) -> bool:
    """Dead-letter a head whose worker died too often; False where it may be tried again.

    Raises LostLease where another pump has the lane now, as all of these do.
    """
    head = lane.jobs[0]
    with _holding([lane.lane_id], token):
        # Not as it was claimed: a pump that lives may have taken its crash back since.
        crashes = 1 + Job.objects.values_list("crashes", flat=True).get(pk=head.id)
        if crashes < MOST_CRASHES:
            return False
        open_calls = Call.objects.filter(lane_id=lane.lane_id, state__in=OPEN_CALL_STATES)
        open_calls.update(state=CallState.UNKNOWN)
        result = Result.of(head, _poison(crashes), opened=True)
        finish_all({lane.lane_id: [result]}, token=token, now=timezone.now())
    return True


def _poison(crashes: int) -> Verdict:
    return Verdict(
        state=JobState.DEAD_LETTERED,
        reason=f"The worker ended {crashes} times while it was on this job.",
        error_code="poison",
        attempt=AttemptOutcome.CRASHED,
    )


def begin_alone(lane: Claimed, *, token: UUID) -> Claimed:
    """The head of a lane that was not freed, its attempt opened: if the worker dies, it counts."""
    head = lane.jobs[0]
    with _holding([lane.lane_id], token):
        spent = Attempt.objects.filter(job_id=head.id, finished_at=None).update(
            finished_at=timezone.now(),
            outcome=AttemptOutcome.CRASHED,
            error_code=CRASHED.code,
            message="The worker ended before this attempt was settled.",
        )
        Attempt.objects.create(job_id=head.id, number=head.tries + 1, token=token)
        Job.objects.filter(pk=head.id).update(
            crashes=F("crashes") + 1, tries=F("tries") + 1, attempts=F("attempts") + spent
        )
    head = replace(
        head, tries=head.tries + 1, crashes=head.crashes + 1, attempts=head.attempts + spent
    )
    return Claimed(lane.lane_id, (head, *lane.jobs[1:]), stale=True)


def left_call(lane: Claimed) -> Stored | None:
    """The call that a dead pump has left open in this lane, and in those that go with it."""
    calls = Call.objects.filter(lane_id=lane.lane_id, state__in=OPEN_CALL_STATES)
    call = calls.first()
    return stored(call, OPEN_CALL_STATES) if call else None


def take_over(left: Stored, *, token: UUID) -> Answer:
    """Make a left call ours: its answer, or that nobody heard one; what was sent counts a crash.

    One that was only planned is withdrawn: whatever its pump died of, it was not this.
    """
    ids = [row.pk for row in left.rows]
    with _holding(left.lane_ids, token):
        # Locked, so that its pump, should it live, neither starts it nor saves its answer now.
        calls = Call.objects.filter(pk__in=ids, state__in=OPEN_CALL_STATES)
        locked = list(calls.select_for_update().order_by("pk"))
        calls.update(token=token)
        if all(call.state == CallState.PLANNED and not call.sent_at for call in locked):
            return Answer(error=WITHDRAWN)
        jobs = Job.objects.filter(pk__in=[row.job_id for row in left.rows])
        jobs.update(crashes=F("crashes") + 1)
        carrier = Call.objects.get(pk=left.carrier.pk)
    if carrier.answer is not None and locked[0].state == CallState.ANSWERED:
        return Answer.from_json(carrier.answer)
    sent_at = carrier.sent_at or carrier.created_at
    return Answer(error=CRASHED, seconds=(timezone.now() - sent_at).total_seconds())


def keep_late(flight: Flight, answer: Answer) -> None:
    """Keep what came after another pump had taken the call over; its plan reads anyway."""
    unheard = Call.objects.filter(pk=flight.call_ids[0], answer__isnull=True)
    unheard.update(answer=answer.to_json(), answered_at=timezone.now())
    crashed = Attempt.objects.filter(call__in=flight.call_ids, outcome=AttemptOutcome.CRASHED)
    crashed.update(
        outcome=AttemptOutcome.LATE,
        message="The answer came after another pump had taken over; it is kept with the call.",
        http_status=answer.http_status,
        request_id=answer.request_id,
        cost=answer.cost,
    )


def absolve(jobs: Iterable[JobView]) -> None:
    """Take back the crash that was counted when a lane was taken from a pump that still lives.

    However often all pumps stall, no job is to blame for it. It may come before that crash is
    counted: then the count finds a credit.
    """
    suspects = Job.objects.filter(pk__in=[job.id for job in jobs], state__in=OPEN_STATES)
    suspects.update(crashes=Greatest(F("crashes") - 1, -1))


@contextmanager
def _holding(lane_ids: Collection[int], token: UUID) -> Iterator[None]:
    """A transaction in which nobody else can take the lanes over. Raises LostLease."""
    with transaction.atomic():
        lanes = Lane.objects.select_for_update(no_key=True).order_by("pk")
        held = set(lanes.filter(pk__in=lane_ids, token=token).values_list("pk", flat=True))
        if len(held) < len(lane_ids):
            raise LostLease(held)
        yield
