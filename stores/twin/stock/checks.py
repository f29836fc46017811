"""What Shopify refuses of a change of quantities, with the codes of its schema."""

import re
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from stores.twin.gids import number
from stores.twin.goods import Variant
from stores.twin.nodes import Call
from stores.twin.refusals import Refusal
from stores.twin.world import Location, Shop

__all__ = [
    "ADJUSTABLE",
    "document_refusals",
    "expected",
    "heading_refusals",
    "place_of",
    "quantity_refusals",
    "stale",
]

# What the API may adjust and move: not committed, which only orders move, nor on_hand, a sum.
ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
REASONS = frozenset(
    {
        *("correction", "cycle_count_available", "damaged", "movement_created", "movement_updated"),
        *("movement_received", "movement_canceled", "other", "promotion", "quality_control"),
        *("received", "reservation_created", "reservation_updated", "reservation_deleted"),
        *("restock", "safety_stock", "shrinkage"),
    }
)
_URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE | re.ASCII)
_GID = re.compile(r"gid://[^/\s]+/[^/\s]+/\S+", re.IGNORECASE)


def heading_refusals(given: Mapping[str, Any], *, required: bool = False) -> list[Refusal]:
    """Of the reason and the document that a whole call refers to."""
    found = []
    if given["reason"] not in REASONS:
        valid = ", ".join(sorted(REASONS))
        said = f"The specified reason is invalid. Valid values are: {valid}."
        found.append(Refusal(["input", "reason"], said, "INVALID_REASON"))
    uri = given.get("referenceDocumentUri")
    if (uri is not None or required) and not _is_uri(uri):
        said = "The specified reference document is invalid."
        place = ["input", "referenceDocumentUri"]
        found.append(Refusal(place, said, "INVALID_REFERENCE_DOCUMENT"))
    return found


def document_refusals(name: str, uri: str | None) -> list[Refusal]:
    """Of the ledger entry: none beside `available`, required beside all other names."""
    said = code = None
    if name == "available":
        if uri is not None:
            said = "A ledger document URI is not allowed when adjusting available."
            code = "INVALID_AVAILABLE_DOCUMENT"
    elif uri is None:
        said = "A ledger document URI is required except when adjusting available."
        code = "INVALID_QUANTITY_DOCUMENT"
    elif uri.casefold().startswith("gid://shopify/"):
        said = "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API."
        code = "INTERNAL_LEDGER_DOCUMENT"
    elif not _is_uri(uri):
        said, code = "The specified ledger document is invalid.", "INVALID_LEDGER_DOCUMENT"
    return [Refusal(["ledgerDocumentUri"], said, code)] if said else []


def quantity_refusals(
    field: str, quantity: int, *, low: int, high: int, what: str = "quantity"
) -> list[Refusal]:
    said = code = None
    if low == 0 > quantity:
        said, code = "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"
    elif quantity > high:
        said, code = f"The {what} can't be higher than {high:,}.", "INVALID_QUANTITY_TOO_HIGH"
    elif quantity < low:
        said, code = f"The {what} can't be lower than {low:,}.", "INVALID_QUANTITY_TOO_LOW"
    return [Refusal([field], said, code)] if said else []


def place_of(
    call: Call, item: str, location: str
) -> tuple[Variant | None, Location | None, list[Refusal]]:
    """The variant and the active location that an entry names, or what is wrong with it."""
    variant = call.shop.items.get(number(item) or 0)
    place = _active(call.shop, location)
    found = []
    if variant is None:
        said = "The specified inventory item could not be found."
        found.append(Refusal(["inventoryItemId"], said, "INVALID_INVENTORY_ITEM"))
    if place is None:
        said = "The specified location could not be found."
        found.append(Refusal(["locationId"], said, "INVALID_LOCATION"))
    return variant, place, found


def expected(given: Mapping[str, Any], kind: str) -> int | None:
    """The quantity that an entry starts from. It must be passed, null skips the comparison.

    That its absence is a top-level error is what the field shows (shopify-platform.md 11.7).
    """
    if "changeFromQuantity" not in given:
        raise GraphQLError(
            f"{kind} must include the following argument: changeFromQuantity.",
            extensions={"code": "INVALID_FIELD_ARGUMENTS"},
        )
    value: int | None = given["changeFromQuantity"]
    return value


def stale(before: int | None, now: int) -> list[Refusal]:
    if before is None or before == now:
        return []
    said = "The changeFromQuantity argument no longer matches the persisted quantity."
    return [Refusal(["changeFromQuantity"], said, "CHANGE_FROM_QUANTITY_STALE")]


def _is_uri(uri: str | None) -> bool:
    if uri is None or not _URI.fullmatch(uri):
        return False
    return _GID.fullmatch(uri) is not None if uri.casefold().startswith("gid:") else True


def _active(shop: Shop, gid: str) -> Location | None:
    wanted = number(gid)
    return next((each for each in shop.locations if each.id == wanted and each.active), None)
