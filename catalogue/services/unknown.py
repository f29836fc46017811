"""Writes whose outcome nobody heard: kept a day, because one may still land (a ghost)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from catalogue.domain.seen import UnknownWrite, Written
from catalogue.domain.version import Version
from catalogue.models import Listing

KEEP = timedelta(hours=24)


def note_unknown(listing: Listing, request: Mapping[str, Any], *, sent_at: datetime) -> None:
    """Remember what was sent; until a read has settled it, nothing of this listing is decided."""
    kept = [one for one in listing.unknown if _sent_at(one) > sent_at - KEEP]
    new = {
        "planned": request["planned"],
        "sent_at": sent_at.isoformat(),
        "open": True,
        "leaves": request["leaves"],
    }
    listing.unknown = [*kept, new]


def settle_unknown(listing: Listing) -> None:
    """A read has shown the store as it is; what was sent may at most land later."""
    listing.unknown = [{**one, "open": False} for one in listing.unknown]


def outcome_is_unknown(listing: Listing) -> bool:
    return any(one["open"] for one in listing.unknown)


def unknown_writes(listing: Listing) -> Mapping[tuple[str, str], list[UnknownWrite]]:
    """By host and attribute: what was given up, and may land yet or have landed unseen."""
    found: dict[tuple[str, str], list[UnknownWrite]] = defaultdict(list)
    for one in listing.unknown:
        if one["open"]:
            continue
        for leaf in one["leaves"]:
            write = UnknownWrite(leaf["value"], _sent_at(one), Version.from_json(leaf["version"]))
            found[leaf["host"], leaf["attribute"]].append(write)
    return found


def open_writes(listing: Listing) -> Mapping[tuple[str, str], Written]:
    """By host and attribute: what a read has to settle; equal to what was sent means applied."""
    return {
        (leaf["host"], leaf["attribute"]): Written(
            leaf["value"],
            Version.from_json(leaf["version"]),
            datetime.fromisoformat(one["planned"]),
            certain=False,
        )
        for one in listing.unknown
        if one["open"]
        for leaf in one["leaves"]
    }


def _sent_at(one: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(one["sent_at"])
