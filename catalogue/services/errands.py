"""Errands: rows that the workers carry further step by step, each with its end in one commit."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from catalogue.enums import ErrandState
from catalogue.errors import CatalogueError, NotAllowedNowError
from catalogue.models.errands import Errand

E = TypeVar("E", bound=Errand)
STEP_SECONDS = 5.0
MOST_TRIES = 3
OVER = (ErrandState.DONE, ErrandState.FAILED, ErrandState.CANCELLED)


def any_running(kind: type[Errand]) -> bool:
    return kind.objects.filter(state=ErrandState.RUNNING).exists()


def run_all(kind: type[E], step: Callable[[E], bool]) -> None:
    """Take every running errand of a kind further, for a few seconds each."""
    running = kind.objects.filter(state=ErrandState.RUNNING).order_by("id")
    for pk in running.values_list("pk", flat=True):
        ends = time.monotonic() + STEP_SECONDS
        while take_step(kind, pk, step) and time.monotonic() < ends:
            pass


def take_step(kind: type[E], pk: int, step: Callable[[E], bool]) -> bool:
    """Carry one errand further by one step; whether there may be more.

    A step moves the errand's cursor itself. What kills it thrice ends the errand in a named state.
    """
    if not _begin(kind, pk):
        return False
    try:
        with transaction.atomic():
            row = _running(kind, pk)
            if row is None or not step(row):
                return False
            row.tries = 0
            row.save()
            return True
    except (CatalogueError, ValueError) as error:
        with transaction.atomic():
            set_state(locked(kind, pk, ErrandState.RUNNING), ErrandState.FAILED, str(error))
        return False


def cancel(kind: type[E], pk: int, *, by: str) -> E:
    """Stop an errand: what it has done stands, and can be rolled back by its cause."""
    with transaction.atomic():
        row = locked(kind, pk, ErrandState.PREVIEW, ErrandState.RUNNING)
        set_state(row, ErrandState.CANCELLED, f"Cancelled by {by}.")
    return row


def locked(kind: type[E], pk: int, *states: ErrandState) -> E:
    """The row, locked. Raises NotAllowedNowError where it is in none of these states."""
    row: E = kind.objects.select_for_update().get(pk=pk)
    if row.state not in states:
        raise NotAllowedNowError(f"It is {ErrandState(row.state).value} already.")
    return row


def set_state(row: Errand, state: ErrandState, reason: str = "") -> None:
    row.state, row.reason = state, reason
    if state in OVER:
        row.finished_at = timezone.now()
    row.save()


def _begin(kind: type[E], pk: int) -> bool:
    """Count a beginning, in a transaction of its own: a step that dies leaves its trace."""
    with transaction.atomic():
        row = _running(kind, pk)
        if row is None:
            return False
        if row.tries >= MOST_TRIES:
            said = f"It ended {row.tries} times without a word, behind {row.cursor}."
            set_state(row, ErrandState.FAILED, said)
            return False
        row.tries += 1
        row.save(update_fields=["tries"])
    return True


def _running(kind: type[E], pk: int) -> E | None:
    """The row, locked; None where another worker has it, or it runs no more."""
    rows = kind.objects.select_for_update(skip_locked=True)
    return rows.filter(pk=pk, state=ErrandState.RUNNING).first()
