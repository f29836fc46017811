"""Asking handlers for their plans, and what becomes of those that break or stand in the way."""

from collections.abc import Callable, Sequence

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from syncqueue.domain.handling import (
    Cancelled,
    JobView,
    Parked,
    Planned,
    Refused,
    Retry,
    handler_for,
)
from syncqueue.errors import UnknownHandler

Plan = Callable[[JobView, Sequence[JobView]], Planned]
LOCK_WAIT = "200ms"
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


def bound_lock_waits() -> None:
    """Let no lock of others keep the pump from its calls; breaks deadlocks early, too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
