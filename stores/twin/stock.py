"""Stock: setting and adjusting what is available, once per idempotency key."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphql import GraphQLError, get_directive_values

from stores.twin.edits import Author
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.nodes import Call, Info, Item, Level
from stores.twin.paging import LIMIT
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal
from stores.twin.rendering import instant
from stores.twin.webhooks import announce_level, announce_product
from stores.twin.world import Shop, Twin

__all__ = ["GROUP", "STOCK", "move"]

ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Move:
    level: Level
    delta: int
    after: int


def move(twin: Twin, shop: Shop, level: Level, to: int, author: Author) -> None:
    """Set what is available at one place: the level and its product tell of it."""
    with shop.lock:
        old, variant = level.available, level.variant
        variant.stock[level.location.id] = to
        now = twin.second()
        variant.item_updated_at = variant.updated_at = variant.product.updated_at = now
        facts = {"resource": variant.item_gid, "attribute": f"available@{level.location.gid}"}
        twin.oracle.write("edit", shop.domain, **facts, old=old, new=to, **asdict(author))
        announce_level(twin, shop, variant, level.location.id)
        announce_product(twin, shop, variant.product, "products/update")


def _set(_: Any, info: Info, *, input: dict[str, Any]) -> Any:  # noqa: A002  Shopify's name
    return _once(info, input, lambda: _change(info.context, input, "quantities", "quantity"))


def _adjust(_: Any, info: Info, *, input: dict[str, Any]) -> Any:  # noqa: A002
    return _once(info, input, lambda: _change(info.context, input, "changes", "delta"))


def _once(info: Info, given: Mapping[str, Any], act: Callable[[], dict[str, Any]]) -> Any:
    """The outcome kept under the request's key; the same key for other words is refused."""
    key, words = _key(info), json.dumps(given, sort_keys=True)
    kept = info.context.install.idempotent
    if key in kept:
        before, outcome = kept[key]
        if before == words:
            return outcome
        said = "The idempotency key was used with other parameters."
        return _refused([Refusal([], said, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")])
    outcome = act()
    kept[key] = (words, outcome)
    return outcome


def _key(info: Info) -> str:
    directive = next(each for each in info.schema.directives if each.name == "idempotent")
    found = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    key = str((found or {}).get("key", "")).strip()
    if not key:
        raise GraphQLError(
            f"The @idempotent directive with a key is required on {info.field_name}.",
            extensions={"code": "BAD_REQUEST"},
        )
    return key


def _change(call: Call, given: Mapping[str, Any], entries: str, amount: str) -> dict[str, Any]:
    """All entries or none: every one is checked before the first is applied."""
    if given["name"] != "available":
        raise UnimplementedError("The twin keeps the quantity available only.")
    changes: Sequence[Mapping[str, Any]] = given[entries]
    if len(changes) > LIMIT:
        raise GraphQLError(f"The input array size is greater than the maximum allowed of {LIMIT}.")
    moves: list[_Move] = []
    refusals: list[Refusal] = []
    for index, change in enumerate(changes):
        found = _checked(call.shop, change, amount)
        if isinstance(found, _Move):
            moves.append(found)
        else:
            refusals.append(found.under("input", entries, str(index)))
    if refusals:
        return _refused(refusals)
    for each in moves:
        move(call.twin, call.shop, each.level, each.after, call.author)
    return {"inventory_adjustment_group": _group(call, given, moves), "user_errors": []}


def _checked(shop: Shop, change: Mapping[str, Any], amount: str) -> _Move | Refusal:
    expected = change.get("changeFromQuantity", ABSENT)
    if expected is ABSENT:
        raise GraphQLError("changeFromQuantity must be given; null skips the comparison.")
    variant = shop.items.get(number(change["inventoryItemId"]) or 0)
    if variant is None:
        said = "The specified inventory item could not be found."
        return Refusal(["inventoryItemId"], said, "INVALID_INVENTORY_ITEM")
    place = number(change["locationId"])
    location = next((each for each in shop.locations if each.id == place), None)
    if location is None:
        return Refusal(
            ["locationId"], "The specified location could not be found.", "INVALID_LOCATION"
        )
    now = variant.stock.get(location.id, 0)
    if expected is not None and expected != now:
        said = "The changeFromQuantity argument no longer matches the persisted quantity."
        return Refusal(["changeFromQuantity"], said, "CHANGE_FROM_QUANTITY_STALE")
    delta = change[amount] if amount == "delta" else change[amount] - now
    return _Move(Level(variant, location), delta, now + delta)


def _refused(refusals: Sequence[Refusal]) -> dict[str, Any]:
    return {"inventory_adjustment_group": None, "user_errors": refusals}


def _group(call: Call, given: Mapping[str, Any], moves: Sequence[_Move]) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/InventoryAdjustmentGroup/{call.twin.next_id('group')}",
        "created_at": instant(call.twin.clock.now()),
        "reason": given["reason"],
        "reference": given.get("referenceDocumentUri"),
        "moves": moves,
    }


STOCK: dict[str, Resolver] = {
    "inventorySetQuantities": _set,
    "inventoryAdjustQuantities": _adjust,
}
GROUP: dict[str, Resolver] = {
    "InventoryAdjustmentGroup.id": lambda group, _: group["id"],
    "InventoryAdjustmentGroup.createdAt": lambda group, _: group["created_at"],
    "InventoryAdjustmentGroup.reason": lambda group, _: group["reason"],
    "InventoryAdjustmentGroup.referenceDocumentUri": lambda group, _: group["reference"],
    "InventoryAdjustmentGroup.changes": lambda group, _: group["moves"],
    "InventoryChange.name": lambda *_: "available",
    "InventoryChange.delta": lambda change, _: change.delta,
    "InventoryChange.quantityAfterChange": lambda change, _: change.after,
    "InventoryChange.item": lambda change, _: Item(change.level.variant),
    "InventoryChange.location": lambda change, _: change.level.location,
}
