"""Two transactions, one inside the other at every statement: barriers instead of luck."""

import threading
from collections.abc import Callable

from django.db import connection

# By the database, for a broker may change the connection of its thread.
WAITS_FOR_A_LOCK = """
SELECT EXISTS (SELECT 1 FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock')
"""
LONGEST = 60.0


class Side:
    """One of the two, in a thread with a connection of its own."""

    def __init__(self, deed: Callable[[], object], stop_before: int = 0) -> None:
        self.deed, self.stop_before, self.statements = deed, stop_before, 0
        self.result: object = None
        self.error: BaseException | None = None
        self.connected, self.stopped, self.may_go_on = (threading.Event() for _ in range(3))
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.thread.start()
        assert self.connected.wait(LONGEST)

    def finish(self) -> object:
        self.may_go_on.set()
        self.thread.join(LONGEST)
        assert not self.thread.is_alive(), "The two stand in each other's way for ever."
        if self.error:
            raise self.error
        return self.result

    @property
    def alive(self) -> bool:
        return self.thread.is_alive()

    def _run(self) -> None:
        try:
            connection.ensure_connection()
            self.connected.set()
            with connection.execute_wrapper(self._count):
                self.result = self.deed()
        except BaseException as error:  # noqa: BLE001  raised again where both are joined
            self.error = error
        finally:
            connection.close()

    def _count(self, execute, sql, params, many, context):
        self.statements += 1
        if self.statements == self.stop_before:
            self.stopped.set()
            self.may_go_on.wait(LONGEST)
        return execute(sql, params, many, context)


def inside(outer: Callable[[], object], inner: Callable[[], object], at: int) -> tuple[bool, tuple]:
    """Run `inner` as far as it gets before the outer's statement number `at`, then both to the end.

    Says whether the outer has such a statement, and what both returned.
    """
    first, second = Side(outer, stop_before=at), Side(inner)
    first.start()
    while not first.stopped.wait(0.005) and first.alive:
        pass
    reached = first.stopped.is_set()
    second.start()
    while second.alive and not _one_waits_for_the_other():
        second.thread.join(0.005)
    return reached, (first.finish(), second.finish())


def _one_waits_for_the_other() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS_FOR_A_LOCK)
        return bool(cursor.fetchone()[0])


def every_way(one: Callable[[], object], other: Callable[[], object]):
    """Yields what both returned, for each statement of either before which the other came in."""
    for outer, inner, turn in ((one, other, 1), (other, one, -1)):
        at, reached = 1, True
        while reached:
            reached, results = inside(outer, inner, at)
            yield results[::turn]
            at += 1
