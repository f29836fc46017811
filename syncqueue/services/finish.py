"""Recording how a job ended, or when it goes on: fenced on its lane, its attempt beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Max

from syncqueue.domain.backoff import delay
from syncqueue.domain.handling import (
    Again,
    JobView,
    Parked,
    Refused,
    Retry,
    Settled,
)
from syncqueue.enums import OPEN_STATES, AttemptOutcome, JobState, Policy
from syncqueue.models import Attempt, Job, Lane

# Frees the lane. It stays due while jobs are open: at once, or when its head may try again.
FREE_LANE = """
UPDATE syncqueue_lane AS lane
SET lease_until = NULL, token = NULL, pending = pending - %(finished)s,
    due_at = CASE WHEN pending - %(finished)s = 0 THEN NULL
                  WHEN %(due_at)s::timestamptz IS NULL THEN least(lane.due_at, %(now)s)
                  ELSE %(due_at)s END
WHERE id = %(lane)s AND token = %(token)s
"""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of a job. `spends` counts against its policy; `due_at` set while it goes on."""

    state: JobState
    outcome: str = ""
    reason: str = ""
    error_code: str = ""
    attempt: AttemptOutcome | None = None
    spends: bool = False
    due_at: datetime | None = field(default=None)


def verdict(
    job: JobView,
    result: Settled | Parked | Again | Refused | Retry,
    *,
    policy: Policy,
    now: datetime,
    jitter: float,
) -> Verdict:
    """Turn what a handler returned into the job's next state."""
    match result:
        case Settled(outcome, reason):
            done = AttemptOutcome.SUCCEEDED
            return Verdict(state=JobState.SUCCEEDED, outcome=outcome, reason=reason, attempt=done)
        case Parked(reason, seconds) | Again(reason, seconds):
            return Verdict(
                state=JobState.QUEUED, reason=reason, due_at=now + timedelta(seconds=seconds)
            )
        case Refused(code, message):
            return _dead(code, message, AttemptOutcome.REFUSED)
        case Retry(code, message):
            seconds_left = delay(policy, job.attempts + 1, jitter=jitter)
            if seconds_left is None:
                return _dead(code, message, AttemptOutcome.FAILED)
            return Verdict(
                state=JobState.RETRYING,
                reason=message,
                error_code=code,
                attempt=AttemptOutcome.FAILED,
                spends=True,
                due_at=now + timedelta(seconds=seconds_left),
            )


def finish(
    lane_id: int, results: Sequence[tuple[JobView, Verdict]], *, token: UUID, now: datetime
) -> bool:
    """Store the verdicts and free the lane; False, with nothing changed, under a foreign token."""
    with transaction.atomic():
        if not Lane.objects.select_for_update().filter(pk=lane_id, token=token).exists():
            return False
        for job, given in results:
            _store(job, given, token=token, now=now)
        _free(lane_id, [given for _, given in results], token=token, now=now)
    return True


def _dead(code: str, message: str, attempt: AttemptOutcome) -> Verdict:
    return Verdict(
        state=JobState.DEAD_LETTERED, reason=message, error_code=code, attempt=attempt, spends=True
    )


def _store(job: JobView, given: Verdict, *, token: UUID, now: datetime) -> None:
    Job.objects.filter(pk=job.id).update(
        state=given.state,
        outcome=given.outcome,
        reason=given.reason,
        error_code=given.error_code,
        attempts=F("attempts") + int(given.spends),
        next_attempt_at=given.due_at,
        finished_at=now if given.state not in OPEN_STATES else None,
    )
    if given.attempt:
        _record(job, given, token=token, now=now)


def _record(job: JobView, given: Verdict, *, token: UUID, now: datetime) -> None:
    """Close the attempt that the plan opened, or write the one of a job that needed no call."""
    end = {
        "finished_at": now,
        "outcome": given.attempt,
        "error_code": given.error_code,
        "message": given.reason,
    }
    if Attempt.objects.filter(job=job.id, token=token, finished_at=None).update(**end):
        return
    last = Attempt.objects.filter(job=job.id).aggregate(last=Max("number"))["last"] or 0
    Attempt.objects.create(job_id=job.id, number=last + 1, token=token, started_at=now, **end)


def _free(lane_id: int, given: Sequence[Verdict], *, token: UUID, now: datetime) -> None:
    values: dict[str, int | UUID | datetime | None] = {
        "lane": lane_id,
        "token": token,
        "now": now,
        "finished": sum(one.state not in OPEN_STATES for one in given),
        "due_at": next((one.due_at for one in given if one.due_at), None),
    }
    with connection.cursor() as cursor:
        cursor.execute(FREE_LANE, values)
