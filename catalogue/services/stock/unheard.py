"""Pushes whose outcome nobody heard: the same call goes again under its key and tells; then a read.

The engine repeats by itself what it has not given up. Here are the calls of jobs that it has: whose
workers died of them, or died twice of a call of several.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalogue.models import StockMember
from catalogue.services.stock.scene import Scene
from syncqueue.models import Call
from syncqueue.services.repeat import KEY_LIFE


def delta_of(request: Mapping[str, Any]) -> int:
    """By how much a planned push of one level moves it."""
    (change,) = request["changes"]
    amount: int = change["amount"]
    return amount - change["expect"] if request["op"] == "set" else amount


def note_given_up(scene: Scene) -> None:
    """Take account of what a job that was given up has left."""
    if scene.member.unknown is None and (call_id := scene.unheard()):
        note(scene.member, Call.objects.select_related("carrier").get(pk=call_id))


def note(member: StockMember, call: Call) -> None:
    """Remember a sent push: what it asked for this level, and all that went under its key."""
    carrier = call.carrier or call
    again = call.request.get("again")
    member.unknown = again or {
        "delta": delta_of(call.request),
        "request": call.request,
        "sent": carrier.merged or carrier.request,
        "key": str(carrier.idempotency_key),
        "born": carrier.created_at.isoformat(),
    }
    member.accounted = call.pk
    member.save(update_fields=["unknown", "accounted"])


def repeated(member: StockMember, now: datetime) -> dict[str, Any] | None:
    """The push once more, as it was; None where there is none, or its key has lost its life."""
    unknown = member.unknown or {}
    if "key" not in unknown or _is_old(unknown, now):
        return None
    return {**unknown["request"], "again": unknown}


def has_outlived_its_key(request: Mapping[str, Any], now: datetime) -> bool:
    """Whether a repeated push would be a second one by now."""
    return "again" in request and _is_old(request["again"], now)


def _is_old(unknown: Mapping[str, Any], now: datetime) -> bool:
    return now >= datetime.fromisoformat(unknown["born"]) + KEY_LIFE
