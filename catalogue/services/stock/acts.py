"""What an errand does to one variant, in the transaction of its step: empty, or why it is left."""

from django.utils import timezone

from catalogue.enums import JoinChoice, MemberState, MovementKind, Source, StockMode
from catalogue.models import StockErrand, StockMember, StockPool
from catalogue.services.stock.ledger import Cause, Doer, move
from catalogue.services.stock.members import leave
from catalogue.services.stock.questions import close
from catalogue.services.stock.scene import Scene, lock_pools, lock_scene
from catalogue.services.stock.spread import queue_levels, queue_pool


def doer_of(errand: StockErrand) -> Doer:
    return Doer(
        workspace_id=errand.workspace_id,
        source=Source(errand.source),
        actor=errand.by,
        cause_id=errand.cause_id,
    )


def found(errand: StockErrand, member_id: int) -> str:
    """Make a level's own pool that of the place, as it stands."""
    scene = lock_scene(member_id)
    pool, member = scene.pool, scene.member
    if pool.mode != StockMode.OWN or member.state != MemberState.MEMBER:
        return "It is no stock of its own."
    if StockPool.objects.filter(variant=pool.variant_id, place=errand.place).exists():
        return "The place has stock of this variant already."
    pool.place, pool.mode = errand.place, StockMode.SHARED
    pool.save(update_fields=["place", "mode"])
    reason = f"{errand.by} made it the stock of “{errand.place}”."
    move(pool, member, MovementKind.JOINED, doer_of(errand).cause, reason=reason)
    member.joined_at = timezone.now()
    member.save()
    return ""


def join(errand: StockErrand, member_id: int) -> str:
    """Send a level on its way into the place's pool.

    That is locked, too: of two locations of a store only one gets in.
    """
    own = StockMember.objects.select_related("pool").get(pk=member_id).pool
    pool = StockPool.objects.filter(variant=own.variant_id, place=errand.place).first()
    choice = JoinChoice(errand.choice)
    if pool is None:
        return "The place has no stock of this variant."
    pool = lock_pools([own.pk, pool.pk])[pool.pk]
    scene = lock_scene(member_id)
    if problem := _problem(scene, pool, choice):
        return problem
    member = scene.member
    member.state, member.joins, member.choice = MemberState.JOINING, pool, choice
    member.state_reason = f"{errand.by} lets it join “{errand.place}”."
    member.needs_read = "It is about to join a pool."
    member.save()
    queue_levels([member], cause_id=errand.cause_id)
    return ""


def take_out(errand: StockErrand, member_id: int) -> str:
    """Let a level go on as its own, with its number."""
    scene = lock_scene(member_id)
    if scene.pool.place != errand.place:
        return "It does not share this place."
    if scene.pool.owner_id == scene.member.store_id:
        return "Its store owns this stock: give it back first."
    leave(scene, f"Taken out by {errand.by}.", doer_of(errand).cause)
    return ""


def keep_back(errand: StockErrand, member_id: int) -> str:
    scene = lock_scene(member_id)
    scene.member.buffer = errand.buffer
    reason = f"{errand.buffer} are kept back from this store."
    cause = doer_of(errand).cause
    move(scene.pool, scene.member, MovementKind.KEPT_BACK, cause, reason=reason)
    scene.member.save(update_fields=["buffer", "sequence"])
    queue_pool(scene.pool, cause_id=errand.cause_id)
    return ""


def hand_over(errand: StockErrand, pool_id: int) -> str:
    """Let a store's own system count a pool, or all its stores again."""
    pool = lock_pools([pool_id])[pool_id]
    owner = pool.members.filter(store=errand.store_id).first() if errand.store_id else None
    if errand.store_id and owner is None:
        return "The store has no part in this stock."
    if pool.owner_id == errand.store_id:
        return "It is counted so already."
    _hand(pool, owner, doer_of(errand).cause)
    return ""


def take_in(errand: StockErrand, pool_id: int) -> str:
    """A store has emptied it, and a person says that this is so: the others are told."""
    pool = lock_pools([pool_id])[pool_id]
    if pool.held_id != errand.held_id:
        return "It was decided by itself in the meantime."
    close(pool, by=errand.by, reason="It is empty.")
    queue_pool(pool, cause_id=errand.cause_id)
    return ""


def put_back(errand: StockErrand, pool_id: int) -> str:
    """A store has emptied it by mistake: what it took is there again, and it is told so.

    Where that store counts for all, all of them count again: its own system is not believed.
    """
    pool = lock_pools([pool_id])[pool_id]
    taken = _taken(errand, pool)
    if not taken:
        return "It was decided by itself in the meantime."
    close(pool, by=errand.by, reason="It was put back.")
    cause, reason = doer_of(errand).cause, f"{errand.store} had emptied it by mistake."
    if pool.mode == StockMode.OWNER:
        _hand(pool, None, cause)
    move(pool, None, MovementKind.ADJUSTED, cause, pool_delta=taken, reason=reason)
    queue_pool(pool, cause_id=errand.cause_id)
    return ""


def _taken(errand: StockErrand, pool: StockPool) -> int:
    """How many pieces a flood took out of a pool; 0 where somebody has counted it since."""
    if pool.held_id == errand.held_id:
        return -pool.disputed
    if errand.held is None:
        return 0
    counts = (MovementKind.SET, MovementKind.RECOUNTED)
    since = pool.movements.filter(created_at__gt=errand.held.held_at, kind__in=counts)
    taken: int = errand.held.details.get("before", {}).get(str(pool.pk), 0)
    return 0 if since.exists() else taken


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


def _problem(scene: Scene, pool: StockPool, choice: JoinChoice) -> str:
    """Why a level can't join a pool; empty where it can."""
    member = scene.member
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
