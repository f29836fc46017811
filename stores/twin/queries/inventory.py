"""How inventory items, their levels and the shop's locations are read."""

from typing import Any

from stores.twin.gids import number
from stores.twin.nodes import Info, Item, Level, level_of
from stores.twin.paging import Page, connect
from stores.twin.queries.read import Resolver, attribute, by_id, itself, key, number_of
from stores.twin.rendering import instant

__all__ = ["INVENTORY"]


def _locations(_: Any, info: Info, *, include_inactive: bool = False, **page: Any) -> Page:
    every = info.context.shop.locations
    return connect([each for each in every if each.active or include_inactive], by_id, **page)


def _levels(item: Item, info: Info, **page: Any) -> Page:
    places = [each for each in info.context.shop.locations if each.id in item.variant.stock]
    levels = [Level(item.variant, place) for place in places]
    return connect(levels, lambda level: level.location.id, **page)


def _level_at(item: Item, info: Info, *, location_id: str) -> Level | None:
    return level_of(
        info.context.shop,
        f"gid://shopify/InventoryLevel/{number(location_id)}?inventory_item_id={item.variant.item_id}",
    )


def _quantities(level: Level, _: Info, *, names: list[str]) -> list[dict[str, Any]]:
    """On hand is available: the twin has no orders yet that would commit stock."""
    held = {"available": level.available, "on_hand": level.available}
    return [
        {"name": name, "quantity": held.get(name, 0), "id": f"{level.gid}&name={name}"}
        for name in names
    ]


INVENTORY: dict[str, Resolver] = {
    "QueryRoot.locations": _locations,
    "InventoryItem.id": lambda item, _: item.variant.item_gid,
    "InventoryItem.legacyResourceId": lambda item, _: str(item.variant.item_id),
    "InventoryItem.sku": lambda item, _: item.variant.values["sku"],
    "InventoryItem.tracked": lambda item, _: item.variant.values["tracked"],
    "InventoryItem.requiresShipping": lambda *_: True,
    "InventoryItem.createdAt": lambda item, _: instant(item.variant.created_at),
    "InventoryItem.updatedAt": lambda item, _: instant(item.variant.item_updated_at),
    "InventoryItem.variant": lambda item, _: item.variant,
    "InventoryItem.measurement": itself,
    "InventoryItem.inventoryLevels": _levels,
    "InventoryItem.inventoryLevel": _level_at,
    "InventoryItemMeasurement.id": lambda item, _: (
        f"gid://shopify/InventoryItemMeasurement/{item.variant.item_id}"
    ),
    "InventoryItemMeasurement.weight": lambda item, _: item.variant.values["weight"],
    "Weight.value": key("value"),
    "Weight.unit": key("unit"),
    "InventoryLevel.id": attribute("gid"),
    "InventoryLevel.item": lambda level, _: Item(level.variant),
    "InventoryLevel.location": attribute("location"),
    "InventoryLevel.isActive": lambda *_: True,
    "InventoryLevel.updatedAt": lambda level, _: instant(level.variant.item_updated_at),
    "InventoryLevel.quantities": _quantities,
    "InventoryQuantity.id": key("id"),
    "InventoryQuantity.name": key("name"),
    "InventoryQuantity.quantity": key("quantity"),
    "Location.id": attribute("gid"),
    "Location.name": attribute("name"),
    "Location.isActive": attribute("active"),
    "Location.legacyResourceId": number_of,
}
