"""Settling answered calls: handlers store what they say, the engine what becomes of the jobs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from syncqueue.domain.handling import (
    Again,
    Answer,
    CallError,
    ErrorClass,
    JobView,
    Points,
    Refused,
    Retry,
    Settled,
    handler_for,
)
from syncqueue.domain.health import after_failure, after_success
from syncqueue.domain.pace import Costs
from syncqueue.enums import AttemptOutcome, JobState, Outcome
from syncqueue.errors import LostLease
from syncqueue.selectors.channels import look
from syncqueue.services.channel import store_costs, store_health, store_points
from syncqueue.services.finish import Result, Verdict, finish_all, settle_job
from syncqueue.services.planning import bound_lock_waits, bug, is_clash
from syncqueue.services.rescue import CRASHED

if TYPE_CHECKING:
    from syncqueue.services.outgoing import Flight

LONGEST_THROTTLE = 60.0
MOST_CLASHES = 20
UNTOLD = Points(available=0.0, maximum=1000.0, restore=50.0)
CLOSE_CALLS = """
UPDATE syncqueue_call SET state = CASE WHEN id = ANY(%s) THEN 'withdrawn' ELSE 'settled' END
WHERE id = ANY(%s)
"""
WITHDRAWN = CallError(ErrorClass.NOT_SENT, "withdrawn", "Withdrawn before it was sent.")


@dataclass(slots=True)
class Answered:
    """A call with its answer, on its way to be settled."""

    call_id: int
    job: JobView
    passengers: tuple[JobView, ...]
    request: dict[str, object]
    answer: Answer
    answered_at: datetime
    late: bool = False

    @property
    def sent(self) -> bool:
        """Whether it may have left this machine."""
        return self.answer.error is None or self.answer.error.kind is not ErrorClass.NOT_SENT

    @classmethod
    def of(cls, flight: "Flight", answer: Answer) -> "Answered":
        return cls(
            flight.call_id,
            flight.job,
            flight.passengers,
            flight.request,
            answer,
            timezone.now(),
        )

    @classmethod
    def withdrawn(cls, flight: "Flight") -> "Answered":
        return cls.of(flight, Answer(error=WITHDRAWN))


def settle_batch(
    channel_id: int, batch: Sequence[Answered], *, token: UUID, reserved: float = 0.0
) -> None:
    """Settle answers in one transaction, each in its own savepoint, and tell the channel.

    `reserved` points may still be taken by calls that are in flight.

    A lane that another pump has taken over is left to it: the answer is stored with the call.
    """
    batch = list(batch)
    clashes = 0
    while batch:
        try:
            _settle_all(batch, token)
        except LostLease as lost:
            batch = [one for one in batch if one.job.lane_id in lost.ours]
        except OperationalError as error:
            clashes += 1
            if not is_clash(error) or clashes > MOST_CLASHES:
                raise
        else:
            if sent := [one for one in batch if one.sent]:
                _tell_channel(channel_id, sent, reserved)
            return


def _settle_all(batch: Sequence[Answered], token: UUID) -> None:
    with transaction.atomic():
        bound_lock_waits()
        results = {one.job.lane_id: _settle(one) for one in batch}
        finish_all(results, token=token, now=timezone.now())
        gone = [one.call_id for one in batch if not one.sent]
        with connection.cursor() as cursor:
            cursor.execute(CLOSE_CALLS, [gone, [one.call_id for one in batch]])


def _settle(one: Answered) -> list[Result]:
    now = timezone.now()
    said = _ask_handler(one, now)
    error = one.answer.error
    if isinstance(said, Refused) and one.passengers:
        return _alone(one, said, now)
    if said is None and error is not None:
        given = _by_class(one.job, error, now)
    else:
        given = settle_job(one.job, said or Settled(Outcome.WRITTEN), now)
    if given.attempt is None:
        given = _with_attempt(given, error)
    results = [_result(one, given)]
    if given.state is JobState.SUCCEEDED:
        results += [_carried(rider, one.job) for rider in one.passengers]
    return results


def _ask_handler(one: Answered, now: datetime) -> Settled | Again | Refused | Retry | None:
    if not one.sent:
        return None
    try:
        with transaction.atomic():
            said = handler_for(one.job.handler).settle(
                one.job, one.passengers, one.request, one.answer, now=now
            )
    except Exception as error:  # whatever it is, it becomes the job's failure
        if is_clash(error):
            raise
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
            return Verdict(
                state=JobState.QUEUED,
                reason=error.message,
                attempt=AttemptOutcome.THROTTLED,
                due_at=now + timedelta(seconds=pause),
            )
        case ErrorClass.NOT_SENT:
            return Verdict(
                state=JobState.QUEUED,
                reason=error.message,
                attempt=AttemptOutcome.WITHDRAWN,
                due_at=now,
            )
        case _ if error.code == CRASHED.code:
            # The count of its crashes bounds how often; no time has to pass.
            return Verdict(
                state=JobState.QUEUED,
                reason=error.message,
                error_code=error.code,
                attempt=AttemptOutcome.CRASHED,
                spends=True,
                due_at=now,
            )
        case _:
            return settle_job(job, Retry(error.code, error.message), now)


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
    crashed = error is not None and error.code == CRASHED.code
    return Verdict(
        state=given.state,
        outcome=given.outcome,
        reason=given.reason,
        error_code=given.error_code,
        attempt=AttemptOutcome.CRASHED if crashed else outcome,
        spends=crashed,
        due_at=given.due_at,
    )


def _result(one: Answered, given: Verdict) -> Result:
    return Result(
        job=one.job,
        verdict=given,
        opened=True,
        http_status=one.answer.http_status,
        request_id=one.answer.request_id,
        cost=one.answer.cost,
    )


def _tell_channel(channel_id: int, batch: Sequence[Answered], reserved: float) -> None:
    """Move the channel's health, points and costs by what the platform said."""
    view = look(channel_id)
    health, costs = view.health, view.costs
    for one in batch:
        error = one.answer.error
        if one.answer.points is not None:
            costs = costs.after(one.job.handler, one.answer.asked, one.answer.cost)
        if error is None:
            health = after_success(health)
        elif error.code not in ("bug", "crashed"):
            health = after_failure(health, error, timezone.now())
    store_health(channel_id, view.health, health)
    if costs != view.costs:
        store_costs(channel_id, costs)
    told = [(left, one.answered_at) for one in batch if (left := _points_after(one, costs))]
    if told:
        points, at = min(told, key=lambda pair: pair[0].available)
        store_points(channel_id, replace(points, available=points.available - reserved), at)


def _points_after(one: Answered, costs: Costs) -> Points | None:
    """The bucket as the platform tells it; empty for as long as it asked us to wait."""
    error, points = one.answer.error, one.answer.points
    if error is None or error.kind is not ErrorClass.THROTTLED:
        return points
    known = points or UNTOLD
    pause = min(error.retry_after or 0.0, LONGEST_THROTTLE)
    left = costs.asked(one.job.handler) - pause * known.restore
    return replace(known, available=min(known.available, left))
