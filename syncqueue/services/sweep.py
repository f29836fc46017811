"""The sweep by clock: whatever a lost wake-up, a dead pump or a due retry has left is woken."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django_q.tasks import async_task

from syncqueue.services.wake import wake

LOCK = 7_341_902  # any number of our own: one sweep at a time over all nodes
# A slot that ran out belongs to a pump that died: its wake-up died with it.
FREE_DEAD_SLOTS = """
UPDATE syncqueue_channel SET slot_token = NULL, slot_until = NULL, woken_at = NULL
WHERE slot_until < statement_timestamp()
"""
DUE = """
SELECT id FROM syncqueue_channel
WHERE next_due_at <= statement_timestamp() AND NOT paused
  AND (slot_until IS NULL OR slot_until < statement_timestamp())
"""
RUN_CHORE = """
INSERT INTO syncqueue_chore AS chore (name, ran_at) VALUES (%s, statement_timestamp())
ON CONFLICT (name) DO UPDATE SET ran_at = EXCLUDED.ran_at
WHERE chore.ran_at <= statement_timestamp() - make_interval(secs => %s)
RETURNING name
"""


@dataclass(frozen=True, slots=True)
class _Chore:
    seconds: float
    run: Callable[[], object]
    wanted: Callable[[], bool]


_chores: dict[str, _Chore] = {}


def _always() -> bool:
    return True


def register_chore(
    name: str,
    seconds: float,
    run: Callable[[], object],
    *,
    wanted: Callable[[], bool] = _always,
) -> None:
    """Have something done every so many seconds by one worker of one node, where it is `wanted`."""
    _chores[name] = _Chore(seconds, run, wanted)


def sweep(*, every: float = 0.9) -> list[int]:
    """Wake the channels that are due; at most once a second over all nodes. Says which."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0] or not _is_time("sweep", every):
            return []
        cursor.execute(FREE_DEAD_SLOTS)
        cursor.execute(DUE)
        due = [channel_id for (channel_id,) in cursor.fetchall()]
    wake(due)
    for name, chore in _chores.items():
        if _is_time(name, chore.seconds) and chore.wanted():
            async_task("syncqueue.tasks.chore", name)
    return due


def run_chore(name: str) -> None:
    _chores[name].run()


def _is_time(name: str, seconds: float) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(RUN_CHORE, [name, seconds])
        return cursor.fetchone() is not None
