"""A shop's locations: opened, edited, switched off and on, closed, by the merchant or an app."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stores.twin.edits.deed import Author, Deed
from stores.twin.levels import STATES, Level
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.rendering import shop_time
from stores.twin.webhooks import announce
from stores.twin.world import Location, Shop, Twin

__all__ = ["COUNTRIES", "activate", "add", "deactivate", "delete", "edit", "stock_at"]

COUNTRIES = {
    "AT": "Austria",
    "CA": "Canada",
    "CH": "Switzerland",
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "NL": "Netherlands",
    "US": "United States",
}


def add(
    twin: Twin,
    shop: Shop,
    author: Author,
    *,
    name: str,
    address: Mapping[str, Any] | None = None,
    fulfills_online: bool = True,
) -> Location:
    """A new, active location. Raises RefusedError, as all others here do."""
    with Deed(twin, shop, author) as deed:
        place = Location(twin.next_id("location"), _name(shop, name, None), deed.now, deed.now)
        place.address, place.fulfills_online = dict(address or {}), fulfills_online
        shop.locations.append(place)
        _tell(deed, place, "create")
        return place


def edit(twin: Twin, shop: Shop, author: Author, place: Location, given: Mapping[str, Any]) -> None:
    """Change `name`, parts of the `address` or `fulfills_online`; what is absent stays."""
    with Deed(twin, shop, author) as deed:
        name = _name(shop, given.get("name", place.name), place)
        if given.get("fulfills_online") is False and _is_last_online(shop, place):
            raise RefusedError(_refused("fulfillsOnlineOrders", *_LAST_ONLINE))
        place.name, place.updated_at = name, deed.now
        place.address = {**place.address, **(given.get("address") or {})}
        place.fulfills_online = given.get("fulfills_online", place.fulfills_online)
        _tell(deed, place, "update")


def activate(twin: Twin, shop: Shop, author: Author, place: Location) -> None:
    with Deed(twin, shop, author) as deed:
        if place.active:
            return
        if any(each.name == place.name for each in shop.locations if each.active):
            said = "There is already an active location with this name."
            raise RefusedError(_refused("locationId", said, "HAS_NON_UNIQUE_NAME"))
        place.active, place.deactivated_at, place.updated_at = True, None, deed.now
        _tell(deed, place, "activate")


def deactivate(
    twin: Twin, shop: Shop, author: Author, place: Location, destination: Location | None = None
) -> None:
    """Switch a location off; what is stocked there moves to the destination."""
    with Deed(twin, shop, author) as deed:
        if not place.active:
            return
        levels = stock_at(shop, place)
        _check_destination(place, destination)
        _check_deactivation(shop, place, destination, levels)
        if destination is not None:
            _relocate(deed, levels, destination)
        place.active, place.deactivated_at, place.updated_at = False, deed.now, deed.now
        _tell(deed, place, "deactivate")


def delete(twin: Twin, shop: Shop, author: Author, place: Location) -> None:
    with Deed(twin, shop, author) as deed:
        levels = stock_at(shop, place)
        refusals = {
            "LOCATION_IS_ACTIVE": place.active,
            "LOCATION_HAS_PENDING_ORDERS": any(level.committed for level in levels),
            "LOCATION_HAS_INVENTORY": bool(levels),
        }
        for code, holds in refusals.items():
            if holds:
                raise RefusedError(_refused("locationId", _DELETION[code], code))
        for variant in shop.variants.values():
            variant.stock.pop(place.id, None)
        shop.locations.remove(place)
        _tell(deed, place, "delete")


def stock_at(shop: Shop, place: Location) -> list[Level]:
    """The active levels there that hold or expect anything."""
    every = (variant.stock.get(place.id) for variant in shop.variants.values())
    return [
        level
        for level in every
        if level is not None and level.active and any(map(level.quantity, STATES))
    ]


_LAST_ONLINE = (
    "At least one location must fulfill online orders.",
    "CANNOT_DISABLE_ONLINE_ORDER_FULFILLMENT",
)
_DELETION = {
    "LOCATION_IS_ACTIVE": "The location cannot be deleted while it is active.",
    "LOCATION_HAS_PENDING_ORDERS": "The location cannot be deleted while it has pending orders.",
    "LOCATION_HAS_INVENTORY": "The location cannot be deleted while it has inventory.",
}


def _refused(field: str, said: str, code: str) -> Refusal:
    inside = field in {"name", "fulfillsOnlineOrders"}
    return Refusal(["input", field] if inside else [field], said, code)


def _name(shop: Shop, name: str, place: Location | None) -> str:
    """A name that no other location has. Raises RefusedError."""
    name = name.strip()
    if not name:
        raise RefusedError(_refused("name", "Name can't be blank", "BLANK"))
    if any(each.name == name for each in shop.locations if each is not place):
        raise RefusedError(_refused("name", "Name has already been taken", "TAKEN"))
    return name


def _check_destination(place: Location, destination: Location | None) -> None:
    if destination is place:
        said = "Destination location is the same as the location to be deactivated."
        code = "DESTINATION_LOCATION_IS_THE_SAME_LOCATION"
        raise RefusedError(_refused("destinationLocationId", said, code))
    if destination is not None and not destination.active:
        said = "Destination location is not found or inactive."
        code = "DESTINATION_LOCATION_NOT_FOUND_OR_INACTIVE"
        raise RefusedError(_refused("destinationLocationId", said, code))


def _check_deactivation(
    shop: Shop, place: Location, destination: Location | None, levels: Sequence[Level]
) -> None:
    """What keeps a location open; a destination takes its stock and its pending orders."""
    if sum(each.active for each in shop.locations) == 1:
        said = "Location is the only location with a shipping address."
        code = "PERMANENTLY_BLOCKED_FROM_DEACTIVATION_ERROR"
        raise RefusedError(_refused("locationId", said, code))
    if _is_last_online(shop, place):
        raise RefusedError(_refused("locationId", *_LAST_ONLINE))
    if destination is not None or not levels:
        return
    said = "Location could not be deactivated without specifying where to relocate inventory."
    code = "HAS_ACTIVE_INVENTORY_ERROR"
    if any(level.committed for level in levels):
        said = "Location could not be deactivated because it has pending orders."
        code = "HAS_FULFILLMENT_ORDERS_ERROR"
    elif any(level.incoming for level in levels):
        said = "Location has incoming inventory."
        code = "TEMPORARILY_BLOCKED_FROM_DEACTIVATION_ERROR"
    raise RefusedError(_refused("locationId", said, code))


def _is_last_online(shop: Shop, place: Location) -> bool:
    return not any(
        each.active and each.fulfills_online for each in shop.locations if each is not place
    )


def _relocate(deed: Deed, levels: Iterable[Level], destination: Location) -> None:
    for level in levels:
        target = deed.stocked(level.variant, destination)
        for name in STATES:
            amount = level.quantity(name)
            deed.move(level, name, -amount)
            deed.move(target, name, amount)


def _tell(deed: Deed, place: Location, event: str) -> None:
    deed.log("location", place.gid, event=event, name=place.name)
    body = {"id": place.id} if event == "delete" else _body(deed.shop, place)
    announce(deed.twin, deed.shop, f"locations/{event}", body)


def _body(shop: Shop, place: Location) -> dict[str, Any]:
    """locations/*: shopify-platform.md 3.6."""
    address = place.address
    code = address.get("countryCode")
    return {
        "id": place.id,
        "name": place.name,
        **{part: address.get(part) for part in ("address1", "address2", "city", "zip")},
        "province": address.get("provinceCode"),
        "country": code,
        "phone": address.get("phone"),
        "created_at": shop_time(place.created_at, shop.zone),
        "updated_at": shop_time(place.updated_at, shop.zone),
        "country_code": code,
        "country_name": COUNTRIES.get(code or "", code),
        "province_code": address.get("provinceCode"),
        "legacy": False,
        "active": place.active,
        "admin_graphql_api_id": place.gid,
    }
