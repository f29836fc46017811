"""Where an item is stocked: its levels switched on and off, with their quantities kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from stores.twin.edits import Deed
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import Variant
from stores.twin.idempotency import once
from stores.twin.levels import ON_HAND, Level
from stores.twin.mutations.answer import bounded, deed_of, mutation
from stores.twin.nodes import Call, Info, Item, level_of
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.stock import checks

__all__ = ["ACTIVATION", "refusal_to_deactivate"]

UNAVAILABLE = ("reserved", "damaged", "safety_stock", "quality_control")


def refusal_to_deactivate(level: Level) -> Refusal | None:
    """Why an item can't be unstocked from a location, with the code of the bulk toggle."""
    if sum(each.active for each in level.variant.stock.values()) == 1:
        said = "products need to be stocked at a minimum of 1 location"
        return _kept_there(level, said, "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION")
    return _refusal_by_stock(level)


def _refusal_by_stock(level: Level) -> Refusal | None:
    if names := [name for name in ("committed", "incoming") if level.quantity(name)]:
        code = f"{'_AND_'.join(names).upper()}_INVENTORY_AT_LOCATION"
        return _kept_there(level, f"it has {' and '.join(names)} inventory there", code)
    if any(level.quantity(name) for name in UNAVAILABLE):
        said = "it has unavailable inventory there"
        return _kept_there(level, said, "RESERVED_INVENTORY_AT_LOCATION")
    return None


def _kept_there(level: Level, why: str, code: str) -> Refusal:
    said = f"The product couldn't be unstocked from {level.location.name} because {why}."
    return Refusal([], said, code)


@once("inventory_level")
@mutation("inventory_level")
def _activate(
    _: Any,
    info: Info,
    *,
    inventory_item_id: str,
    location_id: str,
    available: int | None = None,
    on_hand: int | None = None,
    stock_at_legacy_location: bool = False,
) -> Any:
    """Without quantities those of before a deactivation stay, else they are zero (2026-04)."""
    if stock_at_legacy_location:
        raise UnimplementedError("The twin does not implement stockAtLegacyLocation.")
    variant, location, missing = checks.place_of(info.context, inventory_item_id, location_id)
    if variant is None or location is None:
        raise RefusedError(*missing)
    _check_start(variant.stock.get(location.id), {"available": available, "onHand": on_hand})
    with deed_of(info.context) as deed:
        level = deed.stocked(variant, location)
        if available is not None:
            deed.move(level, "available", available - level.available)
        if on_hand is not None:
            deed.move(level, "available", on_hand - level.quantity(ON_HAND))
    return {"inventory_level": level}


def _check_start(level: Level | None, given: Mapping[str, int | None]) -> None:
    named = [name for name, quantity in given.items() if quantity is not None]
    if len(named) > 1:
        said = "Only one of available and onHand can be given."
        raise RefusedError(Refusal(["available"], said))
    if named and level is not None and level.active:
        word = "available" if named == ["available"] else ON_HAND
        said = (
            f"Not allowed to set {word} quantity when the item is already active at the location."
        )
        raise RefusedError(Refusal(named, said))


@mutation()
def _deactivate(_: Any, info: Info, *, inventory_level_id: str) -> Any:
    level = level_of(info.context.shop, inventory_level_id)
    if level is None:
        said = "The product couldn't be unstocked because it isn't stocked at this location."
        raise RefusedError(Refusal(["inventoryLevelId"], said))
    if level.active:
        if (refusal := refusal_to_deactivate(level)) is not None:
            raise RefusedError(refusal)
        with deed_of(info.context) as deed:
            deed.unstocked(level)
    return {}


@mutation("inventory_item", "inventory_levels")
def _toggle(
    _: Any,
    info: Info,
    *,
    inventory_item_id: str,
    inventory_item_updates: Sequence[Mapping[str, Any]],
) -> Any:
    """Switch several locations as one deed; the levels that were switched on are answered."""
    call = info.context
    bounded(inventory_item_updates)
    variant = call.shop.items.get(number(inventory_item_id) or 0)
    if variant is None:
        said, code = "The inventory item was not found.", "INVENTORY_ITEM_NOT_FOUND"
        raise RefusedError(Refusal(["inventoryItemId"], said, code))
    if refusals := _refusals_to_toggle(call, variant, inventory_item_updates):
        raise RefusedError(*refusals)
    with deed_of(call) as deed:
        levels = [_switched(deed, variant, each) for each in inventory_item_updates]
    on = [level for level in levels if level is not None and level.active]
    return {"inventory_item": Item(variant), "inventory_levels": on}


def _switched(deed: Deed, variant: Variant, update: Mapping[str, Any]) -> Level | None:
    place = number(update["locationId"])
    if update["activate"]:
        location = next(each for each in deed.shop.locations if each.id == place)
        return deed.stocked(variant, location)
    level = variant.stock.get(place or 0)
    if level is not None and level.active:
        deed.unstocked(level)
    return level


def _refusals_to_toggle(
    call: Call, variant: Variant, updates: Sequence[Mapping[str, Any]]
) -> list[Refusal]:
    """What is switched on in the same call counts as stocked already."""
    found: list[Refusal] = []
    stays = {id_ for id_, level in variant.stock.items() if level.active}
    for index, update in enumerate(updates):
        _, location, _ = checks.place_of(call, variant.item_gid, update["locationId"])
        refusal: Refusal | None = None
        if location is None:
            refusal = Refusal([], "The location was not found.", "LOCATION_NOT_FOUND")
        elif update["activate"]:
            stays.add(location.id)
        elif (level := variant.stock.get(location.id)) is not None and level.active:
            stays.discard(location.id)
            refusal = _refusal_by_stock(level)
        if refusal is not None:
            found.append(refusal.under("inventoryItemUpdates", str(index), "locationId"))
    if not stays and not found:
        said = "Cannot unstock an inventory item from the only location at which it is stocked."
        code = "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"
        found.append(Refusal(["inventoryItemUpdates"], said, code))
    return found


ACTIVATION: dict[str, Resolver] = {
    "inventoryActivate": _activate,
    "inventoryDeactivate": _deactivate,
    "inventoryBulkToggleActivation": _toggle,
}
