"""The brokers that carry wake-ups; their idle second is the clock of the engine's sweep.

Here what they share, and the one without any service beside PostgreSQL: django-q2's ORM broker with
SKIP LOCKED, FIFO and NOTIFY.
"""

import logging
import time
from datetime import datetime
from typing import Any

import psycopg
from django.db import Error, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from syncqueue.services.sweep import sweep
from syncqueue.services.unflushed import NO_FLUSH

logger = logging.getLogger(__name__)

CHANNEL = "store_sync_wake"
SWEEP_SECONDS = 1.0

ENQUEUE = """
WITH added AS (
    INSERT INTO django_q_ormq (key, payload, lock) VALUES (%s, %s, now()) RETURNING id)
SELECT id, pg_notify(%s, '') FROM added
"""
# MATERIALIZED: a planner that repeats the subquery would claim more than the limit.
CLAIM = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM django_q_ormq WHERE key = %s AND lock <= now()
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE django_q_ormq q SET lock = now() + make_interval(secs => %s)
FROM due WHERE q.id = due.id AND {NO_FLUSH} RETURNING q.id, q.payload
"""  # noqa: S608


# More wake-ups are there, waiting or at work, than channels are being pumped.
OTHERS_WAIT = """
SELECT (SELECT count(*) FROM django_q_ormq)
     > (SELECT count(*) FROM syncqueue_channel WHERE slot_until > statement_timestamp())
"""
DONE = f"DELETE FROM django_q_ormq WHERE id = %s AND {NO_FLUSH} RETURNING id, payload"  # noqa: S608
OLDEST = "SELECT min(lock) FROM django_q_ormq WHERE lock <= statement_timestamp()"
# A second's grace is for wake-ups on the way from the broker to a worker.
LOST_SECONDS = 1.0


class SweepingBroker:
    """What the engine wants of a broker, beside django-q2's own calls."""

    transactional: bool
    _sweep_at = 0.0

    def others_wait(self) -> bool:
        """Whether wake-ups wait for a worker."""
        raise NotImplementedError

    def lost_after(self) -> float:
        """How many seconds old the flag of a channel is at least, if its wake-up is lost."""
        return LOST_SECONDS

    def oldest(self) -> datetime | None:
        """Since when the oldest wake-up waits, where that is known: older flags have lost theirs.

        Wake-ups are delivered in their order.
        """
        return None

    def dequeue(self) -> list[tuple[Any, str]]:
        """The oldest wake-ups; where there are none, wait for one, a second at most."""
        try:
            self._sweep_when_due()
            claimed = self._claim()
            if not claimed:
                self._wait()
        except (Error, psycopg.Error):
            logger.exception("The wake-up broker lost its database, trying again")
            self._database_lost()
            time.sleep(SWEEP_SECONDS)
            return []
        return claimed

    def _claim(self) -> list[tuple[Any, str]]:
        raise NotImplementedError

    def _wait(self) -> None:
        raise NotImplementedError

    def _database_lost(self) -> None:
        """Let go of what broke with the database."""

    def _until_sweep(self) -> float:
        return max(0.0, self._sweep_at - time.monotonic())

    def _sweep_when_due(self) -> None:
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            close_old_connections()  # drops one that broke
            sweep()


class NotifyBroker(SweepingBroker, ORM):  # type: ignore[misc]
    """Delivers at least once, oldest first, within milliseconds of the commit."""

    transactional = True
    _listener: BaseDatabaseWrapper | None = None

    def enqueue(self, task: str) -> int:
        """Insert and notify in one statement; both take effect with the caller's commit."""
        key = self.list_key or Conf.CLUSTER_NAME
        return int(self._rows(ENQUEUE, [key, task, CHANNEL])[0][0])

    def acknowledge(self, task_id: int) -> None:
        self._rows(DONE, [task_id])

    def others_wait(self) -> bool:
        return bool(self._rows(OTHERS_WAIT, [])[0][0])

    def oldest(self) -> datetime | None:
        waits: datetime | None = self._rows(OLDEST, [])[0][0]
        return waits

    def _claim(self) -> list[tuple[int, str]]:
        self._listen()  # before the claim, so that nothing falls between the two
        return sorted(self._rows(CLAIM, [self.list_key, Conf.BULK, Conf.RETRY]))

    def _database_lost(self) -> None:
        self._stop_listening()

    def _rows(self, sql: str, values: list[str | int]) -> list[tuple[Any, Any]]:
        self.get_connection()  # drops a connection that broke
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(sql, values)
            rows: list[tuple[Any, Any]] = cursor.fetchall()
            return rows

    def _listen(self) -> BaseDatabaseWrapper:
        if self._listener is None:
            listener = connections[Conf.ORM].copy()
            with listener.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listener = listener
        return self._listener

    def _wait(self) -> None:
        """Sleep until a notification or the next sweep; a broken LISTEN costs one poll."""
        try:
            waited = self._listen().connection.notifies(timeout=self._until_sweep(), stop_after=1)
            for _ in waited:
                return
        except psycopg.Error:
            logger.warning("LISTEN broke, polling until it is back", exc_info=True)
            self._stop_listening()
            time.sleep(Conf.POLL)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
