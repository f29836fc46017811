"""One level with all that decides about it, locked in order: pools first, then the level."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection

from catalogue.domain.stock import Level, Role, Standing
from catalogue.enums import MemberState, MovementKind, StockMode
from catalogue.models import StockMember, StockMovement, StockPool
from stores.enums import Mode
from stores.models import Store
from syncqueue.enums import OPEN_CALL_STATES

_CALL_IS_OPEN = """
SELECT EXISTS (SELECT 1 FROM syncqueue_lane AS lane JOIN syncqueue_call AS call
  ON call.lane_id = lane.id AND call.state = ANY(%s)
  WHERE lane.channel_id = %s AND lane.kind = 'call' AND lane.key = %s)
"""
# What an engine that gave a job up has left: perhaps carried out, and settled by nobody.
_UNHEARD = """
SELECT call.id FROM syncqueue_lane AS lane JOIN syncqueue_call AS call
  ON call.lane_id = lane.id AND call.state = 'unknown'
  WHERE lane.channel_id = %s AND lane.kind = 'call' AND lane.key = %s AND call.id > %s
  AND call.request ->> 'op' <> 'read'
  ORDER BY call.id LIMIT 1
"""


@dataclass(slots=True)
class Scene:
    """A level and its pool; `joins` is the pool that it is about to join."""

    member: StockMember
    pool: StockPool
    joins: StockPool | None

    @property
    def store(self) -> Store:
        store: Store = self.member.store
        return store

    @property
    def level(self) -> Level:
        return Level(self.member.level, self.member.as_of)

    @property
    def standing(self) -> Standing:
        return standing_of(self.member, self.pool)

    @property
    def target(self) -> int:
        """What the store should show, as far as its level is a member at all."""
        if self.member.state == MemberState.LEFT:
            return self.member.level
        return self.standing.target(self.member.level)

    @property
    def lapsed(self) -> bool:
        """Whether it must join anew: its store is no longer live, or was out of sight too long."""
        if self.pool.mode == StockMode.OWN or self.store.mode == Mode.PAUSED:
            return False
        return not self.store.is_live or self.member.joined_at < self.store.covered_since

    def standing_before(self, available: int) -> Standing:
        """Where it stands when this number is seen, with the rises that it was not written yet."""
        rises = _unpushed_rises(self.member) if available > self.member.level else ()
        return standing_of(self.member, self.pool, rises)

    def unheard(self) -> int | None:
        """The call of a job that was given up, as long as nobody knows what it has done."""
        values: list[Any] = [self.store.channel_id, self.member.lane_key, self.member.accounted]
        with connection.cursor() as cursor:
            cursor.execute(_UNHEARD, values)
            row = cursor.fetchone()
        return row[0] if row else None

    def call_is_open(self) -> bool:
        """Whether a read or push of this level is planned, under way or not settled yet."""
        values: list[Any] = [list(OPEN_CALL_STATES), self.store.channel_id, self.member.lane_key]
        with connection.cursor() as cursor:
            cursor.execute(_CALL_IS_OPEN, values)
            return bool(cursor.fetchone()[0])


def standing_of(member: StockMember, pool: StockPool, unpushed: Collection[int] = ()) -> Standing:
    role: Role = "partner"
    if pool.mode == StockMode.OWNER:
        role = "owner" if pool.owner_id == member.store_id else "mirror"
    return Standing(pool.quantity, member.buffer, role, unpushed)


def lock_pools(pool_ids: Collection[int]) -> dict[int, StockPool]:
    rows = StockPool.objects.filter(pk__in=pool_ids).order_by("id").select_for_update(no_key=True)
    return {pool.pk: pool for pool in rows}


def lock_scene(member_id: int) -> Scene:
    """Lock a level and its pools, also where it moves from one pool to another meanwhile."""
    rows = StockMember.objects.filter(pk=member_id)
    while True:
        expected = set(rows.values_list("pool_id", "joins_id").get()) - {None}
        pools = lock_pools(expected)
        member = (
            rows.select_for_update(no_key=True, of=["self"])
            .select_related("store", "location")
            .get()
        )
        if {member.pool_id, member.joins_id} - {None} <= pools.keys():
            break
    member.pool = pools[member.pool_id]
    return Scene(member, member.pool, pools.get(member.joins_id))


def _unpushed_rises(member: StockMember) -> set[int]:
    rows = StockMovement.objects.filter(
        pool=member.pool_id,
        kind=MovementKind.COUNTED,
        pool_delta__gt=0,
        sequence__gt=member.pushed_sequence,
    ).exclude(member=member.pk)
    return set(rows.values_list("pool_delta", flat=True))
