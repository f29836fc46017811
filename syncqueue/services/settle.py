"""Settling answered calls: handlers store what they say, the engine what becomes of the jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from syncqueue.domain.handling import (
    Again,
    Answer,
    CallError,
    ErrorClass,
    JobView,
    Parked,
    Planned,
    Refused,
    Retry,
    Settled,
    handler_for,
)
from syncqueue.domain.handling import Call as PlannedCall
from syncqueue.domain.health import after_failure, after_success
from syncqueue.enums import AttemptOutcome, CallState, JobState, Outcome, Policy
from syncqueue.models import Call
from syncqueue.services.channel import look, store_health, store_points
from syncqueue.services.finish import Result, Verdict, finish_lanes, verdict
from syncqueue.services.incoming import bug, jitter

if TYPE_CHECKING:
    from syncqueue.services.outgoing import Flight

LONGEST_THROTTLE = 60.0
WITHDRAWN = CallError(ErrorClass.THROTTLED, "withdrawn", "Withdrawn before it was sent.", 0.0)


@dataclass(slots=True)
class Answered:
    """A call with its answer, on its way to be settled."""

    call_id: int
    job: JobView
    passengers: tuple[JobView, ...]
    request: dict[str, object]
    answer: Answer
    answered_at: datetime
    opened: bool = True
    late: bool = False

    @classmethod
    def of(cls, flight: "Flight", answer: Answer, *, opened: bool = True) -> "Answered":
        return cls(
            flight.call_id,
            flight.job,
            flight.passengers,
            flight.request,
            answer,
            timezone.now(),
            opened,
        )

    @classmethod
    def withdrawn(cls, flight: "Flight") -> "Answered":
        return cls.of(flight, Answer(error=WITHDRAWN))


def settle_batch(channel_id: int, batch: Sequence[Answered], *, token: UUID) -> None:
    """Settle answers in one transaction, each in its own savepoint, and tell the channel."""
    if not batch:
        return
    with transaction.atomic():
        results = {one.job.lane_id: _settle(one) for one in batch}
        finish_lanes(results, token=token, now=timezone.now())
        Call.objects.filter(pk__in=[one.call_id for one in batch]).update(state=CallState.SETTLED)
        gone = [one.call_id for one in batch if one.answer.error is WITHDRAWN]
        Call.objects.filter(pk__in=gone).update(state=CallState.WITHDRAWN)
    _tell_channel(channel_id, [one for one in batch if one.answer.error is not WITHDRAWN])


def settled_by_plan(job: JobView, planned: Planned) -> Result:
    """The result of a job that needed no call."""
    if isinstance(planned, PlannedCall):
        raise TypeError("A call is not settled by its plan.")
    now = timezone.now()
    return Result(job=job, verdict=_verdict(job, planned, now))


def _settle(one: Answered) -> list[Result]:
    now = timezone.now()
    said = _ask_handler(one, now)
    error = one.answer.error
    if isinstance(said, Refused) and one.passengers:
        return _alone(one, said, now)
    if said is None and error is not None:
        given = _by_class(one.job, error, now)
    else:
        given = _verdict(one.job, said or Settled(Outcome.WRITTEN), now)
    if given.attempt is None:
        given = _with_attempt(given, error)
    results = [_result(one, given)]
    if given.state is JobState.SUCCEEDED:
        results += [_carried(rider, one.job) for rider in one.passengers]
    return results


def _ask_handler(one: Answered, now: datetime) -> Settled | Again | Refused | Retry | None:
    if one.answer.error is WITHDRAWN:
        return None
    try:
        with transaction.atomic():
            said = handler_for(one.job.handler).settle(
                one.job, one.passengers, one.request, one.answer, now=now
            )
    except Exception as error:  # noqa: BLE001  whatever it is, it becomes the job's failure
        return bug(error)
    error_ = one.answer.error
    if error_ is not None and error_.code == "bug":
        return Retry("bug", error_.message)
    if said is None and error_ is not None and error_.kind is ErrorClass.REFUSED:
        return Refused(error_.code, error_.message)
    return said


def _by_class(job: JobView, error: CallError, now: datetime) -> Verdict:
    """What the engine makes of a failure that the handler leaves to it."""
    match error.kind:
        case ErrorClass.PLATFORM_DOWN | ErrorClass.REVOKED | ErrorClass.FROZEN:
            # Due since it was made, so that a backlog drains in the order in which it grew.
            return Verdict(
                state=JobState.WAITING,
                reason=error.message,
                error_code=error.code,
                attempt=AttemptOutcome.WAITING,
                due_at=job.created_at,
            )
        case ErrorClass.THROTTLED:
            pause = min(error.retry_after or 0.0, LONGEST_THROTTLE)
            outcome = AttemptOutcome.WITHDRAWN if error is WITHDRAWN else AttemptOutcome.THROTTLED
            return Verdict(
                state=JobState.QUEUED,
                reason=error.message,
                attempt=outcome,
                due_at=now + timedelta(seconds=pause),
            )
        case _:
            return _verdict(job, Retry(error.code, error.message), now)


def _alone(one: Answered, said: Refused, now: datetime) -> list[Result]:
    """One of several carried jobs was refused: each goes again alone, so that the guilty shows."""
    reason = f"Refused together with others ({said.message}); each is tried alone."
    head = Verdict(
        state=JobState.QUEUED,
        reason=reason,
        attempt=AttemptOutcome.REFUSED,
        due_at=now,
        solo=True,
    )
    rider = Verdict(state=JobState.QUEUED, reason=reason, due_at=now, solo=True)
    return [_result(one, head), *(Result(job=job, verdict=rider) for job in one.passengers)]


def _carried(rider: JobView, head: JobView) -> Result:
    given = Verdict(
        state=JobState.SUCCEEDED,
        outcome=Outcome.CARRIED,
        reason=f"Carried by attempt {head.tries + 1} of job {head.id}.",
    )
    return Result(job=rider, verdict=given)


def _with_attempt(given: Verdict, error: CallError | None) -> Verdict:
    """The plan has opened an attempt: it ends, whatever the job does."""
    unknown = error is not None and error.kind is ErrorClass.UNKNOWN
    outcome = AttemptOutcome.UNKNOWN if unknown else AttemptOutcome.SUCCEEDED
    return Verdict(
        state=given.state,
        outcome=given.outcome,
        reason=given.reason,
        error_code=given.error_code,
        attempt=outcome,
        due_at=given.due_at,
    )


def _result(one: Answered, given: Verdict) -> Result:
    return Result(
        job=one.job,
        verdict=given,
        opened=one.opened,
        http_status=one.answer.http_status,
        request_id=one.answer.request_id,
        cost=one.answer.cost,
    )


def _verdict(
    job: JobView, said: Settled | Parked | Again | Refused | Retry, now: datetime
) -> Verdict:
    return verdict(job, said, policy=Policy(job.policy), now=now, jitter=jitter())


def _tell_channel(channel_id: int, batch: Sequence[Answered]) -> None:
    """Move the channel's health and points by what the platform said."""
    if not batch:
        return
    known = look(channel_id).health
    new = known
    for one in batch:
        error = one.answer.error
        if error is None:
            new = after_success(new)
        elif error.code not in ("bug", "crashed"):
            new = after_failure(new, error, timezone.now())
    store_health(channel_id, known, new)
    points = [one.answer.points for one in batch if one.answer.points]
    if points:
        store_points(channel_id, min(points, key=lambda p: p.available), timezone.now())
