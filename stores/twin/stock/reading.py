"""How inventory items and their levels are read."""

from collections.abc import Iterable, Sequence
from typing import Any

from stores.twin.gids import number
from stores.twin.levels import HELD, ON_HAND, STATES, Level
from stores.twin.nodes import Info, Item
from stores.twin.paging import Page, connect
from stores.twin.queries.read import Resolver, attribute, by_id, itself, key, money
from stores.twin.rendering import instant
from stores.twin.stock.activation import refusal_to_deactivate
from stores.twin.world import Location

__all__ = ["READING"]

NAMES = (*STATES, ON_HAND)


def _levels(item: Item, _: Info, *, include_inactive: bool = False, **page: Any) -> Page:
    """An item's levels by the ids of their locations."""
    every = sorted(item.variant.stock.values(), key=_place)
    return connect(_shown(every, include_inactive), _place, **page)


def _levels_there(
    place: Location, info: Info, *, include_inactive: bool = False, **page: Any
) -> Page:
    """A location's levels by the ids of their items."""
    stocked = (each.stock.get(place.id) for each in info.context.shop.items.values())
    every = [level for level in stocked if level is not None]
    return connect(_shown(every, include_inactive), _item, **page)


def _level_of_item(
    item: Item, _: Info, *, location_id: str, include_inactive: bool = False
) -> Level | None:
    found = item.variant.stock.get(number(location_id) or 0)
    return found if found is not None and (found.active or include_inactive) else None


def _level_of_place(
    place: Location, info: Info, *, inventory_item_id: str, include_inactive: bool = False
) -> Level | None:
    variant = info.context.shop.items.get(number(inventory_item_id) or 0)
    found = variant.stock.get(place.id) if variant else None
    return found if found is not None and (found.active or include_inactive) else None


def _shown(levels: Iterable[Level], include_inactive: bool) -> list[Level]:  # noqa: FBT001
    return [level for level in levels if level.active or include_inactive]


def _place(level: Level) -> int:
    return level.location.id


def _item(level: Level) -> int:
    return level.variant.item_id


def _quantities(level: Level, _: Info, *, names: Sequence[str]) -> list[dict[str, Any]]:
    """By name, in the order asked for; names that don't exist are left out (assumed)."""
    changed = level.changed_at or {}
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{level.location.id}"
            f"?inventory_item_id={level.variant.item_id}&name={name}",
            "name": name,
            "quantity": level.quantity(name),
            "updated_at": changed.get(name),
        }
        for name in names
        if name in NAMES
    ]


def _alert(level: Level, _: Info) -> str | None:
    refusal = refusal_to_deactivate(level) if level.active else None
    return refusal.message if refusal else None


def _names(*_: Any) -> list[dict[str, Any]]:
    """Every quantity name, with what it is made of or belongs to (inventoryProperties)."""
    return [
        {
            "name": name,
            "display": name.replace("_", " ").capitalize(),
            "belongs": [ON_HAND] if name in HELD else [],
            "comprises": list(HELD) if name == ON_HAND else [],
        }
        for name in NAMES
    ]


def _of_item(name: str) -> Resolver:
    return lambda item, _: item.variant.values[name]


def _codes(item: Item, _: Info, **page: Any) -> Page:
    codes = list(enumerate(item.variant.values["countryHarmonizedSystemCodes"]))
    return connect(codes, lambda pair: pair[0], **page)


def _cost(item: Item, info: Info) -> Any:
    cost = item.variant.values["cost"]
    return None if cost is None else money(cost, info.context.shop.currency)


def _same_sku(item: Item, info: Info) -> int:
    sku = item.variant.values["sku"]
    every = info.context.shop.items.values()
    return sum(each.values["sku"] == sku for each in every) - 1 if sku else 0


def _stocked_places(item: Item, _: Info) -> dict[str, Any]:
    count = sum(level.active for level in item.variant.stock.values())
    return {"count": count, "precision": "EXACT"}


READING: dict[str, Resolver] = {
    "InventoryItem.id": lambda item, _: item.variant.item_gid,
    "InventoryItem.legacyResourceId": lambda item, _: str(item.variant.item_id),
    "InventoryItem.createdAt": lambda item, _: instant(item.variant.created_at),
    "InventoryItem.updatedAt": lambda item, _: instant(item.variant.item_updated_at),
    "InventoryItem.variant": lambda item, _: item.variant,
    "InventoryItem.variants": lambda item, _, **page: connect([item.variant], by_id, **page),
    "InventoryItem.measurement": itself,
    "InventoryItem.unitCost": _cost,
    "InventoryItem.countryHarmonizedSystemCodes": _codes,
    "InventoryItem.duplicateSkuCount": _same_sku,
    "InventoryItem.locationsCount": _stocked_places,
    "InventoryItem.trackedEditable": lambda *_: {"locked": False, "reason": None},
    "InventoryItem.inventoryLevels": _levels,
    "InventoryItem.inventoryLevel": _level_of_item,
    "EditableProperty.locked": key("locked"),
    "EditableProperty.reason": key("reason"),
    "CountryHarmonizedSystemCode.countryCode": lambda pair, _: pair[1]["countryCode"],
    "CountryHarmonizedSystemCode.harmonizedSystemCode": (
        lambda pair, _: pair[1]["harmonizedSystemCode"]
    ),
    "InventoryItemMeasurement.id": lambda item, _: (
        f"gid://shopify/InventoryItemMeasurement/{item.variant.item_id}"
    ),
    "InventoryItemMeasurement.weight": _of_item("weight"),
    "Weight.value": key("value"),
    "Weight.unit": key("unit"),
    "InventoryLevel.id": attribute("gid"),
    "InventoryLevel.item": lambda level, _: Item(level.variant),
    "InventoryLevel.location": attribute("location"),
    "InventoryLevel.isActive": attribute("active"),
    "InventoryLevel.canDeactivate": lambda level, _: (
        level.active and refusal_to_deactivate(level) is None
    ),
    "InventoryLevel.deactivationAlert": _alert,
    "InventoryLevel.createdAt": lambda level, _: instant(level.created_at),
    "InventoryLevel.updatedAt": lambda level, _: instant(level.updated_at),
    "InventoryLevel.quantities": _quantities,
    "InventoryQuantity.id": key("id"),
    "InventoryQuantity.name": key("name"),
    "InventoryQuantity.quantity": key("quantity"),
    "InventoryQuantity.updatedAt": lambda found, _: (
        instant(found["updated_at"]) if found["updated_at"] else None
    ),
    "QueryRoot.inventoryProperties": lambda *_: True,
    "InventoryProperties.quantityNames": _names,
    "InventoryQuantityName.name": key("name"),
    "InventoryQuantityName.displayName": key("display"),
    "InventoryQuantityName.belongsTo": key("belongs"),
    "InventoryQuantityName.comprises": key("comprises"),
    "InventoryQuantityName.isInUse": lambda *_: True,
    "Location.inventoryLevels": _levels_there,
    "Location.inventoryLevel": _level_of_place,
}
for _name in (
    "sku",
    "tracked",
    "requiresShipping",
    "countryCodeOfOrigin",
    "provinceCodeOfOrigin",
    "harmonizedSystemCode",
):
    READING[f"InventoryItem.{_name}"] = _of_item(_name)
