"""Storing what a store was seen to show: plain SQL, since every delivery and answer does it."""

import json
from collections.abc import Sequence
from typing import LiteralString

from django.db import connection

from catalogue.models import Listing, VariantListing

_OF_A_LISTING = (
    "leaves",
    "as_of",
    "title",
    "handle",
    "state",
    "state_reason",
    "needs_read",
    "unknown",
    "settled_at",
    "absent",
    "read_at",
    "gallery",
)
_OF_A_HOST = ("leaves", "position", "options", "inventory_item_gid", "sku", "barcode")


def store_listing(listing: Listing) -> None:
    """Store what moves with an observation; the links of a listing are not part of it."""
    _store("catalogue_listing", _OF_A_LISTING, [listing])


def store_hosts(hosts: Sequence[VariantListing]) -> None:
    """Store variants as they are seen in a store, for the first time or again."""
    if known := [host for host in hosts if host.pk is not None]:
        _store("catalogue_variantlisting", _OF_A_HOST, known)
    VariantListing.objects.bulk_create([host for host in hosts if host.pk is None])


def _store(
    table: LiteralString, names: Sequence[LiteralString], rows: Sequence[Listing | VariantListing]
) -> None:
    moved = ", ".join(f"{name} = r.{name}" for name in names)
    statement = (
        f"UPDATE {table} AS seen SET {moved} "  # noqa: S608  names of ours
        f"FROM jsonb_populate_recordset(NULL::{table}, %s) AS r WHERE seen.id = r.id"
    )
    told = [{name: getattr(row, name) for name in ("id", *names)} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(told, default=str)])
