"""The sweep by clock: whatever a lost wake-up, a dead pump or a due retry has left is woken."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django_q.brokers import get_broker
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
WHERE next_due_at <= statement_timestamp() AND NOT paused AND slot_until IS NULL
  AND (woken_at IS NULL OR woken_at < least(
    statement_timestamp() - make_interval(secs => %s), %s::timestamptz))
"""
# Whoever dies between storing a job and waking its channel leaves a lane that is due in a channel
# of which nobody knows it. Lanes that have become due just now are about to be told of.
TOUR_STOP = """
SELECT count(*), max(id) FROM (
  SELECT id FROM syncqueue_channel WHERE id > %(after)s ORDER BY id LIMIT %(many)s) AS stop
"""
TELL = """
UPDATE syncqueue_channel AS channel SET next_due_at = statement_timestamp()
WHERE id > %(after)s AND id <= %(last)s AND NOT paused AND slot_until IS NULL
  AND (next_due_at IS NULL OR next_due_at > statement_timestamp() + make_interval(secs => %(late)s))
  AND EXISTS (
    SELECT 1 FROM (VALUES ('in', 0), ('in', 1), ('call', 0), ('call', 1)) AS kinds(kind, priority)
    WHERE (kinds.kind = 'in' OR channel.health IN ('healthy', 'degraded'))
      AND (SELECT min(lane.due_at) FROM syncqueue_lane AS lane
           WHERE lane.channel_id = channel.id AND lane.kind = kinds.kind
             AND lane.priority = kinds.priority)
          < statement_timestamp() - make_interval(secs => %(late)s))
"""
LATE_SECONDS = 2.0
TOUR = 200  # channels a sweep looks at closely, in turn
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
_toured = 0


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
    broker = get_broker()
    lost = [broker.lost_after(), broker.oldest()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0] or not _is_time("sweep", every):
            return []
        cursor.execute(FREE_DEAD_SLOTS)
        _go_on_tour()
        cursor.execute(DUE, lost)
        due = [channel_id for (channel_id,) in cursor.fetchall()]
    wake(due, stale=0.0)
    for name, chore in _chores.items():
        if _is_time(name, chore.seconds) and chore.wanted():
            async_task("syncqueue.tasks.chore", name)
    return due


def _go_on_tour() -> None:
    """Look at the next channels for lanes that are due and that nobody was told of."""
    global _toured  # noqa: PLW0603  a place in a list; each process goes round by itself
    with connection.cursor() as cursor:
        cursor.execute(TOUR_STOP, {"after": _toured, "many": TOUR})
        (many, last) = cursor.fetchone()
        cursor.execute(TELL, {"after": _toured, "last": last, "late": LATE_SECONDS})
        _toured = last if many == TOUR else 0


def run_chore(name: str) -> None:
    _chores[name].run()


def _is_time(name: str, seconds: float) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(RUN_CHORE, [name, seconds])
        return cursor.fetchone() is not None
