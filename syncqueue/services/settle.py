"""Settling answered calls: handlers store what they say, the engine what becomes of the jobs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from syncqueue.domain.backoff import asked_pause
from syncqueue.domain.handling import (
    Again,
    CallError,
    ErrorClass,
    JobView,
    Refused,
    Retry,
    Settled,
    handler_for,
)
from syncqueue.enums import AttemptOutcome, CallState, JobState, Outcome
from syncqueue.errors import LostLease
from syncqueue.services.answered import Answered
from syncqueue.services.finish import Result, Verdict, finish_all, verdict
from syncqueue.services.hearing import LONGEST_THROTTLE, tell_channel
from syncqueue.services.planning import bound_lock_waits, bug, is_clash
from syncqueue.services.repeat import may_repeat, repeat_pause
from syncqueue.services.rescue import CRASHED, absolve

MOST_CLASHES = 20
CLOSE_CALLS = """
UPDATE syncqueue_call AS call SET state = closed.state
FROM unnest(%s::bigint[], %s::text[]) AS closed(id, state) WHERE call.id = closed.id
"""
STOPPED = CallError(ErrorClass.UNKNOWN, "stopped", "The worker was stopped while the call was out.")
ENDED_WITH_US = {CRASHED.code, STOPPED.code}
SPARED = "Refused on account of others that went in the same call; it goes again without them."
REPEATED = "Nobody heard whether the call was carried out; the same call goes again."


def settle_batch(
    channel_id: int, batch: Sequence[Answered], *, token: UUID, reserved: float = 0.0
) -> None:
    """Settle answers in one transaction, each in its own savepoint, and tell the channel.

    `reserved` points may still be taken by calls that are in flight.

    A lane that another pump has taken over is left to it: the answer is stored with the call.
    """
    left = list(batch)
    clashes = 0
    while left:
        try:
            _settle_all(left, token)
        except LostLease as lost:
            absolve(one.job for one in left if one.job.lane_id not in lost.ours)
            left = [one for one in left if one.job.lane_id in lost.ours]
        except OperationalError as error:
            clashes += 1
            if not is_clash(error) or clashes > MOST_CLASHES:
                raise
        else:
            break
    if told := [one for one in batch if one.leads and one.was_sent]:
        tell_channel(channel_id, told, reserved=reserved)


def _settle_all(batch: Sequence[Answered], token: UUID) -> None:
    now = timezone.now()
    with transaction.atomic():
        bound_lock_waits()
        results = {one.job.lane_id: _settle(one, now) for one in batch}
        finish_all(results, token=token, now=now)
        ids = [one.member.call_id for one in batch]
        with connection.cursor() as cursor:
            cursor.execute(CLOSE_CALLS, [ids, [_state_after(one, now) for one in batch]])


def _state_after(one: Answered, now: datetime) -> CallState:
    if _unsure(one, now):
        return CallState.REPEATING
    return CallState.SETTLED if one.was_sent else CallState.WITHDRAWN


def _unsure(one: Answered, now: datetime) -> bool:
    """Whether nobody knows if the call was carried out, and the same call may tell."""
    error = one.answer.error
    if error is None or error.code == "bug" or not may_repeat(one.flight, now):
        return False
    # One of several may be what kills the workers: after a second death each goes alone.
    if error.code == CRASHED.code and one.merged and one.flight.suspect:
        return False
    # What answers a repeat says nothing of the first time, but for a refusal.
    before = one.flight.repeat and error.kind is not ErrorClass.REFUSED
    return error.kind is ErrorClass.UNKNOWN or before


def _settle(one: Answered, now: datetime) -> list[Result]:
    error = one.answer.error
    if one.spared:
        return [_result(one, _go_again(SPARED, now, AttemptOutcome.REFUSED))]
    if error is not None and _unsure(one, now):
        return [_result(one, _repeat(one, error, now))]
    said = _ask_handler(one, now)
    if isinstance(said, Refused) and (one.member.passengers or _refused_unnamed(one)):
        return _alone(one, said, now)
    if said is None and error is not None:
        given = _by_class(one, error, now)
    else:
        given = verdict(one.job, said or Settled(Outcome.WRITTEN), now=now)
    if given.attempt is None:
        given = _with_attempt(given, error)
    results = [_result(one, given)]
    if given.state is JobState.SUCCEEDED:
        results += [_carried(rider, one.job) for rider in one.member.passengers]
    return results


def _refused_unnamed(one: Answered) -> bool:
    """A call of several was refused without a word on whose account."""
    return one.merged and one.answer.error is not None


def _repeat(one: Answered, error: CallError, now: datetime) -> Verdict:
    """The same call goes again before anything else of its lanes; only a crash is an attempt."""
    if error.kind not in (ErrorClass.UNKNOWN, ErrorClass.TRANSIENT):
        return _by_class(one, error, now)
    crashed = error.code == CRASHED.code
    outcome = AttemptOutcome.CRASHED if crashed else AttemptOutcome.UNKNOWN
    due_at = now + timedelta(seconds=repeat_pause(one.job.tries))
    return replace(_go_again(REPEATED, due_at, outcome), spends=crashed)


def _go_again(reason: str, due_at: datetime, attempt: AttemptOutcome) -> Verdict:
    return Verdict(state=JobState.QUEUED, reason=reason, attempt=attempt, due_at=due_at)


def _ask_handler(one: Answered, now: datetime) -> Settled | Again | Refused | Retry | None:
    if not one.was_sent:
        return None
    try:
        with transaction.atomic():
            said = handler_for(one.job.handler).settle(
                one.job, one.member.passengers, one.member.request, one.answer, now=now
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


def _by_class(one: Answered, error: CallError, now: datetime) -> Verdict:
    """What the engine makes of a failure that the handler leaves to it."""
    job = one.job
    match error.kind:
        case ErrorClass.PLATFORM_DOWN | ErrorClass.REVOKED | ErrorClass.FROZEN:
            return _wait(job, error)
        case ErrorClass.TRANSIENT if one.flight.trial:
            return _wait(job, error)  # the outage goes on, and that is not the job's failure
        case ErrorClass.THROTTLED:
            pause = asked_pause(error.retry_after, longest=LONGEST_THROTTLE)
            due_at = now + timedelta(seconds=pause)
            return _go_again(error.message, due_at, AttemptOutcome.THROTTLED)
        case ErrorClass.NOT_SENT:
            # Due since it was made: what was stopped keeps its place in the backlog.
            return _go_again(error.message, job.created_at, AttemptOutcome.WITHDRAWN)
        case _ if error.code in ENDED_WITH_US:
            return _ended_with_us(error, now)
        case _:
            return verdict(job, Retry(error.code, error.message), now=now)


def _ended_with_us(error: CallError, now: datetime) -> Verdict:
    """Our own end is no failure of the job; of its crashes the count bounds how often."""
    if error.code == STOPPED.code:
        return _go_again(error.message, now, AttemptOutcome.UNKNOWN)
    again = _go_again(error.message, now, AttemptOutcome.CRASHED)
    return replace(again, error_code=error.code, spends=True)


def _wait(job: JobView, error: CallError) -> Verdict:
    """For the channel; due since it was made, so that a backlog drains as it has grown."""
    return Verdict(
        state=JobState.WAITING,
        reason=error.message,
        error_code=error.code,
        attempt=AttemptOutcome.WAITING,
        due_at=job.created_at,
    )


def _alone(one: Answered, said: Refused, now: datetime) -> list[Result]:
    """One of several carried jobs was refused: each goes again alone, so that the guilty shows."""
    reason = f"Refused together with others ({said.message}); each is tried alone."
    head = replace(_go_again(reason, now, AttemptOutcome.REFUSED), solo=True)
    rider = Verdict(state=JobState.QUEUED, reason=reason, due_at=now, solo=True)
    riders = one.member.passengers
    return [_result(one, head), *(Result(job=job, verdict=rider) for job in riders)]


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
        cost=one.answer.cost if one.leads else None,
    )
