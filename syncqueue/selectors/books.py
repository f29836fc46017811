"""Conservation: received = succeeded + dead-lettered + cancelled + open, for every channel."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from syncqueue.enums import OPEN_STATES, JobState
from syncqueue.models import Channel

# One statement, so one snapshot: every writer moves both sides in the same transaction. What was
# received is counted by lanes, where storing a job counts it; never by the jobs themselves.
_COUNTS = """
SELECT channel_id, 'received', sum(received)::bigint FROM syncqueue_lane GROUP BY 1
UNION ALL SELECT channel_id, state, count(*) FROM syncqueue_job GROUP BY 1, 2
UNION ALL SELECT channel_id, state, jobs FROM syncqueue_pruned
"""


@dataclass(frozen=True, slots=True)
class Books:
    """A channel's jobs, pruned ones included."""

    channel_id: int
    received: int
    succeeded: int
    dead_lettered: int
    cancelled: int
    open: int

    @property
    def accounted_for(self) -> int:
        return self.succeeded + self.dead_lettered + self.cancelled + self.open

    @property
    def balanced(self) -> bool:
        return self.received == self.accounted_for


def books() -> list[Books]:
    """The books of every channel, as of one instant."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        for channel_id, word, count in cursor.fetchall():
            counts[channel_id][word] += count
    return [_books(channel_id, counts[channel_id]) for channel_id in _channels()]


def _channels() -> Iterable[int]:
    return Channel.objects.order_by("id").values_list("id", flat=True)


def _books(channel_id: int, counts: Counter[str]) -> Books:
    return Books(
        channel_id,
        received=counts["received"],
        succeeded=counts[JobState.SUCCEEDED],
        dead_lettered=counts[JobState.DEAD_LETTERED],
        cancelled=counts[JobState.CANCELLED],
        open=sum(counts[state] for state in OPEN_STATES),
    )
