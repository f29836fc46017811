"""Making the levels of a pool due: one waiting job each, whose number is computed when sent."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from catalogue.enums import MemberState
from catalogue.models import StockMember, StockPool
from catalogue.services.stock.scene import standing_of
from syncqueue.enums import Kind, Priority
from syncqueue.services.enqueue import NewJob, enqueue

LEVEL = "catalogue.level"


def queue_pool(pool: StockPool, *, cause_id: UUID) -> int:
    """Queue a push for every level of a pool that does not show its target; says how many."""
    behind = [one for one in _members(pool) if _is_behind(one, pool)]
    return queue_levels(behind, cause_id=cause_id)


def note_shown(pool: StockPool) -> None:
    """Say of the levels that show their target already that they show the last movement, too."""
    there = [one.pk for one in _members(pool) if not _is_behind(one, pool)]
    StockMember.objects.filter(pk__in=there).update(pushed_sequence=pool.sequence)


def _members(pool: StockPool) -> QuerySet[StockMember]:
    return pool.members.filter(state=MemberState.MEMBER).select_related("store", "location")


def _is_behind(member: StockMember, pool: StockPool) -> bool:
    return standing_of(member, pool).target(member.level) != member.level


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
