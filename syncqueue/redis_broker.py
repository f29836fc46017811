"""The same wake-ups by Redis, for many nodes: at most once, and nobody waits while it is away.

A wake-up that Redis loses costs a sweep. While Redis is away, the wake-ups of a node's own sweep
go to that node's own workers.
"""

import logging
import time
from collections import deque
from functools import cache
from typing import Any, ClassVar

import redis
from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf

from syncqueue.broker import SweepingBroker

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 3.0
AWAY_SECONDS = 2.0  # nobody asks again so soon: a webhook must not wait for Redis
MOST_SPARE = 1000
# How long a wake-up may wait behind others before it counts as lost.
LOST_BEHIND_OTHERS = 10.0


class RedisBroker(SweepingBroker, Redis):  # type: ignore[misc]
    """Delivers at most once, oldest first; never raises because Redis is away."""

    transactional = False
    _spare: ClassVar[deque[str]] = deque(maxlen=MOST_SPARE)
    _away_until: ClassVar[float] = 0.0

    @staticmethod
    def get_connection(list_key: str | None = None) -> "redis.Redis":  # noqa: ARG004  named by django-q2
        return _client(str(Conf.REDIS))

    def enqueue(self, task: str) -> None:
        """Push a wake-up; what can't be pushed is kept for this process alone."""
        if self._ask("rpush", self.list_key, task) is None:
            self._spare.append(task)

    def ping(self) -> bool:
        """Never a reason not to start: the sweep carries the wake-ups meanwhile."""
        return True

    def others_wait(self) -> bool:
        return bool(self._spare or self._ask("llen", self.list_key))

    def lost_after(self) -> float:
        return LOST_BEHIND_OTHERS if self._ask("llen", self.list_key) else super().lost_after()

    def _claim(self) -> list[tuple[None, str]]:
        if self._spare:
            return [(None, self._spare.popleft())]
        seconds = max(0.01, self._until_sweep())
        found = self._ask("blpop", [self.list_key], seconds)
        if found is None and self._is_away():
            time.sleep(min(seconds, AWAY_SECONDS))
        return [(None, found[1])] if found else []

    def _wait(self) -> None:
        """BLPOP has waited already."""

    def _ask(self, command: str, *arguments: Any) -> Any:
        """What Redis answers; None where it is away, and for a moment after that."""
        if self._is_away():
            return None
        try:
            return getattr(self.connection, command)(*arguments)
        except redis.RedisError as error:
            RedisBroker._away_until = time.monotonic() + AWAY_SECONDS
            logger.warning("Redis is away, the sweep wakes the stores meanwhile: %s", error)
            return None

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until


@cache
def _client(url: str) -> "redis.Redis":
    """One pool of connections a process; it notices a fork by itself."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
    )
