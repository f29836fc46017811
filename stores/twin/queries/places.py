"""How locations are read."""

from typing import Any

from stores.twin.edits.places import COUNTRIES, stock_at
from stores.twin.gids import number
from stores.twin.nodes import Info
from stores.twin.paging import Page, connect
from stores.twin.queries.read import Resolver, attribute, by_id, moment, number_of
from stores.twin.rendering import instant
from stores.twin.world import Location

__all__ = ["PLACES"]


def _locations(
    _: Any,
    info: Info,
    *,
    include_inactive: bool = False,
    sort_key: str = "NAME",
    **page: Any,
) -> Page:
    """Sorted by name unless asked otherwise."""
    shown = [each for each in info.context.shop.locations if each.active or include_inactive]
    if sort_key == "ID":
        return connect(shown, by_id, **page)
    return connect(sorted(shown, key=_by_name), _by_name, **page)


def _by_name(place: Location) -> Any:
    return (place.name, place.id)


def _count(_: Any, info: Info) -> dict[str, Any]:
    count = sum(each.active for each in info.context.shop.locations)
    return {"count": count, "precision": "EXACT"}


def _location(_: Any, info: Info, *, id: str | None = None) -> Location | None:  # noqa: A002
    """Without an id the shop's primary location."""
    every = info.context.shop.locations
    return every[0] if id is None else next((x for x in every if x.id == number(id)), None)


def _part(name: str) -> Resolver:
    return lambda place, _: place.address.get(name)


def _deactivated(place: Location, _: Info) -> str | None:
    return instant(place.deactivated_at) if place.deactivated_at else None


def _is_stocked(place: Location, info: Info) -> bool:
    return bool(stock_at(info.context.shop, place))


def _has_orders(place: Location, info: Info) -> bool:
    return any(level.committed for level in stock_at(info.context.shop, place))


def _formatted(place: Location, _: Info) -> list[str]:
    code = place.address.get("countryCode")
    parts = [place.address.get(part) for part in ("address1", "address2", "zip", "city")]
    return [part for part in (*parts, COUNTRIES.get(code or "", code)) if part]


PLACES: dict[str, Resolver] = {
    "QueryRoot.location": _location,
    "QueryRoot.locations": _locations,
    "QueryRoot.locationsCount": _count,
    "Location.id": attribute("gid"),
    "Location.legacyResourceId": number_of,
    "Location.name": attribute("name"),
    "Location.isActive": attribute("active"),
    "Location.fulfillsOnlineOrders": attribute("fulfills_online"),
    "Location.shipsInventory": attribute("active"),
    "Location.isPrimary": lambda place, info: place is info.context.shop.locations[0],
    "Location.isFulfillmentService": lambda *_: False,
    "Location.createdAt": moment("created_at"),
    "Location.updatedAt": moment("updated_at"),
    "Location.deactivatedAt": _deactivated,
    "Location.hasActiveInventory": _is_stocked,
    "Location.hasUnfulfilledOrders": _has_orders,
    "Location.addressVerified": lambda *_: False,
    "Location.address": lambda place, _: place,
    "LocationAddress.formatted": _formatted,
    "LocationAddress.country": lambda place, _: COUNTRIES.get(
        place.address.get("countryCode", ""), place.address.get("countryCode")
    ),
    "LocationAddress.province": _part("provinceCode"),
    "LocationAddress.latitude": lambda *_: None,
    "LocationAddress.longitude": lambda *_: None,
}
for _name in ("address1", "address2", "city", "zip", "phone", "countryCode", "provinceCode"):
    PLACES[f"LocationAddress.{_name}"] = _part(_name)
