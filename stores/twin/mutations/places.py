"""Mutations of locations."""

from collections.abc import Mapping
from typing import Any

from stores.twin.edits import places
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.idempotency import once
from stores.twin.mutations.answer import author, mutation
from stores.twin.nodes import Call, Info
from stores.twin.queries import Resolver
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.world import Location

__all__ = ["PLACES"]

Given = Mapping[str, Any]
_NAMES = {"name": "name", "address": "address", "fulfillsOnlineOrders": "fulfills_online"}


@mutation("location")
def _add(_: Any, info: Info, *, input: Given) -> Any:  # noqa: A002  Shopify's name
    call = info.context
    return {"location": places.add(call.twin, call.shop, author(call), **_plain(input))}


@mutation("location")
def _edit(_: Any, info: Info, *, id: str, input: Given) -> Any:  # noqa: A002
    call, place = info.context, _place(info.context, id, "id", "NOT_FOUND")
    places.edit(call.twin, call.shop, author(call), place, _plain(input))
    return {"location": place}


def _activate(_: Any, info: Info, *, location_id: str) -> Any:
    call, place = info.context, _place(info.context, location_id)
    places.activate(call.twin, call.shop, author(call), place)
    return {"location": place}


def _deactivate(
    _: Any, info: Info, *, location_id: str, destination_location_id: str | None = None
) -> Any:
    call, place, target = info.context, _place(info.context, location_id), None
    if destination_location_id is not None:
        code = "DESTINATION_LOCATION_NOT_FOUND_OR_INACTIVE"
        target = _place(call, destination_location_id, "destinationLocationId", code)
    places.deactivate(call.twin, call.shop, author(call), place, target)
    return {"location": place}


def _delete(_: Any, info: Info, *, location_id: str) -> Any:
    call, place = info.context, _place(info.context, location_id)
    places.delete(call.twin, call.shop, author(call), place)
    return {"deleted_location_id": place.gid}


def _place(
    call: Call, gid: str, field: str = "locationId", code: str = "LOCATION_NOT_FOUND"
) -> Location:
    wanted = number(gid)
    for place in call.shop.locations:
        if place.id == wanted:
            return place
    raise RefusedError(Refusal([field], "Location not found.", code))


def _plain(given: Given) -> dict[str, Any]:
    if given.get("metafields"):
        raise UnimplementedError("The twin does not implement metafields of locations.")
    return {_NAMES[name]: value for name, value in given.items() if name in _NAMES}


def _switch(play: Resolver, errors: str) -> Resolver:
    """These have no code for an earlier failure of their key."""
    return once("location", errors=errors, failures=False)(
        mutation("location", errors=errors)(play)
    )


PLACES: dict[str, Resolver] = {
    "locationAdd": _add,
    "locationEdit": _edit,
    "locationActivate": _switch(_activate, "location_activate_user_errors"),
    "locationDeactivate": _switch(_deactivate, "location_deactivate_user_errors"),
    "locationDelete": mutation("deleted_location_id", errors="location_delete_user_errors")(
        _delete
    ),
}
