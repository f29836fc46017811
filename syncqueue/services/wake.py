"""Waking a channel's pump, once per idle→busy edge, and remembering when it is due."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction
from django_q.brokers import Broker, get_broker
from django_q.tasks import async_task

from syncqueue.services.unflushed import NO_FLUSH

# Whoever stores a job leaves a flag as young as this alone; the sweep knows sooner what was lost.
STALE_SECONDS = 10.0

_WAKE = """
UPDATE syncqueue_channel
SET woken_at = statement_timestamp(),
    next_due_at = LEAST(next_due_at, statement_timestamp())
WHERE id = ANY(%s) AND NOT paused
  AND (woken_at IS NULL OR woken_at < statement_timestamp() - make_interval(secs => %s))
  AND {flush}
RETURNING id, COALESCE(slot_until > statement_timestamp(), false)
"""
# Most channels that are woken have a wake-up under way: a look is cheaper than a lock.
_ASLEEP = """
SELECT id FROM syncqueue_channel
WHERE id = ANY(%s) AND NOT paused
  AND (woken_at IS NULL OR woken_at < statement_timestamp() - make_interval(secs => %s))
"""
_NOTE_DUE = """
UPDATE syncqueue_channel c SET next_due_at = u.due_at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS u(id, due_at)
WHERE c.id = u.id AND (c.next_due_at IS NULL OR c.next_due_at > u.due_at)
"""
_MAKE_DUE = """
UPDATE syncqueue_lane SET due_at = statement_timestamp()
WHERE id IN (SELECT id FROM syncqueue_lane
             WHERE channel_id = %s AND kind = %s AND key = ANY(%s) AND due_at IS NOT NULL
               AND (due_at > statement_timestamp() OR lease_until > statement_timestamp())
             ORDER BY id FOR UPDATE)
"""


def wake(channel_ids: Iterable[int], *, stale: float = STALE_SECONDS) -> int:
    """Send a wake-up to every channel whose flag is older than `stale` seconds; says to how many.

    A pump that holds the channel's slot sees the flag itself, and needs none.
    """
    ids = _asleep(channel_ids, stale)
    if not ids:
        return 0
    broker = get_broker()
    # A transaction of others keeps its flush.
    waking = _WAKE.format(flush="true" if connection.in_atomic_block else NO_FLUSH)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(waking, [ids, stale])
        woken = [channel_id for channel_id, pumped in cursor.fetchall() if not pumped]
        if broker.transactional:
            _deliver(woken, broker)
    if not broker.transactional:  # no network inside a transaction
        transaction.on_commit(lambda: _deliver(woken, broker))
    return len(woken)


def _deliver(channel_ids: Iterable[int], broker: Broker) -> None:
    for channel_id in channel_ids:
        async_task("syncqueue.tasks.pump", channel_id, broker=broker)


def _asleep(channel_ids: Iterable[int], stale: float) -> list[int]:
    if not (ids := sorted(set(channel_ids))):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ASLEEP, [ids, stale])
        return sorted(channel_id for (channel_id,) in cursor.fetchall())


def others_wait() -> bool:
    """Whether wake-ups wait for a worker."""
    return bool(get_broker().others_wait())


def note_due(due: Mapping[int, datetime]) -> None:
    """Let the sweep know that these channels have something to do then."""
    if due:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE_DUE, [list(due), list(due.values())])


def make_due(channel_id: int, kind: str, keys: Iterable[str]) -> int:
    """Make waiting lanes due now (their condition has changed); says how many."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_DUE, [channel_id, str(kind), list(keys)])
        count = int(cursor.rowcount)
    if count:
        transaction.on_commit(lambda: wake([channel_id]))
    return count
