"""Quantities and levels of stock move here and nowhere else, each time with a row of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from catalogue.enums import MovementKind, Source
from catalogue.models import StockMember, StockMovement, StockPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What moves stock. `key` names it for ever: no cause moves a pool twice."""

    key: str
    source: Source
    cause_id: UUID
    actor: str = ""
    delivery_id: int | None = None
    job_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who does something to stock in the hub, for a workspace; one act has one `cause_id`."""

    workspace_id: int
    source: Source
    actor: str = ""
    cause_id: UUID = field(default_factory=uuid4)

    @property
    def cause(self) -> Cause:
        return Cause(
            key=f"hub:{self.cause_id}",
            source=self.source,
            cause_id=self.cause_id,
            actor=self.actor,
        )


def move(
    pool: StockPool,
    member: StockMember | None,
    kind: MovementKind,
    cause: Cause,
    *,
    pool_delta: int = 0,
    level_delta: int = 0,
    as_of: datetime | None = None,
    reason: str = "",
) -> StockMovement:
    """Move a pool, one of its levels, or both. They are locked; the caller saves the member."""
    pool.sequence += 1
    pool.quantity += pool_delta
    if member is not None:
        member.sequence += 1
        member.level += level_delta
    row = _row(pool, member, kind, cause, pool_delta=pool_delta, level_delta=level_delta)
    row.as_of, row.reason = as_of, reason
    row.save(force_insert=True)
    pool.save(update_fields=["sequence", "quantity"])
    return row


def open_all(levels: Sequence[tuple[StockPool, StockMember, int]], cause: Cause) -> None:
    """Store new levels with new pools of their own, which have what their stores show."""
    for pool, member, available in levels:
        pool.sequence = member.sequence = 1
        pool.quantity = member.level = available
    StockPool.objects.bulk_create([pool for pool, _, _ in levels])
    for pool, member, _ in levels:
        member.pool = pool
    StockMember.objects.bulk_create([member for _, member, _ in levels])
    rows = [
        _row(
            pool,
            member,
            MovementKind.OPENED,
            cause,
            pool_delta=available,
            level_delta=available,
        )
        for pool, member, available in levels
    ]
    StockMovement.objects.bulk_create(rows)


def _row(
    pool: StockPool,
    member: StockMember | None,
    kind: MovementKind,
    cause: Cause,
    *,
    pool_delta: int,
    level_delta: int,
) -> StockMovement:
    """The row that says how both have come to stand where they stand."""
    return StockMovement(
        pool=pool,
        sequence=pool.sequence,
        member=member,
        member_sequence=None if member is None else member.sequence,
        kind=kind,
        source=cause.source,
        actor=cause.actor,
        pool_delta=pool_delta,
        quantity=pool.quantity,
        level_delta=level_delta,
        level=None if member is None else member.level,
        as_of=None if member is None else member.as_of,
        key=f"{cause.key}:{kind}:{0 if member is None else member.pk}",
        delivery_id=cause.delivery_id,
        job_id=cause.job_id,
        cause_id=cause.cause_id,
    )
