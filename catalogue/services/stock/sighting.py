"""Taking in what a store shows of a level: counted, copied or overwritten, and passed on."""

from datetime import datetime

from catalogue.domain.stock import Seen, Sighted, decide_expired, decide_read
from catalogue.enums import IssueKind, MemberState, MovementKind, StockMode, StockVerdict
from catalogue.services.issues import Subject, raise_issue
from catalogue.services.stock.collisions import look_for_collision
from catalogue.services.stock.gate import watch
from catalogue.services.stock.ledger import Cause, move
from catalogue.services.stock.members import (
    CLOSED,
    NOT_STOCKED,
    NOT_TRACKED,
    come_back,
    freeze,
    leave,
)
from catalogue.services.stock.questions import ask
from catalogue.services.stock.scene import Scene
from catalogue.services.stock.spread import queue_levels, queue_pool
from stores.shopify.stock_types import LevelSnapshot

OUT_OF_SIGHT = "The store was not live, or out of sight for over a day: it must join anew."


def take(scene: Scene, found: Sighted, cause: Cause) -> None:
    """Store what a sighting means; whatever it makes necessary elsewhere is queued."""
    member, pool = scene.member, scene.pool
    moved = found.level.shows - member.level
    row = None
    if moved or found.counted:
        row = move(
            pool,
            member,
            MovementKind(found.verdict),
            cause,
            pool_delta=found.counted,
            level_delta=moved,
            as_of=found.level.as_of,
        )
    member.as_of = found.level.as_of
    if row is not None and not found.question:
        look_for_collision(pool, member, row)
    if found.question:
        ask(pool, found.question, disputed=max(found.counted, 0))
    if found.counted < 0:
        watch(pool, member, -found.counted)
    member.save()
    if moved:
        queue_pool(pool, cause_id=cause.cause_id)


def take_read(scene: Scene, shown: LevelSnapshot, cause: Cause, *, now: datetime) -> bool:
    """Take in a read of a level; False where it lags behind what is known (read again)."""
    member = scene.member
    member.settled_at = now
    if not shown.stocked:
        _lose(scene, cause, closed=shown.closed)
        return True
    if shown.available is None or shown.updated_at is None:
        freeze(scene, NOT_TRACKED, cause)
        return True
    member.needs_read = ""
    if member.state == MemberState.LEFT:
        come_back(scene, shown.available, shown.updated_at, cause)
        return True
    leave_if_lapsed(scene, cause)
    found = _decide(scene, Seen(shown.available, shown.updated_at))
    if found.verdict is StockVerdict.STALE:
        return False
    member.unknown = None
    take(scene, found, cause)
    return True


def _lose(scene: Scene, cause: Cause, *, closed: bool) -> None:
    """A level is there no more. Of a place that was closed a person is told, once for all of it."""
    pool, place = scene.pool, scene.member.location
    freeze(scene, CLOSED if closed else NOT_STOCKED, cause)
    if closed and pool.mode != StockMode.OWN and pool.quantity > 0:
        reason = (
            f"{scene.store} has closed “{place}”: its pieces went elsewhere, but “{pool.place}”, "
            "which it shared, still counts them. Please recount what is there."
        )
        about = Subject(name=f"closed place {place.pk}", store_id=scene.store.pk)
        raise_issue(pool.workspace_id, IssueKind.STOCK, about, reason)


def leave_if_lapsed(scene: Scene, cause: Cause) -> None:
    if scene.lapsed:
        leave(scene, OUT_OF_SIGHT, cause)


def ask_for_read(scene: Scene, reason: str, cause: Cause) -> None:
    """Set the flag that is served before any push, and make the call lane due."""
    scene.member.needs_read = reason
    scene.member.save(update_fields=["needs_read"])
    queue_levels([scene.member], cause_id=cause.cause_id)


def _decide(scene: Scene, seen: Seen) -> Sighted:
    standing = scene.standing_before(seen.available)
    if scene.member.unknown is not None:
        return decide_expired(scene.level, seen, standing, scene.member.unknown["delta"])
    return decide_read(scene.level, seen, standing)
