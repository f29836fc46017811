"""One claim of fifty lanes: beside nothing, 100,000 and a million waiting, and beside a hot lane.

Every claim is rolled back, so that each meets the same tables.
"""

import statistics
import time
from uuid import uuid4

from django.db import connection, transaction

from syncqueue.enums import Kind
from syncqueue.models import Channel
from syncqueue.services.claim import claim

LANES, ROUNDS = 50, 60
FILL = """
WITH lane AS (
  INSERT INTO syncqueue_lane (channel_id, kind, key, due_at, pending, received)
  SELECT %(channel)s, 'call', %(prefix)s || n, now() + %(due)s * interval '1 second',
         %(jobs)s, %(jobs)s
  FROM generate_series(1, %(lanes)s) AS n RETURNING id)
INSERT INTO syncqueue_job (channel_id, lane_id, handler, payload, cause_id)
SELECT %(channel)s, lane.id, 'bench.noop', '{}', gen_random_uuid()
FROM lane, generate_series(1, %(jobs)s)
"""


def run() -> dict[str, float]:
    """Milliseconds by the median, and the two that matter as multiples of the empty table's."""
    channel = Channel.objects.create(name="claims").pk
    fill(channel, "due-", lanes=LANES, due=-60)
    empty = milliseconds(channel)
    fill(channel, "hot", lanes=1, jobs=20_000, due=3600)
    hot = milliseconds(channel)
    fill(channel, "waiting-", lanes=100_000, due=-1)
    some = milliseconds(channel)
    fill(channel, "more-", lanes=900_000, due=-1)
    million = milliseconds(channel)
    return {
        "claim_empty_ms": empty,
        "claim_100k_ms": some,
        "claim_1m_ms": million,
        "claim_1m_vs_empty": million / empty,
        "claim_hot_lane_vs_empty": hot / empty,
    }


def fill(channel: int, prefix: str, *, lanes: int, due: float, jobs: int = 1) -> None:
    """Lanes due so many seconds from now, each with its jobs."""
    values = {"channel": channel, "prefix": prefix, "lanes": lanes, "due": due, "jobs": jobs}
    with connection.cursor() as cursor:
        cursor.execute(FILL, values)
        cursor.execute("VACUUM ANALYZE syncqueue_lane, syncqueue_job")


def milliseconds(channel: int) -> float:
    return statistics.median(_one(channel) for _ in range(ROUNDS))


def _one(channel: int) -> float:
    with transaction.atomic():
        began = time.perf_counter()
        found = claim(channel, Kind.CALL, token=uuid4(), lanes=LANES, jobs=25, seconds=15)
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    if len(found) != LANES:
        raise RuntimeError(f"{len(found)} lanes were claimed instead of {LANES}.")
    return took * 1000
