"""Calls whose outcome nobody heard and that the platform carries out once: sent again as stored."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from syncqueue.domain.handling import Parked, Repeatable, find_handler, handler_for
from syncqueue.enums import CallState
from syncqueue.models import Call
from syncqueue.services.calls import Flight, Member
from syncqueue.services.claim import Claimed

KEY_LIFE = timedelta(hours=23)  # Shopify keeps an idempotency key for a day
LONGEST_PAUSE = 30.0
REOPEN = """
WITH call AS (
  UPDATE syncqueue_call SET state = 'planned', token = %(token)s
  WHERE id = ANY(%(calls)s) AND state = 'repeating' RETURNING id, job_id
), job AS (
  UPDATE syncqueue_job SET state = 'running', tries = tries + 1 FROM call
  WHERE syncqueue_job.id = call.job_id RETURNING syncqueue_job.id, tries
)
INSERT INTO syncqueue_attempt (job_id, number, call_id, token, guard)
SELECT job.id, job.tries, call.id, %(token)s, 'key' FROM call JOIN job ON job.id = call.job_id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of one call as they were stored: the carrier, and those of its lanes still open."""

    carrier: Call
    rows: tuple[Call, ...]

    @property
    def lane_ids(self) -> list[int]:
        return [row.lane_id for row in self.rows]

    @property
    def only_planned(self) -> bool:
        """Whether it has never been sent."""
        return self.carrier.state == CallState.PLANNED and not self.carrier.sent_at

    @property
    def request(self) -> dict[str, Any]:
        request: dict[str, Any] = self.carrier.merged or self.carrier.request
        return request

    def flight(self, lanes: Mapping[int, Claimed], *, cost: float = 0.0) -> Flight:
        """The call under way again, in lanes that are ours."""
        members = tuple(_member(row, lanes[row.lane_id]) for row in self.rows)
        return Flight(
            members,
            self.request,
            self.carrier.idempotency_key,
            cost,
            time.monotonic(),
            self.carrier.created_at,
            repeat=not self.only_planned,
        )


def stored(call: Call, states: Iterable[CallState]) -> Stored:
    """The whole call that a lane's row belongs to."""
    carrier_id = call.carrier_id or call.pk
    found = Call.objects.filter(Q(pk=carrier_id) | Q(carrier=carrier_id)).order_by("position")
    rows = list(found)
    wanted = set(states)
    return Stored(rows[0], tuple(row for row in rows if row.state in wanted))


def to_repeat(lanes: Sequence[Claimed]) -> list[Stored]:
    """The calls that must go again before anything else of these lanes."""
    candidates = [
        lane.lane_id for lane in lanes if isinstance(find_handler(lane.jobs[0].handler), Repeatable)
    ]
    if not candidates:
        return []
    rows = Call.objects.filter(lane__in=candidates, state=CallState.REPEATING)
    by_carrier = {row.carrier_id or row.pk: row for row in rows.order_by("id")}
    return [stored(row, [CallState.REPEATING]) for row in by_carrier.values()]


def may_repeat(flight: Flight, now: datetime) -> bool:
    """Whether the platform still knows the call's key."""
    known = isinstance(find_handler(flight.handler), Repeatable)
    return known and now < flight.born + KEY_LIFE


def context_of(flight: Flight, now: datetime) -> object | Parked:
    """What sending it again needs."""
    handler = handler_for(flight.handler)
    if not isinstance(handler, Repeatable):
        raise TypeError(f"“{flight.handler}” repeats nothing.")
    return handler.context(flight.members[0].job, now=now)


def reopen(flight: Flight, *, token: UUID) -> None:
    """Give the call to this pump, and its jobs one more attempt each."""
    with connection.cursor() as cursor:
        cursor.execute(REOPEN, {"calls": flight.call_ids, "token": token})


def repeat_pause(tries: int) -> float:
    """Seconds until the next repeat: longer and longer, up to a bound."""
    return float(min(LONGEST_PAUSE, 2 ** min(tries, 10)))


def _member(row: Call, lane: Claimed) -> Member:
    head = next((job for job in lane.jobs if job.id == row.job_id), lane.jobs[0])
    riders = tuple(job for job in lane.jobs if job.id in row.passengers)
    return Member(row.pk, head, riders, row.request)
