"""Making the levels of a pool due: one waiting job each, whose number is computed when sent."""

from collections.abc import Iterable
from uuid import UUID

from catalogue.enums import MemberState
from catalogue.models import StockMember, StockPool
from catalogue.services.stock.scene import standing_of
from syncqueue.enums import Kind, Priority
from syncqueue.services.enqueue import NewJob, enqueue

LEVEL = "catalogue.level"


def queue_pool(pool: StockPool, *, cause_id: UUID) -> int:
    """Queue a push for every level of a pool that does not show its target; says how many."""
    members = pool.members.filter(state=MemberState.MEMBER).select_related("store", "location")
    behind = [m for m in members if standing_of(m, pool).target(m.level) != m.level]
    return queue_levels(behind, cause_id=cause_id)


def queue_levels(
    members: Iterable[StockMember],
    *,
    cause_id: UUID,
    priority: Priority = Priority.INTERACTIVE,
) -> int:
    jobs = [
        NewJob(
            channel_id=member.store.channel_id,
            kind=Kind.CALL,
            key=member.lane_key,
            handler=LEVEL,
            payload={"member": member.pk},
            cause_id=cause_id,
            priority=priority,
            dedupe_key="level",
        )
        for member in members
    ]
    return len(enqueue(jobs))
