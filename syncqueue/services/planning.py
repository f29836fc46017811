"""Asking handlers for their plans, and what becomes of heads that need no call now."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from syncqueue.domain.handling import (
    Cancelled,
    JobView,
    Parked,
    Planned,
    Refused,
    Retry,
    Settled,
    handler_for,
)
from syncqueue.errors import UnknownHandler
from syncqueue.services.claim import Claimed
from syncqueue.services.finish import Result, finish_lanes, verdict
from syncqueue.services.unflushed import NO_FLUSH

Plan = Callable[[JobView, Sequence[JobView]], Planned]
LOCK_WAIT = "200ms"
BOUND = "SELECT set_config('lock_timeout', %s, true)"
CLASHES = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
IN_THE_WAY = Parked("Another transaction was in the way.", 0.2)


def plan(job: JobView, followers: Sequence[JobView]) -> Planned:
    """Ask the handler; what it raises spoils the transaction."""
    if job.cancel_by:
        return Cancelled(job.cancel_by)
    try:
        handler = handler_for(job.handler)
    except UnknownHandler as error:
        return Refused("unknown_handler", str(error))
    return handler.plan(job, followers, now=timezone.now())


def plan_safely(job: JobView, followers: Sequence[JobView]) -> Planned:
    """Plan in a savepoint: a handler that breaks spoils its own job only."""
    try:
        with transaction.atomic():
            return plan(job, followers)
    except Exception as error:  # noqa: BLE001  whatever it is, it becomes the job's failure
        return IN_THE_WAY if is_clash(error) else bug(error)


def bug(error: Exception) -> Retry:
    return Retry("bug", f"{type(error).__name__}: {error}"[:500])


def is_clash(error: Exception) -> bool:
    """Two transactions wanted the same rows: nobody's fault, and no attempt is spent."""
    cause = error.__cause__
    return isinstance(error, OperationalError) and getattr(cause, "sqlstate", "") in CLASHES


def bound_lock_waits(*, flush: bool = True) -> None:
    """Let no lock of others keep the pump from its calls; breaks deadlocks early, too.

    Without `flush` the transaction's commit waits for no disk: all of it can be done again.
    """
    with connection.cursor() as cursor:
        cursor.execute(BOUND if flush else f"{BOUND} WHERE {NO_FLUSH}", [LOCK_WAIT])


def result_of(lane: Claimed, given: Settled | Parked | Refused | Retry | Cancelled) -> Result:
    """What becomes of a head that needs no call; a suspect's attempt is open already."""
    head = lane.jobs[0]
    return Result.of(head, verdict(head, given, now=timezone.now()), opened=lane.stale)


def park(lanes: Iterable[Claimed], parked: Parked, *, token: UUID) -> None:
    """Let lanes wait, and free them."""
    results = {lane.lane_id: [result_of(lane, parked)] for lane in lanes}
    finish_lanes(results, token=token, now=timezone.now())


def give_back(lanes: Iterable[Claimed], *, token: UUID) -> None:
    """Free lanes as they were found."""
    untouched: dict[int, list[Result]] = {lane.lane_id: [] for lane in lanes}
    finish_lanes(untouched, token=token, now=timezone.now())
