"""Deciding `in` lanes: SQL only, many lanes and jobs in one transaction."""

import random
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from syncqueue.domain.handling import (
    Call,
    JobView,
    Planned,
    Refused,
    Retry,
    handler_for,
)
from syncqueue.enums import OPEN_STATES, Kind, Policy
from syncqueue.errors import UnknownHandler
from syncqueue.services.claim import Claimed, claim
from syncqueue.services.finish import Result, finish_lanes, verdict
from syncqueue.services.rescue import count_crashes, poisoned

LANES, JOBS = 100, 50


def decide_due(channel_id: int, *, token: UUID, seconds: float) -> int:
    """Claim and decide what is due now; says how many jobs were decided."""
    claimed = claim(channel_id, Kind.IN, token=token, lanes=LANES, jobs=JOBS, seconds=seconds)
    suspects = [lane for lane in claimed if lane.stale or lane.jobs[0].crashes]
    count_crashes([lane for lane in suspects if lane.stale])
    trusted = [lane for lane in claimed if lane not in suspects]
    decided = _decide(trusted, token) if trusted else 0
    # What may have killed its worker is tried alone, so that it can hurt nobody else.
    return decided + sum(_decide([lane], token) for lane in suspects)


def _decide(lanes: Sequence[Claimed], token: UUID) -> int:
    with transaction.atomic():
        results = {lane.lane_id: _decide_lane(lane) for lane in lanes}
        finish_lanes(results, token=token, now=timezone.now())
    return sum(map(len, results.values()))


def _decide_lane(lane: Claimed) -> list[Result]:
    """Decide a lane's jobs in order, up to the first that stays open."""
    results: list[Result] = []
    dead = poisoned(lane)
    if dead is not None:
        return [dead]
    for position, job in enumerate(lane.jobs):
        now = timezone.now()
        planned = plan_safely(job, lane.jobs[position + 1 :])
        if isinstance(planned, Call):
            planned = Refused("bug", f"“{job.handler}” wants to call from an `in` lane.")
        given = verdict(job, planned, policy=Policy(job.policy), now=now, jitter=jitter())
        results.append(Result(job=job, verdict=given))
        if given.state in OPEN_STATES:
            break
    return results


def plan_safely(job: JobView, followers: Sequence[JobView]) -> Planned:
    """Plan in a savepoint: a handler that breaks spoils its own job only."""
    try:
        with transaction.atomic():
            return handler_for(job.handler).plan(job, followers, now=timezone.now())
    except UnknownHandler as error:
        return Refused("unknown_handler", str(error))
    except Exception as error:  # noqa: BLE001  whatever it is, it becomes the job's failure
        return bug(error)


def jitter() -> float:
    """Spread retries a little, so that a crowd doesn't come back as one."""
    return random.uniform(-1, 1)  # noqa: S311  no secret hangs on it


def bug(error: Exception) -> Retry:
    return Retry("bug", f"{type(error).__name__}: {error}"[:500])
