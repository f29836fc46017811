"""The rows of the ledgers, and how they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalogue.models import Change
from catalogue.services.bulk import Columns, give_ids, insert, jsonb, plain, text

_CHANGE: Columns = {
    "workspace_id": ("bigint", plain("workspace_id")),
    "product_id": ("bigint", plain("product_id")),
    "variant_id": ("bigint", plain("variant_id")),
    "attribute": ("text", plain("attribute")),
    "scope": ("text", text("scope")),
    "store_id": ("bigint", plain("store_id")),
    "source": ("text", text("source")),
    "actor": ("text", plain("actor")),
    "fate": ("text", text("fate")),
    "reason": ("text", plain("reason")),
    "old": ("jsonb", jsonb("old")),
    "new": ("jsonb", jsonb("new")),
    "old_kind": ("text", plain("old_kind")),
    "new_kind": ("text", plain("new_kind")),
    "version_time": ("timestamptz", plain("version_time")),
    "version_id": ("text", plain("version_id")),
    "stood_version": ("text", plain("stood_version")),
    "edit_version": ("bigint", plain("edit_version")),
    "time_uncertain": ("boolean", plain("time_uncertain")),
    "delivery_id": ("bigint", plain("delivery_id")),
    "cause_id": ("uuid", plain("cause_id")),
}


@dataclass(slots=True)
class Told:
    """What becomes of a change in one store, before it is stored; its job is known last."""

    change_id: int
    store_id: int
    fate: str
    reason: str
    job_id: int | None = None


_TOLD: Columns = {
    "change_id": ("bigint", plain("change_id")),
    "store_id": ("bigint", plain("store_id")),
    "fate": ("text", text("fate")),
    "reason": ("text", plain("reason")),
    "job_id": ("bigint", plain("job_id")),
}


def store_changes(changes: Sequence[Change]) -> None:
    """Store the rows in their order, and give them their ids."""
    give_ids("catalogue_change", _CHANGE, changes)


def store_told(rows: Sequence[Told]) -> None:
    insert("catalogue_changedelivery", _TOLD, rows)
