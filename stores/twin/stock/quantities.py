"""Setting, adjusting and moving quantities: a whole call is applied, or nothing of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stores.twin.goods import Variant
from stores.twin.idempotency import once
from stores.twin.levels import ON_HAND
from stores.twin.mutations.answer import bounded, deed_of, mutation
from stores.twin.nodes import Call, Info
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.stock import checks
from stores.twin.stock.groups import Move, group
from stores.twin.world import Location

__all__ = ["QUANTITIES"]

Given = Mapping[str, Any]
SET_HIGHEST = 1_000_000_000
ADJUST_HIGHEST = 2_000_000_000


@dataclass(slots=True)
class _Plan:
    """The moves of a call, checked one after another against what those before would leave."""

    call: Call
    steps: list[tuple[Variant, Location, str, int, str | None]] = field(default_factory=list)
    pending: dict[tuple[Variant, Location, str], int] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def now(self, variant: Variant, location: Location, name: str) -> int:
        """A quantity as the call so far leaves it; on_hand is only set by way of available."""
        level = variant.stock.get(location.id)
        moved = self.pending.get((variant, location, "available" if name == ON_HAND else name), 0)
        return moved + (level.quantity(name) if level else 0)

    def add(
        self, variant: Variant, location: Location, name: str, delta: int, document: str | None
    ) -> None:
        self.steps.append((variant, location, name, delta, document))
        key = (variant, location, name)
        self.pending[key] = self.pending.get(key, 0) + delta

    def refuse(self, found: Iterable[Refusal], *path: str) -> None:
        self.refusals += [each.under("input", *path) for each in found]

    def carry_out(self, given: Given) -> dict[str, Any]:
        """Apply everything. Raises RefusedError, and applies nothing, if something was refused."""
        if self.refusals:
            raise RefusedError(*self.refusals)
        call, done = self.call, []
        event = "connect" if call.shop.knobs.stocking_connects else "update"
        with deed_of(call) as deed:
            for variant, location, name, delta, document in self.steps:
                level = deed.stocked(variant, location, event)
                deed.move(level, name, delta, reason=given["reason"])
                done += [Move(level, name, delta, document)] if delta else []
        return {"inventory_adjustment_group": group(call, given, done)}


def _set(_: Any, info: Info, *, input: Given) -> Any:  # noqa: A002  Shopify's name
    plan = _Plan(info.context, refusals=checks.heading_refusals(input))
    if input["name"] not in {"available", ON_HAND}:
        said = "The quantity name must be either 'available' or 'on_hand'."
        plan.refuse([Refusal(["name"], said, "INVALID_NAME")])
        return plan.carry_out(input)
    entries, kind = input["quantities"], "InventoryQuantityInput"
    _set_all(plan, entries, input["name"], "quantities", kind, unique=True)
    return plan.carry_out(input)


def _set_on_hand(_: Any, info: Info, *, input: Given) -> Any:  # noqa: A002
    plan = _Plan(info.context, refusals=checks.heading_refusals(input, required=True))
    entries, kind = input["setQuantities"], "InventorySetQuantityInput"
    _set_all(plan, entries, ON_HAND, "setQuantities", kind, unique=False)
    return plan.carry_out(input)


def _set_all(
    plan: _Plan, entries: Sequence[Given], name: str, place: str, kind: str, *, unique: bool
) -> None:
    bounded(entries)
    for index, entry in enumerate(entries):
        before, quantity = checks.expected(entry, kind), entry["quantity"]
        variant, location, found = _placed(plan.call, entry)
        found += checks.quantity_refusals(
            "quantity", quantity, low=0, high=SET_HIGHEST, what="total quantity"
        )
        if variant is not None and location is not None:
            twice = unique and (variant, location, "available") in plan.pending
            now = plan.now(variant, location, name)
            found += [_TWICE] if twice else checks.stale(before, now)
            plan.add(variant, location, "available", quantity - now, None)
        plan.refuse(found, place, str(index))


def _adjust(_: Any, info: Info, *, input: Given) -> Any:  # noqa: A002
    plan, name = _Plan(info.context, refusals=checks.heading_refusals(input)), input["name"]
    bounded(input["changes"])
    plan.refuse(_bad_name("name", name))
    documents = {change.get("ledgerDocumentUri") for change in input["changes"]}
    if name != "available" and len(documents) > 1:
        said = "All changes must have the same ledger document URI."
        plan.refuse([Refusal(["changes"], said, "MAX_ONE_LEDGER_DOCUMENT")])
    for index, change in enumerate(input["changes"]):
        before = checks.expected(change, "InventoryChangeInput")
        far = _too_far("delta", change["delta"])
        found = [*checks.document_refusals(name, change.get("ledgerDocumentUri")), *far]
        variant, location, missing = _placed(plan.call, change)
        if name in checks.ADJUSTABLE and variant is not None and location is not None:
            now = plan.now(variant, location, name)
            found += checks.stale(before, now)
            found += [] if far else _too_far("delta", now + change["delta"])
            plan.add(variant, location, name, change["delta"], change.get("ledgerDocumentUri"))
        plan.refuse(found + missing, "changes", str(index))
    return plan.carry_out(input)


def _move(_: Any, info: Info, *, input: Given) -> Any:  # noqa: A002
    plan = _Plan(info.context, refusals=checks.heading_refusals(input, required=True))
    bounded(input["changes"])
    _check_documents(plan, input["changes"])
    for index, change in enumerate(input["changes"]):
        plan.refuse(_moved(plan, change), "changes", str(index))
    return plan.carry_out(input)


def _moved(plan: _Plan, change: Given) -> list[Refusal]:
    """One change of a move: out of one state and into another of the same place."""
    source, target, quantity = change["from"], change["to"], change["quantity"]
    found = [] if source["locationId"] == target["locationId"] else [_DIFFERENT]
    found += [_SAME_NAME] if source["name"] == target["name"] else []
    found += checks.quantity_refusals("quantity", quantity, low=0, high=ADJUST_HIGHEST)
    for side, end, sign in (("from", source, -1), ("to", target, 1)):
        before = checks.expected(end, "InventoryMoveQuantityTerminalInput")
        wrong = _bad_name("name", end["name"])
        wrong += checks.document_refusals(end["name"], end.get("ledgerDocumentUri"))
        variant, location, missing = _placed(plan.call, {**change, **end})
        if not wrong and variant is not None and location is not None:
            wrong += checks.stale(before, plan.now(variant, location, end["name"]))
            document = end.get("ledgerDocumentUri")
            plan.add(variant, location, end["name"], sign * quantity, document)
        found += [each.under(side) for each in wrong]
        found += [each for each in missing if side == "to"]
    return found


def _check_documents(plan: _Plan, changes: Sequence[Given]) -> None:
    ends = (change[side] for change in changes for side in ("from", "to"))
    if len({end["ledgerDocumentUri"] for end in ends if end.get("ledgerDocumentUri")}) > 2:  # noqa: PLR2004
        said = "Only a maximum of 2 ledger document URIs across all changes is allowed."
        plan.refuse([Refusal(["changes"], said, "MAXIMUM_LEDGER_DOCUMENT_URIS")])


def _placed(call: Call, entry: Given) -> tuple[Variant | None, Location | None, list[Refusal]]:
    return checks.place_of(call, entry["inventoryItemId"], entry["locationId"])


def _bad_name(field: str, name: str) -> list[Refusal]:
    if name in checks.ADJUSTABLE:
        return []
    valid = ", ".join(checks.ADJUSTABLE)
    said = f"The specified quantity name is invalid. Valid values are: {valid}."
    return [Refusal([field], said, "INVALID_QUANTITY_NAME")]


def _too_far(field: str, quantity: int) -> list[Refusal]:
    return checks.quantity_refusals(field, quantity, low=-ADJUST_HIGHEST, high=ADJUST_HIGHEST)


_TWICE = Refusal(
    [],
    "The combination of inventoryItemId and locationId must be unique.",
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
)
_DIFFERENT = Refusal(
    [], "The quantities can't be moved between different locations.", "DIFFERENT_LOCATIONS"
)
_SAME_NAME = Refusal(
    [], "The quantity names for each change can't be the same.", "SAME_QUANTITY_NAME"
)


def _keyed(play: Resolver) -> Resolver:
    part = "inventory_adjustment_group"
    return once(part)(mutation(part)(play))


QUANTITIES: dict[str, Resolver] = {
    "inventorySetQuantities": _keyed(_set),
    "inventorySetOnHandQuantities": _keyed(_set_on_hand),
    "inventoryAdjustQuantities": _keyed(_adjust),
    "inventoryMoveQuantities": _keyed(_move),
}
