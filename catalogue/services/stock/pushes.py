"""Settling the calls of one level: what the answer says of it, and what follows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalogue.domain.seen import READ_LAG
from catalogue.domain.stock import MOST_STALE, pushed
from catalogue.enums import MemberState, MovementKind, Source
from catalogue.services.stock.ledger import Cause, move
from catalogue.services.stock.members import finish_joining
from catalogue.services.stock.scene import Scene
from catalogue.services.stock.sighting import take_read
from catalogue.services.stock.spread import queue_levels
from catalogue.services.stock.unheard import delta_of
from stores.shopify.stock import parse_level
from syncqueue.domain.handling import Again, JobView, Refused, Retry, Settled, Verdict
from syncqueue.enums import Kind, Outcome
from syncqueue.services.wake import make_due

READ_LAG_SECONDS = READ_LAG.total_seconds()
STALE = "CHANGE_FROM_QUANTITY_STALE"
NOT_APPLIED = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
MISMATCH = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
GONE = frozenset({"INVALID_INVENTORY_ITEM", "INVALID_LOCATION", "ITEM_NOT_STOCKED_AT_LOCATION"})
PASSING = frozenset({"SERVICE_UNAVAILABLE", "ADJUST_QUANTITIES_FAILED"})


def job_cause(job: JobView, what: str) -> Cause:
    return Cause(
        key=f"job:{job.id}:{job.tries}:{what}",
        source=Source.SYNC,
        cause_id=job.cause_id,
        job_id=job.id,
    )


def settle_read(
    scene: Scene,
    job: JobView,
    request: Mapping[str, Any],
    body: Mapping[str, Any],
    *,
    now: datetime,
) -> Verdict:
    (item,) = request["items"]
    shown = parse_level(body["nodes"][item], request["location"], item)
    fresh = take_read(scene, shown, job_cause(job, "read"), now=now)
    _wake_parked(scene)
    if not fresh:
        return Again("The answer was older than what is known; reading again.", READ_LAG_SECONDS)
    return Again("The level was read; what is left is planned anew.")


def settle_push(
    scene: Scene,
    job: JobView,
    request: Mapping[str, Any],
    body: Mapping[str, Any],
    *,
    now: datetime,
) -> Verdict:
    (change,) = request["changes"]
    level = (change["item"], change["location"])
    errors = body["errors"]
    own = [e for e in errors if e["index"] is None or level == (e["item"], e["location"])]
    if "again" in request and errors and not own:
        own = [{"code": NOT_APPLIED, "message": "It was refused on account of another level."}]
    scene.member.settled_at = now
    if own:
        said = _refused(scene, own[0], delta_of(request))
    else:
        said = _accepted(scene, job, request, body, now)
    _wake_parked(scene)
    return said


def _accepted(
    scene: Scene, job: JobView, request: Mapping[str, Any], body: Mapping[str, Any], now: datetime
) -> Verdict:
    member, (change,) = scene.member, request["changes"]
    delta = delta_of(request)
    at = datetime.fromisoformat(body["at"]) if body["at"] else None
    level = pushed(scene.level, delta, at)
    cause = job_cause(job, "push")
    # It has left the pool that this was for: its own stock moves with its level.
    alone = member.epoch != change["epoch"]
    move(
        scene.pool,
        member,
        MovementKind.PUSHED,
        cause,
        pool_delta=delta if alone else 0,
        level_delta=delta,
        as_of=level.as_of,
    )
    member.as_of, member.stale, member.unknown = level.as_of, 0, None
    member.pushed_sequence = 0 if alone else change["sequence"]
    if body["again"] or change["expect"] is None:
        member.needs_read = "The outcome of a push was told late, or without a comparison."
    member.save()
    if request["op"] == "set" and member.state == MemberState.JOINING:
        finish_joining(scene, quantity_then=request["quantity_then"], cause=cause, now=now)
    if member.needs_read or scene.target != member.level:
        queue_levels([member], cause_id=job.cause_id)
    return Settled(Outcome.WRITTEN, f"Moved by {delta:+d}: the store shows {member.level}.")


def _refused(scene: Scene, error: Mapping[str, Any], delta: int) -> Verdict:
    member, code = scene.member, error["code"]
    if code in PASSING:
        return Retry(code.lower(), f"Shopify could not do it now: {error['message']}")
    member.unknown = {"delta": delta} if code == MISMATCH else None
    member.needs_read = f"Shopify refused a push: {error['message']}"[:255]
    if code == STALE or code in GONE:
        member.stale += 1
    member.save()
    if code in GONE and member.stale < MOST_STALE:
        return Again("Shopify knows no such level: a read tells what has become of it.")
    if code == STALE:
        return Again("The level had moved before the push came: it is read first.")
    if code == NOT_APPLIED:
        return Again("The push was not applied when it came first: it is planned anew.")
    if code == MISMATCH:
        return Again("Shopify knows another push by this key: a read decides.")
    return Refused(code.lower() or "user_error", f"Shopify refused it: {error['message']}")


def _wake_parked(scene: Scene) -> None:
    """Deliveries that waited for this answer can be decided now."""
    make_due(scene.store.channel_id, Kind.IN, [scene.member.lane_key])
