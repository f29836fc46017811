"""Writing the channels that a product is published on: only what its store was told to change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from catalogue.domain.attributes import attribute, fingerprint
from catalogue.services.answers import absorb_shown
from catalogue.services.locking import Locked
from catalogue.services.settling import refusal, written
from catalogue.services.spread import queue_read
from stores.shopify.channels import parse_channels_write, read_channels
from stores.shopify.channels import write_channels as send
from stores.shopify.types import ProductSnapshot, Reply, Session, WriteGrant
from syncqueue.domain.handling import Again, Answer, JobView, Verdict


def write_channels(
    session: Session, grant: WriteGrant | None, request: Mapping[str, Any]
) -> Reply | None:
    """Read, compare, publish and unpublish; None where the store shows other channels by now."""
    (leaf,) = request["leaves"]
    shown = read_channels(session, [request["gid"]]).get(request["gid"])
    if shown is None or fingerprint(attribute(leaf["attribute"]), shown) != leaf["shown"]:
        return None
    wanted = set(leaf["value"])
    on, off = wanted - set(shown), set(shown) - wanted
    sent = send(session, grant, request["gid"], on=on, off=off)
    return replace(sent, body={"channels": sent.body})


def settle_channels(  # noqa: PLR0917  the contract's own arguments and the lock
    locked: Locked,
    job: JobView,
    passengers: Sequence[JobView],
    request: Mapping[str, Any],
    answer: Answer,
    now: datetime,
) -> Verdict:
    result = parse_channels_write((answer.body or {})["channels"])
    pic = locked.picture
    if result.refused or result.channels is None or result.updated_at is None:
        pic.listing.needs_read = "The channels of the product were not shown."
        pic.listing.save(update_fields=["needs_read"])
        queue_read(pic, cause_id=job.cause_id)
        if result.refused:
            return refusal(job, passengers, "", result.refused)
        return Again("The answer did not show the channels: a read decides.")
    snapshot = ProductSnapshot(
        gid=pic.listing.gid,
        updated_at=result.updated_at,
        node={"channels": result.channels},
        variants=(),
        complete=False,
        form="graphql",
        handle=pic.listing.handle,
        title=pic.listing.title,
    )
    absorb_shown(locked, request, snapshot, cause_id=job.cause_id, now=now)
    return written(locked, job, passengers, request)
