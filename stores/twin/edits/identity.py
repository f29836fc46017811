"""Which product is meant: by its id, its handle, or a metafield whose values are unique."""

from collections.abc import Mapping
from typing import Any

from stores.twin.custom import Definition, reserved
from stores.twin.edits.metafields import canonical
from stores.twin.gids import number
from stores.twin.goods import Product
from stores.twin.metafield_types import BadMetafieldError
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.world import Shop

__all__ = ["CustomId", "by_identifier", "custom_id"]

Given = Mapping[str, Any]
CustomId = tuple[Definition, str]


def by_identifier(shop: Shop, app: str | None, identifier: Given) -> Product | None:
    """The product of an identifier's one key, if there is one. Raises RefusedError."""
    given = {name: value for name, value in identifier.items() if value is not None}
    if len(given) != 1:
        said = "Exactly one identifier must be given: id, handle or customId."
        raise RefusedError(Refusal(["identifier"], said, "INVALID_INPUT"))
    if "id" in given:
        is_product = str(given["id"]).startswith("gid://shopify/Product/")
        return shop.products.get(number(given["id"]) or 0) if is_product else None
    if "handle" in given:
        return shop.products.get(shop.handles.get(given["handle"], 0))
    definition, value = custom_id(shop, app, given["customId"])
    found = definition.holders.get(value)
    return found if isinstance(found, Product) else None


def custom_id(shop: Shop, app: str | None, given: Given) -> CustomId:
    """The definition and the canonical value of a custom id. Raises RefusedError."""
    path = ["identifier", "customId"]
    place = ("PRODUCT", reserved(app, given.get("namespace")), given["key"])
    definition = shop.definitions.get(place)
    if definition is None or not definition.unique:
        said = "Metafield definition of type 'id' is required when using custom ids."
        raise RefusedError(Refusal(path, said, "NOT_FOUND"))
    try:
        return definition, canonical(shop, definition.type, given["value"], definition)
    except BadMetafieldError as bad:
        raise RefusedError(Refusal(path, bad.message, "INVALID_INPUT")) from bad
