"""Recording how jobs ended, or when they go on: fenced on their lanes, in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from syncqueue.domain.backoff import delay, most_attempts
from syncqueue.domain.handling import Again, Cancelled, JobView, Parked, Refused, Retry, Settled
from syncqueue.domain.storable import dumps
from syncqueue.enums import OPEN_STATES, AttemptOutcome, JobState, Policy
from syncqueue.errors import LostLease

LOCK_LANES = """
SELECT id FROM syncqueue_lane WHERE id = ANY(%(lanes)s) AND token = %(token)s
ORDER BY id FOR UPDATE
"""
STORE_JOBS = """
UPDATE syncqueue_job AS job SET
  state = r.state, outcome = r.outcome, reason = r.reason, error_code = r.error_code,
  attempts = job.attempts + r.spends, tries = job.tries + r.new_try,
  crashes = CASE WHEN r.survived THEN 0 ELSE job.crashes END,
  solo = job.solo OR r.solo, next_attempt_at = r.due_at,
  started_at = coalesce(job.started_at, %(now)s),
  finished_at = CASE WHEN r.over THEN %(now)s END
FROM jsonb_to_recordset(%(rows)s) AS r(
  id bigint, state text, outcome text, reason text, error_code text, spends int, new_try int,
  closes int, solo boolean, due_at timestamptz, over boolean, survived boolean)
WHERE job.id = r.id
"""
CLOSE_ATTEMPTS = """
UPDATE syncqueue_attempt AS attempt SET
  finished_at = %(now)s, outcome = r.attempt, error_code = r.error_code, message = r.reason,
  http_status = r.http_status, request_id = coalesce(r.request_id, ''), cost = r.cost
FROM jsonb_to_recordset(%(rows)s) AS r(
  id bigint, attempt text, error_code text, reason text, closes int,
  http_status int, request_id text, cost int)
WHERE attempt.job_id = r.id AND r.closes = 1 AND attempt.finished_at IS NULL
"""
ADD_ATTEMPTS = """
INSERT INTO syncqueue_attempt
  (job_id, number, token, started_at, finished_at, outcome, error_code, message)
SELECT r.id, job.tries, %(token)s, %(now)s, %(now)s, r.attempt, r.error_code, r.reason
FROM jsonb_to_recordset(%(rows)s) AS r(
  id bigint, attempt text, error_code text, reason text, new_try int)
JOIN syncqueue_job AS job ON job.id = r.id
WHERE r.new_try = 1
"""
# Frees the lanes. One stays due while jobs are open: at once, or when its head may try again.
FREE_LANES = """
UPDATE syncqueue_lane AS lane
SET lease_until = NULL, token = NULL, pending = pending - r.finished,
    done_id = greatest(done_id, r.done),
    due_at = CASE WHEN pending - r.finished = 0 THEN NULL
                  WHEN r.due_at IS NULL THEN least(lane.due_at, %(now)s)
                  WHEN lane.due_at > lane.claimed_at THEN least(lane.due_at, r.due_at)
                  ELSE r.due_at END
FROM jsonb_to_recordset(%(rows)s) AS r(id bigint, finished int, done bigint, due_at timestamptz)
WHERE lane.id = r.id AND lane.token = %(token)s
"""

UNTRIED = (AttemptOutcome.CRASHED, AttemptOutcome.WITHDRAWN)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of a job. `spends` counts against its policy; `due_at` set while it goes on."""

    state: JobState
    outcome: str = ""
    reason: str = ""
    error_code: str = ""
    attempt: AttemptOutcome | None = None
    spends: bool = False
    due_at: datetime | None = None
    solo: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """A job's verdict; `opened` where its plan wrote an attempt, with what the platform said."""

    job: JobView
    verdict: Verdict
    opened: bool = False
    http_status: int | None = None
    request_id: str = ""
    cost: int | None = None

    @classmethod
    def of(cls, job: JobView, verdict: Verdict, *, opened: bool = False) -> "Result":
        return cls(job=job, verdict=verdict, opened=opened)

    def row(self) -> dict[str, Any]:
        given = self.verdict
        tried = given.attempt is not None
        return {
            "id": self.job.id,
            "state": given.state,
            "outcome": given.outcome,
            "reason": given.reason,
            "error_code": given.error_code,
            "attempt": given.attempt or AttemptOutcome.PARKED,
            "spends": int(given.spends),
            "new_try": int(tried and not self.opened),
            "closes": int(self.opened),
            "solo": given.solo,
            "due_at": given.due_at and given.due_at.isoformat(),
            "over": given.state not in OPEN_STATES,
            "survived": tried and given.attempt not in UNTRIED,
            "http_status": self.http_status,
            "request_id": self.request_id,
            "cost": self.cost,
        }


def verdict(
    job: JobView, result: Settled | Parked | Again | Refused | Retry | Cancelled, *, now: datetime
) -> Verdict:
    """Turn what a handler returned into the job's next state, by the job's own policy."""
    policy, spent = Policy(job.policy), job.attempts + 1
    match result:
        case Settled(outcome, reason):
            done = AttemptOutcome.SUCCEEDED
            return Verdict(state=JobState.SUCCEEDED, outcome=outcome, reason=reason, attempt=done)
        case Parked(reason, seconds) | Again(reason, seconds):
            return Verdict(
                state=JobState.QUEUED, reason=reason, due_at=now + timedelta(seconds=seconds)
            )
        case Cancelled(by):
            return Verdict(state=JobState.CANCELLED, reason=f"Cancelled by {by}.")
        case Refused(code, message):
            return _dead(code, message, AttemptOutcome.REFUSED)
        case Retry(code, message):
            seconds_left = delay(policy, spent, jitter=job.jitter)
            if seconds_left is None:
                said = f"{message} All {spent} attempts are spent."
                return _dead(code, said, AttemptOutcome.FAILED)
            left = most_attempts(policy) - spent
            return Verdict(
                state=JobState.RETRYING,
                reason=f"{message} Attempts left: {left}; what is behind it waits.",
                error_code=code,
                attempt=AttemptOutcome.FAILED,
                spends=True,
                due_at=now + timedelta(seconds=seconds_left),
            )


def finish(
    lane_id: int, results: Sequence[tuple[JobView, Verdict]], *, token: UUID, now: datetime
) -> bool:
    """Store one lane's verdicts and free it; False, with nothing changed, under a foreign token."""
    rows = [Result(job=job, verdict=given) for job, given in results]
    return lane_id in finish_lanes({lane_id: rows}, token=token, now=now)


def finish_all(lanes: Mapping[int, Sequence[Result]], *, token: UUID, now: datetime) -> None:
    """`finish_lanes`, but all or nothing: raises `LostLease` where a lane is no longer ours."""
    with transaction.atomic(savepoint=False):
        ours = finish_lanes(lanes, token=token, now=now)
        if len(ours) < len(lanes):
            raise LostLease(ours)


def finish_lanes(lanes: Mapping[int, Sequence[Result]], *, token: UUID, now: datetime) -> set[int]:
    """Store the verdicts of many lanes and free them; says which lanes were still ours."""
    if not lanes:
        return set()
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(LOCK_LANES, {"lanes": sorted(lanes), "token": token})
        ours = {lane_id for (lane_id,) in cursor.fetchall()}
        results = [result for lane_id in ours for result in lanes[lane_id]]
        jobs: dict[str, str | UUID | datetime] = {
            "rows": dumps([r.row() for r in results]),
            "token": token,
            "now": now,
        }
        if results:
            cursor.execute(STORE_JOBS, jobs)
        if any(result.opened for result in results):
            cursor.execute(CLOSE_ATTEMPTS, jobs)
        if any(result.verdict.attempt and not result.opened for result in results):
            cursor.execute(ADD_ATTEMPTS, jobs)
        freed = [_freed(lane_id, lanes[lane_id]) for lane_id in ours]
        cursor.execute(FREE_LANES, {"rows": dumps(freed), "token": token, "now": now})
    return ours


def _freed(lane_id: int, results: Sequence[Result]) -> dict[str, Any]:
    due = next((r.verdict.due_at for r in results if r.verdict.due_at), None)
    finished = sum(r.verdict.state not in OPEN_STATES for r in results)
    done = max((r.job.id for r in results if r.verdict.state is JobState.SUCCEEDED), default=0)
    return {
        "id": lane_id, "finished": finished, "done": done, "due_at": due and due.isoformat(),
    }  # fmt: skip


def _dead(code: str, message: str, attempt: AttemptOutcome) -> Verdict:
    return Verdict(
        state=JobState.DEAD_LETTERED, reason=message, error_code=code, attempt=attempt, spends=True
    )
