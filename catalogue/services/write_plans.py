"""What is about to be sent to a store: which leaves go in the next call, and under which guard."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalogue.domain.attributes import attribute
from catalogue.domain.diff import LeafKey
from catalogue.domain.values import Value
from catalogue.enums import Guard
from catalogue.models import Change
from catalogue.selectors.picture import Picture
from catalogue.selectors.terms import extras_of
from catalogue.services.metafield_writes import MOST_METAFIELDS
from catalogue.services.spread import changes_of
from syncqueue.domain.handling import JobView

METAFIELDS = ("metafields", "delete_metafields")
ORDER = ("write", *METAFIELDS, "channels", "media", "variant_media")
MOST_SHOWN = 100


def guarded(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The leaves that are written only where the store still shows what the plan saw."""
    return [leaf for leaf in request.get("leaves", ()) if leaf["guard"] == Guard.CHECK]


def guard_of(request: Mapping[str, Any]) -> Guard:
    """The guard that protects a call, as its attempt tells it."""
    if request["op"] == "metafields":
        return Guard.CAS
    return Guard.CHECK if guarded(request) else Guard.NONE


@dataclass(frozen=True, slots=True)
class Next:
    """What one mutation can take of all that must be written; whether `more` is left."""

    op: str
    leaves: Mapping[LeafKey, Value]
    more: bool


def next_call(job: JobView, leaves: Mapping[LeafKey, Value]) -> Next:
    """The job's own leaves come first, or what another left unwritten might bar their way."""
    by_op: dict[str, dict[LeafKey, Value]] = defaultdict(dict)
    for key, value in leaves.items():
        by_op[_op(key[1], value)][key] = value
    own = leaves_of(job) if len(by_op) > 1 else set()
    op = min(by_op, key=lambda op: (not own & by_op[op].keys(), ORDER.index(op)))
    op = "media" if op == "variant_media" and "media" in by_op else op  # what they show comes first
    chosen = by_op[op]
    if op in METAFIELDS:
        first = sorted(chosen, key=lambda key: (key not in own, key[0] or 0, key[1]))
        chosen = {key: chosen[key] for key in first[:MOST_METAFIELDS]}
    return Next(op, chosen, more=len(chosen) < len(leaves))


def _op(name: str, value: Value) -> str:
    """By which mutation a value is written: a metafield is made empty by deleting it."""
    part = attribute(name).part
    if part != "metafields":
        return "write" if part == "fields" else part
    return "metafields" if value is not None else "delete_metafields"


def read_request(pic: Picture, now: datetime) -> dict[str, Any]:
    """What asks for all that a product shows; `planned` is no later than when it is sent."""
    return {
        "op": "read",
        "gid": pic.listing.gid,
        **show_extras(pic),
        "planned": now.isoformat(),
    }


def show_extras(pic: Picture) -> dict[str, Any]:
    return {"extras": extras_of(pic.store, pic.terms).to_json()}


def leaves_of(job: JobView) -> set[LeafKey]:
    rows = Change.objects.filter(pk__in=changes_of([job]))
    return {(variant_id, name) for variant_id, name in rows.values_list("variant_id", "attribute")}


def write_request(pic: Picture, planned: Next, now: datetime) -> dict[str, Any]:
    """Exactly what is about to be sent; `shown` is what a guard expects to find.

    `more`: another call must follow this one before the store shows all that it should.
    """
    members = []
    for key, value in planned.leaves.items():
        host, version = pic.host(key[0]), pic.effective(key).version
        leaf = host.leaf(key[1])
        members.append(
            {
                "host": host.gid,
                "attribute": key[1],
                "value": value,
                "version": version.to_json() if version else None,
                "guard": _guard(pic, key[1], value).value,
                "shown": leaf.hash if leaf else None,
            }
        )
    return {
        "op": planned.op,
        "gid": pic.listing.gid,
        "leaves": members,
        "more": planned.more,
        **show_extras(pic),
        "currency": _currency(pic, planned.leaves),
        "variants": max(1, min(len(pic.shown), MOST_SHOWN)),
        "planned": now.isoformat(),
    }


def _guard(pic: Picture, name: str, value: Value) -> Guard:
    """What is of high worth is never written unseen, whatever its declaration says."""
    declared = attribute(name).guard
    if declared is Guard.CAS and value is None:
        return Guard.CHECK  # a deletion compares nothing
    return Guard.CHECK if declared is Guard.NONE and pic.terms.worthy(name) else declared


def _currency(pic: Picture, leaves: Iterable[LeafKey]) -> str | None:
    """What the canonical prices among the leaves are written in, for the port's own gate."""
    canonical = any(
        attribute(key[1]).money and pic.effective(key).source == "canonical" for key in leaves
    )
    return pic.product.currency if pic.product and canonical else None
