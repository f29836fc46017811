"""Stock through the port: levels read, adjusted and set, up to 250 a call."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.errors import BadPayload, Refused
from stores.shopify.grants import demand
from stores.shopify.snapshots import gid, instant
from stores.shopify.stock_types import LevelChange, LevelSnapshot, StockError, StockWritten
from stores.shopify.types import Reply, Session, WriteGrant

__all__ = [
    "MOST_LEVELS",
    "adjust_levels",
    "parse_level",
    "parse_level_payload",
    "parse_stock_write",
    "read_levels",
    "set_levels",
]

MOST_LEVELS = 250  # of input arrays and of `nodes`: https://shopify.dev/docs/api/usage/limits
REASON = "correction"
_ENTRIES = ("changes", "quantities")


def read_levels(session: Session, location: str, items: Sequence[str]) -> Reply:
    """Read what is available of items (by gid) at one location."""
    _bound(items)
    variables = {"items": list(items), "location": location}
    reply = execute(session, document("stock_levels_read"), variables)
    closed = not (reply.body["location"] or {}).get("isActive")
    nodes = [
        {**(node or {"inventoryLevel": None}), "closed": closed} for node in reply.body["nodes"]
    ]
    return replace(reply, body={"nodes": nodes})


def parse_level(node: Mapping[str, Any] | None, location: str, item: str) -> LevelSnapshot:
    """Take one of the `nodes` of a read, which come in the order of the items asked for."""
    level = node and node["inventoryLevel"]
    closed = bool(node and node.get("closed"))
    if node is None or level is None or closed:
        return LevelSnapshot(item, location, None, None, stocked=False, closed=closed)
    (quantity,) = level["quantities"]
    return LevelSnapshot(
        item,
        location,
        available=quantity["quantity"] if node["tracked"] else None,
        updated_at=instant(level["updatedAt"]),
    )


def adjust_levels(
    session: Session,
    grant: WriteGrant | None,
    changes: Sequence[LevelChange],
    *,
    key: str,
    reference: str,
) -> Reply:
    """Move levels by their deltas, once per key; `expect` None skips the comparison."""
    entries = [
        {
            "inventoryItemId": change.item,
            "locationId": change.location,
            "delta": change.amount,
            "changeFromQuantity": change.expect,
        }
        for change in changes
    ]
    return _write(
        session, grant, "stock_adjust", {"changes": entries}, key=key, reference=reference
    )


def set_levels(
    session: Session,
    grant: WriteGrant | None,
    changes: Sequence[LevelChange],
    *,
    key: str,
    reference: str,
) -> Reply:
    """Set levels to their amounts, not below 0, once per key."""
    entries = [
        {
            "inventoryItemId": change.item,
            "locationId": change.location,
            "quantity": change.amount,
            "changeFromQuantity": change.expect,
        }
        for change in changes
    ]
    return _write(
        session, grant, "stock_set", {"quantities": entries}, key=key, reference=reference
    )


def parse_stock_write(body: Mapping[str, Any]) -> StockWritten:
    """What the answer to either write says; errors name the index of their change."""
    (payload,) = body.values()
    group = payload["inventoryAdjustmentGroup"]
    return StockWritten(
        at=instant(group["createdAt"]) if group else None,
        errors=tuple(_error(error) for error in payload["userErrors"]),
    )


def parse_level_payload(body: Mapping[str, Any]) -> LevelSnapshot:
    """Take the body of inventory_levels/update, connect or disconnect (which has no quantity)."""
    try:
        told = body.get("updated_at")
        return LevelSnapshot(
            item=gid("InventoryItem", body["inventory_item_id"]),
            location=gid("Location", body["location_id"]),
            available=_whole(body.get("available")),
            updated_at=instant(told) if told is not None else None,
        )
    except KeyError as error:
        raise BadPayload(f"A level's payload has no {error}.") from error


def _write(
    session: Session,
    grant: WriteGrant | None,
    name: str,
    entries: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    key: str,
    reference: str,
) -> Reply:
    demand(grant)
    (listed,) = entries.values()
    _bound(listed)
    given = {
        "name": "available",
        "reason": REASON,
        "referenceDocumentUri": reference,
        **entries,
    }
    return execute(session, document(name), {"input": given, "key": key})


def _bound(listed: Sequence[object]) -> None:
    if not 0 < len(listed) <= MOST_LEVELS:
        raise Refused("bad_batch", f"One call takes 1 to {MOST_LEVELS} levels, not {len(listed)}.")


def _error(error: Mapping[str, Any]) -> StockError:
    return StockError(_index(error["field"] or ()), error["message"], error.get("code") or "")


def _index(path: Sequence[str]) -> int | None:
    """`["input", "changes", "3", "delta"]` is about change 3."""
    for name, index in pairwise(path):
        if name in _ENTRIES and index.isdigit():
            return int(index)
    return None


def _whole(raw: object) -> int | None:
    if raw is not None and type(raw) is not int:
        raise BadPayload(f"Not a quantity: {raw!r}.")
    return raw
