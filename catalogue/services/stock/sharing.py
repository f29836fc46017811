"""Which levels share the stock of a place: founded, joined, left, kept back, handed to an owner.

Each verb acts on all variants of a location, or on those that are named, one transaction a variant;
it can be repeated, because what stands already is left alone.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from catalogue.enums import JoinChoice, MemberState, MovementKind, StockMode
from catalogue.errors import BadQuantityError, NotAllowedNowError, NotFoundHereError
from catalogue.models import StockMember, StockPool
from catalogue.models.stock import OWN
from catalogue.services.stock.ledger import Cause, Doer, move
from catalogue.services.stock.members import leave
from catalogue.services.stock.questions import close
from catalogue.services.stock.scene import Scene, lock_pools, lock_scene
from catalogue.services.stock.spread import queue_levels, queue_pool
from catalogue.services.stock.verbs import MOST
from stores.models import Location


@dataclass(slots=True)
class Done:
    """How many variants a verb has changed, and why others were left out, counted by reason."""

    changed: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def found_place(
    doer: Doer,
    *,
    place: str,
    location_id: int,
    variant_ids: Collection[int] | None = None,
) -> Done:
    """Make the own stock of a location that of a place which others can join.

    Its pools become the shared ones as they stand. Raises NotFoundHereError, NotAllowedNowError.
    """
    name, done = _name(place), Done()
    for member_id in _members(doer.workspace_id, location_id, variant_ids):
        with transaction.atomic():
            scene = lock_scene(member_id)
            taken = StockPool.objects.filter(variant=scene.pool.variant_id, place=name).exists()
            if scene.pool.mode != StockMode.OWN or scene.member.state != MemberState.MEMBER:
                done.leave_out("It is no stock of its own.")
            elif taken:
                done.leave_out("The place has stock of this variant already.")
            else:
                _found(scene, name, doer)
                done.changed += 1
    return done


def join_place(
    doer: Doer,
    *,
    place: str,
    location_id: int,
    choice: JoinChoice,
    variant_ids: Collection[int] | None = None,
) -> Done:
    """Send the levels of a location on their way into the pools of a place.

    Each is read, then set to the chosen number by compare-and-set; with that it is a member.
    Raises NotFoundHereError, NotAllowedNowError.
    """
    name, done = _name(place), Done()
    for member_id in _members(doer.workspace_id, location_id, variant_ids):
        with transaction.atomic():
            scene = lock_scene(member_id)
            pool = StockPool.objects.filter(variant=scene.pool.variant_id, place=name).first()
            problem = _problem(scene, pool, choice)
            if problem or pool is None:
                done.leave_out(problem)
                continue
            member = scene.member
            member.state, member.joins, member.choice = MemberState.JOINING, pool, choice
            member.state_reason = f"{doer.actor} lets it join “{name}”."
            member.needs_read = "It is about to join a pool."
            member.save()
            queue_levels([member], cause_id=doer.cause_id)
            done.changed += 1
    return done


def leave_place(
    doer: Doer,
    *,
    place: str,
    location_id: int,
    variant_ids: Collection[int] | None = None,
) -> Done:
    """Take the levels of a location out of a place; each goes on as its own with its number."""
    name, done = _name(place), Done()
    for member_id in _members(doer.workspace_id, location_id, variant_ids):
        with transaction.atomic():
            scene = lock_scene(member_id)
            if scene.pool.place != name:
                done.leave_out("It does not share this place.")
                continue
            if scene.pool.owner_id == scene.member.store_id:
                done.leave_out("Its store owns this stock: give it back first.")
                continue
            leave(scene, f"Taken out by {doer.actor}.", doer.cause)
            done.changed += 1
    return done


def keep_back(
    doer: Doer,
    *,
    store_id: int,
    buffer: int,
    place: str | None = None,
    variant_ids: Collection[int] | None = None,
) -> Done:
    """Keep so many pieces of every pool back from a store (of one place, where it is named)."""
    if not 0 <= buffer <= MOST:
        raise BadQuantityError(f"{buffer:,} pieces can't be kept back.")
    rows = StockMember.objects.filter(workspace=doer.workspace_id, store=store_id)
    if place is not None:
        rows = rows.filter(pool__place=_name(place))
    if variant_ids is not None:
        rows = rows.filter(pool__variant__in=variant_ids)
    done = Done()
    for member_id in rows.exclude(buffer=buffer).order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            scene = lock_scene(member_id)
            scene.member.buffer = buffer
            scene.member.save(update_fields=["buffer"])
            move(
                scene.pool,
                scene.member,
                MovementKind.KEPT_BACK,
                doer.cause,
                reason=f"{buffer} are kept back from this store.",
            )
            scene.member.save(update_fields=["sequence"])
            queue_pool(scene.pool, cause_id=doer.cause_id)
        done.changed += 1
    return done


def hand_over(
    doer: Doer,
    *,
    place: str,
    store_id: int | None,
    variant_ids: Collection[int] | None = None,
) -> Done:
    """Let a store's own system count a place: its level is the stock, the others copy it.

    None takes it back: movements of all members count again.
    """
    name, done = _name(place), Done()
    rows = StockPool.objects.filter(workspace=doer.workspace_id, place=name)
    if variant_ids is not None:
        rows = rows.filter(variant__in=variant_ids)
    for pool_id in rows.order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            pool = lock_pools([pool_id])[pool_id]
            owner = pool.members.filter(store=store_id).first() if store_id else None
            if store_id and owner is None:
                done.leave_out("The store has no part in this stock.")
                continue
            if pool.owner_id == store_id:
                done.leave_out("It is counted so already.")
                continue
            _hand(pool, owner, doer.cause)
            done.changed += 1
    return done


def _hand(pool: StockPool, owner: StockMember | None, cause: Cause) -> None:
    pool.mode = StockMode.SHARED if owner is None else StockMode.OWNER
    pool.owner_id = None if owner is None else owner.store_id
    pool.save(update_fields=["mode", "owner"])
    whose = "all of its stores" if owner is None else str(owner.store)
    delta = 0 if owner is None else owner.level - pool.quantity
    reason = f"Counted by {whose} from now on."
    move(pool, None, MovementKind.HANDED_OVER, cause, pool_delta=delta, reason=reason)
    close(pool, by=cause.actor, reason=reason)
    queue_pool(pool, cause_id=cause.cause_id)


def _found(scene: Scene, name: str, doer: Doer) -> None:
    pool, member = scene.pool, scene.member
    pool.place, pool.mode = name, StockMode.SHARED
    pool.save(update_fields=["place", "mode"])
    reason = f"{doer.actor} made it the stock of “{name}”."
    move(pool, member, MovementKind.JOINED, doer.cause, reason=reason)
    member.joined_at = timezone.now()
    member.save()


def _problem(scene: Scene, pool: StockPool | None, choice: JoinChoice) -> str:
    """Why a level can't join a pool; empty where it can."""
    member = scene.member
    if pool is None:
        return "The place has no stock of this variant."
    others = StockMember.objects.filter(store=member.store_id).exclude(pk=member.pk)
    problems = {
        "It shares this place already, or is about to.": pool.pk
        in {scene.pool.pk, member.joins_id},
        member.state_reason: member.state == MemberState.LEFT,
        "It shares another place.": scene.pool.mode != StockMode.OWN,
        f"{scene.store} is not live.": not scene.store.is_live,
        f"The stock is counted by {pool.owner}: only its number can be taken.": (
            pool.mode == StockMode.OWNER and choice != JoinChoice.TAKE_POOL
        ),
        "Another location of this store shares this place.": (
            others.filter(pool=pool).exists() or others.filter(joins=pool).exists()
        ),
    }
    return next((said for said, stands in problems.items() if stands), "")


def _members(
    workspace_id: int, location_id: int, variant_ids: Collection[int] | None
) -> Iterator[int]:
    mine = Location.objects.filter(store__workspace=workspace_id, pk=location_id)
    if not mine.exists():
        raise NotFoundHereError("This location does not exist in this workspace.")
    rows = StockMember.objects.filter(location=location_id)
    if variant_ids is not None:
        rows = rows.filter(pool__variant__in=variant_ids)
    yield from list(rows.order_by("id").values_list("pk", flat=True))


def _name(place: str) -> str:
    name = place.strip()
    if not name or name.startswith(OWN):
        raise NotAllowedNowError("A shared place needs a name of its own.")
    return name
