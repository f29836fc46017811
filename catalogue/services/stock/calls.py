"""The one handler that reads and pushes levels: the pool's target minus what the store shows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from catalogue.domain.stock import KEY_LIFE, Push, Standing, join, next_step
from catalogue.enums import Guard, JoinChoice, MemberState
from catalogue.models import StockPool
from catalogue.services.stock.ledger import Cause
from catalogue.services.stock.members import finish_joining
from catalogue.services.stock.pushes import job_cause, settle_push, settle_read
from catalogue.services.stock.scene import Scene, lock_scene
from catalogue.services.stock.sighting import leave_if_lapsed
from catalogue.services.stock.unheard import has_outlived_its_key, note, note_given_up, repeated
from stores.models import Store
from stores.services.modes import write_grant
from stores.services.tokens import session_of
from stores.shopify.answers import answer_of
from stores.shopify.errors import UnknownOutcome
from stores.shopify.stock import (
    MOST_LEVELS,
    adjust_levels,
    parse_stock_write,
    read_levels,
    set_levels,
)
from stores.shopify.stock_types import LevelChange, StockError
from stores.shopify.types import Reply, Session, WriteGrant
from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    CallError,
    ErrorClass,
    JobView,
    Parked,
    Planned,
    Settled,
    Verdict,
)
from syncqueue.enums import Outcome
from syncqueue.models import Call as StoredCall

TOKEN_SECONDS = 5.0
NOT_LIVE_SECONDS = 300.0
CONCURRENT = "IDEMPOTENCY_CONCURRENT_REQUEST"
OUTLIVED = CallError(ErrorClass.REFUSED, "outlived", "Nobody heard of it as long as its key lived.")


@dataclass(frozen=True, slots=True)
class Access:
    """What a call needs and nobody stores; `again`: the same call was sent before."""

    session: Session = field(repr=False)
    grant: WriteGrant | None = None
    again: bool = False


class Levels:
    """Reads before it pushes; pushes only what differs, by compare-and-set, to live stores only."""

    most = MOST_LEVELS

    def plan(self, job: JobView, followers: Sequence[JobView], *, now: datetime) -> Planned:
        scene = lock_scene(job.payload["member"])
        cause = job_cause(job, "plan")
        session = session_of(scene.store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        note_given_up(scene)
        if again := repeated(scene.member, now):
            return _plan_again(scene, again, session, now)
        leave_if_lapsed(scene, cause)
        riders = () if job.solo else tuple(f.id for f in followers if f.handler == job.handler)
        step = _step(scene)
        if step == "read":
            return Call(_read_request(scene), Access(session), riders, merge=_read_mark(scene))
        if scene.member.state == MemberState.JOINING and scene.joins is not None:
            return _plan_join(scene, scene.joins, session, riders, cause=cause, now=now)
        return _plan_push(scene, step, session, riders, now=now)

    def context(self, job: JobView, *, now: datetime) -> object:
        """A push of unknown outcome is sent again only while the store is live."""
        store = Store.objects.get(stock_members=job.payload["member"])
        session = session_of(store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        if not store.is_live:
            return Parked(f"{store} is {store.mode}: nothing is written to it.", NOT_LIVE_SECONDS)
        return Access(session, write_grant(store, now=now), again=True)

    def merge(self, calls: Sequence[Call]) -> Call:
        """All levels of one kind of call, in the order of their plans."""
        first = calls[0]
        listed = "items" if first.request["op"] == "read" else "changes"
        together = [entry for call in calls for entry in call.request[listed]]
        return replace(first, request={**first.request, listed: together})

    def refused(self, request: dict[str, Any], answer: Answer) -> Collection[int]:
        """The changes because of which Shopify took none; all, where it names none."""
        if request["op"] == "read" or answer.body is None:
            return ()
        errors = answer.body["errors"]
        if any(error["index"] is None for error in errors):
            return range(len(request["changes"]))
        return {error["index"] for error in errors}

    def send(self, request: dict[str, Any], context: object) -> Answer:
        if not isinstance(context, Access):
            raise TypeError("A call needs access.")
        if has_outlived_its_key(request, timezone.now()):
            return Answer(error=OUTLIVED)
        return answer_of(lambda: _perform(request, context))

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        reads = call_request["op"] == "read"
        if answer.error is not None:
            if answer.error.code == OUTLIVED.code:
                return Again("Its key has lost its life: a read decides.")
            if answer.error.kind is not ErrorClass.UNKNOWN or reads:
                return None
            return _given_up(lock_scene(job.payload["member"]), job)
        scene = lock_scene(job.payload["member"])
        settle = settle_read if reads else settle_push
        return settle(scene, job, call_request, answer.body or {}, now=now)


def _step(scene: Scene) -> object:
    member = scene.member
    if member.state == MemberState.LEFT:
        return "read" if member.needs_read else "nothing"
    return next_step(
        scene.level,
        scene.standing,
        unknown=KEY_LIFE if member.unknown is not None else None,
        needs_read=bool(member.needs_read),
        stale=member.stale,
    )


def _plan_push(
    scene: Scene, step: object, session: Session, riders: tuple[int, ...], *, now: datetime
) -> Planned:
    if not isinstance(step, Push):
        scene.member.pushed_sequence = scene.pool.sequence
        scene.member.save(update_fields=["pushed_sequence"])
        return Settled(Outcome.NOTHING_TO_DO, "The store already shows it.")
    if held := _held(scene, scene.pool):
        return held
    grant = write_grant(scene.store, now=now)
    request = {"op": "adjust", "changes": [_change(scene, step.delta, step.expect)]}
    guard = Guard.NONE if step.expect is None else Guard.CAS
    return Call(request, Access(session, grant), riders, guard=guard, merge="adjust")


def _held(scene: Scene, pool: StockPool) -> Settled | None:
    if not scene.store.is_live:
        return Settled(Outcome.HELD, f"{scene.store} is {scene.store.mode}: nothing is written.")
    if pool.question:
        return Settled(Outcome.HELD, f"Waits for a person: {pool.question}")
    return None


def _plan_join(
    scene: Scene,
    pool: StockPool,
    session: Session,
    riders: tuple[int, ...],
    *,
    cause: Cause,
    now: datetime,
) -> Planned:
    """Set the level to the number of the join; where it stands there already, that is all."""
    if held := _held(scene, pool):
        return held
    member = scene.member
    standing = Standing(pool.quantity, member.buffer)
    choice = JoinChoice(member.choice)
    wanted = join(choice, standing, theirs=scene.pool.quantity, shows=member.level)
    if wanted.level == member.level:
        finish_joining(scene, quantity_then=pool.quantity, cause=cause, now=now)
        return Settled(Outcome.APPLIED, f"Joined “{pool.name}”; the store shows {member.level}.")
    request = {
        "op": "set",
        "changes": [_change(scene, wanted.level, member.level)],
        "quantity_then": pool.quantity,
    }
    access = Access(session, write_grant(scene.store, now=now))
    return Call(request, access, riders, guard=Guard.CAS)


def _read_request(scene: Scene) -> dict[str, Any]:
    location = scene.member.location.gid
    return {"op": "read", "location": location, "items": [scene.member.item_gid]}


def _read_mark(scene: Scene) -> str:
    return f"read {scene.member.location.gid}"


def _change(scene: Scene, amount: int, expect: int | None) -> dict[str, Any]:
    member = scene.member
    return {
        "item": member.item_gid,
        "location": member.location.gid,
        "amount": amount,
        "expect": expect,
        "epoch": member.epoch,
        "sequence": scene.pool.sequence,
    }


def _perform(request: Mapping[str, Any], access: Access) -> Reply:
    """Send one call; the body names what it says by item, so that each level finds its own."""
    if request["op"] == "read":
        reply = read_levels(access.session, request["location"], request["items"])
        nodes = dict(zip(request["items"], reply.body["nodes"], strict=True))
        return replace(reply, body={"nodes": nodes})
    write = adjust_levels if request["op"] == "adjust" else set_levels
    again = request.get("again", {})
    key, changes = again.get("key", request["idempotency_key"]), _sent(request)
    reply = write(
        access.session,
        access.grant,
        list(_changes(changes)),
        key=key,
        reference=f"gid://store-sync/Call/{key}",
    )
    done = parse_stock_write(reply.body)
    if any(error.code == CONCURRENT for error in done.errors):
        raise UnknownOutcome("concurrent", "Shopify is still at work on the same call.")
    body = {
        "at": done.at.isoformat() if done.at else None,
        "errors": [_named(error, changes) for error in done.errors],
        "again": access.again,
    }
    return replace(reply, body=body)


def _sent(request: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The changes of a call: those of all its levels, where it goes again under its key."""
    sent: Sequence[Mapping[str, Any]] = request.get("again", {}).get("sent", request)["changes"]
    return sent


def _named(error: StockError, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A refusal with the level that it is about, if it is about one."""
    about = {} if error.index is None else changes[error.index]
    return {
        "index": error.index,
        "item": about.get("item"),
        "location": about.get("location"),
        "code": error.code,
        "message": error.message,
    }


def _changes(listed: Iterable[Mapping[str, Any]]) -> Iterable[LevelChange]:
    for one in listed:
        yield LevelChange(one["item"], one["location"], one["amount"], one["expect"])


def _given_up(scene: Scene, job: JobView) -> Again:
    """The engine repeats it no more: we do, alone, while its key lives; then a read decides."""
    note(scene.member, StoredCall.objects.select_related("carrier").filter(job=job.id).latest("id"))
    return Again("Nobody heard whether it was applied: its key tells, or after a day a read.")


def _plan_again(scene: Scene, again: dict[str, Any], session: Session, now: datetime) -> Planned:
    if not scene.store.is_live:
        said = f"{scene.store} is {scene.store.mode}: nothing is written to it."
        return Parked(said, NOT_LIVE_SECONDS)
    access = Access(session, write_grant(scene.store, now=now), again=True)
    return Call(again, access, guard="key")
