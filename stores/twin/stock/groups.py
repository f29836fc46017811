"""What the mutations of quantities answer: the group of changes, as the history keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.twin.gids import number
from stores.twin.levels import HELD, ON_HAND, Level
from stores.twin.nodes import Call, Info, Item
from stores.twin.queries import Resolver
from stores.twin.queries.read import attribute, key
from stores.twin.rendering import instant

__all__ = ["GROUPS", "Move", "group"]


@dataclass(frozen=True, slots=True)
class Move:
    """One quantity of a level that changed; `document` is the ledger entry that it belongs to."""

    level: Level
    name: str
    delta: int
    document: str | None = None


def group(call: Call, given: Mapping[str, Any], moves: Sequence[Move]) -> dict[str, Any] | None:
    """The group of carried-out moves; None where nothing moved (4.7, assumed)."""
    if not moves:
        return None
    return {
        "id": f"gid://shopify/InventoryAdjustmentGroup/{call.twin.next_id('group')}",
        "created_at": instant(call.twin.clock.now()),
        "reason": given["reason"],
        "reference": given.get("referenceDocumentUri"),
        "changes": [*moves, *_on_hand(moves)],
    }


def _on_hand(moves: Sequence[Move]) -> list[Move]:
    """What the moves do to the quantities on hand."""
    sums: dict[Level, int] = {}
    for move in moves:
        if move.name in HELD:
            sums[move.level] = sums.get(move.level, 0) + move.delta
    return [Move(level, ON_HAND, delta) for level, delta in sums.items() if delta]


def _filtered(
    group: Mapping[str, Any],
    _: Info,
    *,
    inventory_item_ids: Sequence[str] | None = None,
    location_ids: Sequence[str] | None = None,
    quantity_names: Sequence[str] | None = None,
) -> list[Move]:
    items, places = _numbers(inventory_item_ids), _numbers(location_ids)
    return [
        each
        for each in group["changes"]
        if (items is None or each.level.variant.item_id in items)
        and (places is None or each.level.location.id in places)
        and (quantity_names is None or each.name in quantity_names)
    ]


def _numbers(gids: Sequence[str] | None) -> set[int | None] | None:
    return None if gids is None else {number(gid) for gid in gids}


GROUPS: dict[str, Resolver] = {
    "InventoryAdjustmentGroup.id": key("id"),
    "InventoryAdjustmentGroup.createdAt": key("created_at"),
    "InventoryAdjustmentGroup.reason": key("reason"),
    "InventoryAdjustmentGroup.referenceDocumentUri": key("reference"),
    "InventoryAdjustmentGroup.changes": _filtered,
    "InventoryChange.name": attribute("name"),
    "InventoryChange.delta": attribute("delta"),
    "InventoryChange.ledgerDocumentUri": attribute("document"),
    # Null in Shopify's own examples: what a client wants to know it has to read.
    "InventoryChange.quantityAfterChange": lambda *_: None,
    "InventoryChange.item": lambda change, _: Item(change.level.variant),
    "InventoryChange.location": lambda change, _: change.level.location,
}
