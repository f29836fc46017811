"""Stock that is adjusted along with variants: `quantityAdjustments` of a bulk update."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stores.twin.edits import Deed
from stores.twin.goods import Variant
from stores.twin.nodes import Call
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.stock import checks
from stores.twin.world import Location

__all__ = ["Adjustment", "carry_out", "planned"]

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Without a delta the variant is no longer stocked there (schema text)."""

    variant: Variant
    location: Location
    delta: int | None


def planned(call: Call, variant: Variant, given: Iterable[Given]) -> list[Adjustment]:
    """What a variant's adjustments are to do. Raises RefusedError, or GraphQLError (4.7)."""
    found: list[Adjustment] = []
    refusals: list[Refusal] = []
    for index, each in enumerate(given):
        before = checks.expected(each, "InventoryAdjustmentInput")
        _, place, wrong = checks.place_of(call, variant.item_gid, each["locationId"])
        if place is not None:
            level = variant.stock.get(place.id)
            wrong += checks.stale(before, level.available if level is not None else 0)
            found.append(Adjustment(variant, place, each.get("adjustment")))
        refusals += [refusal.under("quantityAdjustments", str(index)) for refusal in wrong]
    if refusals:
        raise RefusedError(*refusals)
    return found


def carry_out(deed: Deed, adjustments: Iterable[Adjustment]) -> None:
    for each in adjustments:
        level = each.variant.stock.get(each.location.id)
        if each.delta is not None:
            deed.move(deed.stocked(each.variant, each.location), "available", each.delta)
        elif level is not None and level.active:
            deed.unstocked(level)
