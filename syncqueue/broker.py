"""The broker that carries wake-ups: django-q2's ORM broker with SKIP LOCKED, FIFO and NOTIFY.

Its idle second is the clock of the engine's sweep.
"""

import logging
import time

import psycopg
from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from syncqueue.services.sweep import sweep

logger = logging.getLogger(__name__)

CHANNEL = "store_sync_wake"
SWEEP_SECONDS = 1.0

ENQUEUE = """
WITH added AS (
    INSERT INTO django_q_ormq (key, payload, lock) VALUES (%s, %s, now()) RETURNING id)
SELECT id, pg_notify(%s, '') FROM added
"""
# MATERIALIZED: a planner that repeats the subquery would claim more than the limit.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM django_q_ormq WHERE key = %s AND lock <= now()
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE django_q_ormq q SET lock = now() + make_interval(secs => %s)
FROM due WHERE q.id = due.id RETURNING q.id, q.payload
"""


class NotifyBroker(ORM):  # type: ignore[misc]
    """Delivers at least once, oldest first, within milliseconds of the commit."""

    _listener: BaseDatabaseWrapper | None = None
    _sweep_at = 0.0

    def enqueue(self, task: str) -> int:
        """Insert and notify in one statement; both take effect with the caller's commit."""
        key = self.list_key or Conf.CLUSTER_NAME
        return int(self._rows(ENQUEUE, [key, task, CHANNEL])[0][0])

    def dequeue(self) -> list[tuple[int, str]]:
        """The oldest wake-ups; where there are none, wait for a notification, a second at most."""
        try:
            self._sweep_when_due()
            self._listen()  # before the claim, so that nothing falls between the two
            claimed = self._claim()
            if not claimed:
                self._wait()
        except (Error, psycopg.Error):
            logger.exception("The wake-up broker lost its database, trying again")
            self._stop_listening()
            time.sleep(SWEEP_SECONDS)
            return []
        return claimed

    def _claim(self) -> list[tuple[int, str]]:
        return sorted(self._rows(CLAIM, [self.list_key, Conf.BULK, Conf.RETRY]))

    def _rows(self, sql: str, values: list[str | int]) -> list[tuple[int, str]]:
        self.get_connection()  # drops a connection that broke
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(sql, values)
            rows: list[tuple[int, str]] = cursor.fetchall()
            return rows

    def _sweep_when_due(self) -> None:
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            self.get_connection()
            sweep()

    def _listen(self) -> BaseDatabaseWrapper:
        if self._listener is None:
            listener = connections[Conf.ORM].copy()
            with listener.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listener = listener
        return self._listener

    def _wait(self) -> None:
        """Sleep until a notification or the next sweep; a broken LISTEN costs one poll."""
        seconds = max(0.0, self._sweep_at - time.monotonic())
        try:
            for _ in self._listen().connection.notifies(timeout=seconds, stop_after=1):
                return
        except psycopg.Error:
            logger.warning("LISTEN broke, polling until it is back", exc_info=True)
            self._stop_listening()
            time.sleep(Conf.POLL)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
