"""Deciding `in` lanes: SQL only, many lanes and jobs in one short transaction."""

import math
import time
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from syncqueue.domain.handling import Call, Refused
from syncqueue.enums import OPEN_STATES, Kind
from syncqueue.errors import LostLease
from syncqueue.services.claim import Claimed, claim, let_go
from syncqueue.services.finish import Result, finish_all, finish_lanes, verdict
from syncqueue.services.planning import Plan, bound_lock_waits, plan, plan_safely
from syncqueue.services.rescue import absolve, begin_alone, bury

LANES, JOBS = 100, 10
# Longer transactions would keep records locked, and the answers of calls waiting.
BATCH_SECONDS = 0.04


def decide_due(channel_id: int, *, token: UUID, seconds: float) -> int:
    """Claim and decide what is due now, for a moment; says how many jobs were decided."""
    claimed = claim(channel_id, Kind.IN, token=token, lanes=LANES, jobs=JOBS, seconds=seconds)
    trusted = [lane for lane in claimed if not lane.stale]
    decided = _decide_batch(trusted, token) if trusted else 0
    # What may have killed its worker is tried alone, so that it can hurt nobody else.
    suspects = [lane for lane in claimed if lane.stale]
    return decided + _decide_suspects(suspects, token, time.monotonic() + seconds / 3)


def _decide_suspects(lanes: Sequence[Claimed], token: UUID, ends: float) -> int:
    """Decide suspects one by one while the lease is fresh; the rest is left as it was found."""
    for place, lane in enumerate(lanes):
        if time.monotonic() > ends:
            let_go([left.lane_id for left in lanes[place:]], token=token)
            return place
        try:
            _decide_suspect(lane, token)
        except LostLease:
            absolve(lane.jobs[:1])
    return len(lanes)


def _decide_batch(lanes: Sequence[Claimed], token: UUID) -> int:
    """Decide as much as time allows in one transaction; if that fails, each lane for itself."""
    ends = time.monotonic() + BATCH_SECONDS
    results: dict[int, list[Result]] = {}
    try:
        with transaction.atomic():
            bound_lock_waits(flush=False)
            for place, lane in enumerate(lanes):
                results[lane.lane_id] = []
                if not place or time.monotonic() < ends:  # the first one always, or none ever
                    _decide_lane(lane, results[lane.lane_id], plan, ends)
            finish_all(results, token=token, now=timezone.now())
    except Exception:  # noqa: BLE001  tried again singly, where each failure becomes its job's
        return _decide_singly(lanes, len(results), token)
    return sum(map(len, results.values()))


def _decide_singly(lanes: Sequence[Claimed], tried: int, token: UUID) -> int:
    """Decide the lanes of a failed batch one by one; give back those that it had not reached."""
    decided = 0
    for lane in lanes[:tried]:
        results: list[Result] = []
        with transaction.atomic():
            bound_lock_waits(flush=False)
            _decide_lane(lane, results, plan_safely, time.monotonic() + BATCH_SECONDS)
            if not finish_lanes({lane.lane_id: results}, token=token, now=timezone.now()):
                transaction.set_rollback(True)
                results.clear()
        if not results:
            absolve(lane.jobs[:1])
        decided += len(results)
    finish_lanes({lane.lane_id: [] for lane in lanes[tried:]}, token=token, now=timezone.now())
    return decided


def _decide_suspect(lane: Claimed, token: UUID) -> None:
    if bury(lane, token=token):
        return
    alone = begin_alone(lane, token=token)
    results: list[Result] = []
    head = Claimed(alone.lane_id, alone.jobs[:1], stale=True)
    with transaction.atomic():
        bound_lock_waits(flush=False)
        _decide_lane(head, results, plan_safely, math.inf)
        finish_all({lane.lane_id: results}, token=token, now=timezone.now())


def _decide_lane(lane: Claimed, results: list[Result], by: Plan, ends: float) -> None:
    """Decide a lane's jobs in order: one, and more while there is time and none stays open."""
    finish = partial(Result.of, opened=lane.stale)
    for position, job in enumerate(lane.jobs):
        planned = by(job, lane.jobs[position + 1 :])
        if isinstance(planned, Call):
            planned = Refused("bug", f"“{job.handler}” wants to call from an `in` lane.")
        results.append(finish(job, verdict(job, planned, now=timezone.now())))
        if results[-1].verdict.state in OPEN_STATES or time.monotonic() > ends:
            return
