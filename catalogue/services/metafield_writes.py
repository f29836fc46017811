"""Writing metafields: each only where the store still has what was read, by its digest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from catalogue.domain.attributes import attribute, fingerprint
from catalogue.domain.metafields import name_of, place_of
from catalogue.enums import Owner
from catalogue.selectors.picture import Picture
from catalogue.services.answers import absorb_shown
from catalogue.services.locking import Locked
from catalogue.services.misfits import misfit
from catalogue.services.settling import GUARDED, refusal, written
from catalogue.services.spread import queue_read
from stores.shopify.metafields import (
    MOST_METAFIELDS,
    delete_metafields,
    parse_metafields_write,
    read_metafields,
    set_metafields,
)
from stores.shopify.types import (
    MetafieldEntry,
    MetafieldError,
    MetafieldsWritten,
    ProductSnapshot,
    Reply,
    Session,
    VariantSnapshot,
    WriteGrant,
)
from syncqueue.domain.handling import Again, Answer, JobView, Verdict

__all__ = ["MOST_METAFIELDS", "settle_metafields", "write_metafields"]

STALE = frozenset({"STALE_OBJECT", "INVALID_COMPARE_DIGEST"})
Leaves = Iterable[Mapping[str, Any]]


def write_metafields(
    session: Session, grant: WriteGrant | None, request: Mapping[str, Any]
) -> Reply | None:
    """Read, compare, set or delete; None where a store no longer shows what was planned on."""
    found = _read(session, request["leaves"])
    entries = []
    for leaf in request["leaves"]:
        held = found.get((leaf["host"], leaf["attribute"]), ())
        if held == () or fingerprint(attribute(leaf["attribute"]), held) != leaf["shown"]:
            return None
        entries.append(_entry(leaf, held))
    send = set_metafields if request["op"] == "metafields" else delete_metafields
    written = send(session, grant, entries)
    return replace(written, body={"metafields": written.body})


def _read(session: Session, leaves: Leaves) -> dict[tuple[str, str], Any]:
    """By host and attribute what the store has now, None where it has none."""
    found: dict[tuple[str, str], Any] = {}
    for owner in Owner:
        mine = [leaf for leaf in leaves if attribute(leaf["attribute"]).owner is owner]
        hosts = sorted({leaf["host"] for leaf in mine})
        keys = sorted({_place(leaf["attribute"]) for leaf in mine})
        for host, held in read_metafields(session, hosts, keys).items():
            for place, metafield in held.items():
                found[host, name_of(owner, *place.split(".", 1))] = metafield
    return found


def _place(name: str) -> str:
    found = place_of(name)
    if found is None:
        raise ValueError(f"{name} is no metafield.")
    return found[1]


def _entry(leaf: Mapping[str, Any], held: Mapping[str, Any] | None) -> MetafieldEntry:
    entry = MetafieldEntry(leaf["host"], _place(leaf["attribute"]))
    if leaf["value"] is None:
        return entry
    digest = held["compareDigest"] if held else None
    return replace(entry, type=leaf["value"]["type"], value=leaf["value"]["value"], digest=digest)


def _is_stale(result: MetafieldsWritten) -> bool:
    """Whether a metafield had moved between our read and our write: nothing was set."""
    return any(error.code in STALE for error in result.errors)


def _tell_misfits(
    pic: Picture, request: Mapping[str, Any], errors: Iterable[MetafieldError]
) -> None:
    """What a store refuses of one product it will mostly refuse of all: one issue, not many."""
    for error in errors:
        if error.index is not None:
            misfit(
                pic, request["leaves"][error.index]["attribute"], f"Shopify says “{error.message}”"
            )


def settle_metafields(  # noqa: PLR0917  the contract's own arguments and the lock
    locked: Locked,
    job: JobView,
    passengers: Sequence[JobView],
    request: Mapping[str, Any],
    answer: Answer,
    now: datetime,
) -> Verdict:
    body = (answer.body or {})["metafields"]
    result = _take_in(locked, request, body, now=now, cause_id=job.cause_id)
    pic = locked.picture
    if _is_stale(result):
        pic.listing.needs_read = "A metafield had moved since it was read."
        pic.listing.save(update_fields=["needs_read"])
        return Again(GUARDED)
    if pic.listing.needs_read:
        queue_read(pic, cause_id=job.cause_id)
    if not result.errors:
        return written(locked, job, passengers, request)
    if not passengers:
        _tell_misfits(pic, request, result.errors)
    return refusal(job, passengers, result.errors[0].code, result.errors[0].message)


def _take_in(
    locked: Locked,
    request: Mapping[str, Any],
    body: Mapping[str, Any],
    *,
    now: datetime,
    cause_id: UUID,
) -> MetafieldsWritten:
    """Take in what the answer shows; a refused write has changed nothing."""
    result = parse_metafields_write(body)
    if result.errors:
        return result
    pic = locked.picture
    shown = {(one.owner, one.place): {"type": one.type, "value": one.value} for one in result.shown}
    second = max((one.updated_at for one in result.shown), default=pic.listing.as_of or now)
    nodes: dict[str, dict[str, Any]] = {}
    for leaf in request["leaves"]:
        place = _place(leaf["attribute"])
        nodes.setdefault(leaf["host"], {})[place] = shown.get((leaf["host"], place))
    snapshot = _snapshot(pic, nodes, second)
    absorb_shown(locked, request, snapshot, cause_id=cause_id, now=now)
    return result


def _snapshot(
    pic: Picture, nodes: Mapping[str, dict[str, Any]], second: datetime
) -> ProductSnapshot:
    """A product of which nothing is seen but these metafields."""
    listing = pic.listing
    return ProductSnapshot(
        gid=listing.gid,
        updated_at=second,
        node={"metafields": nodes.get(listing.gid, {})},
        variants=tuple(
            VariantSnapshot(gid, "", {"metafields": nodes[gid]}, "", "", host.position)
            for gid, host in pic.shown.items()
            if gid in nodes
        ),
        complete=False,
        form="graphql",
        handle=listing.handle,
        title=listing.title,
    )
