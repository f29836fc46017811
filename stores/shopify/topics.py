"""The webhook topics we ask for, and which lane and handler each belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stores.shopify.errors import BadPayload

__all__ = ["TOPICS", "Topic", "declared"]

TOO_LARGE = 2**63  # Shopify's ids are 64-bit


@dataclass(frozen=True, slots=True)
class Topic:
    """`name` is the header's spelling, `enum` GraphQL's; `lane` is a key or its prefix.

    `ids` are the fields whose numbers complete the key.
    """

    name: str
    enum: str
    lane: str
    handler: str
    ids: tuple[str, ...] = ("id",)

    @property
    def shows_metafields(self) -> bool:
        """Whether its bodies can show metafields, of the namespaces that are asked for."""
        return self.name in ("products/create", "products/update")

    def key(self, body: Mapping[str, Any]) -> str:
        """The lane of one payload: deliveries about one resource are decided in turn."""
        if not self.lane.endswith(":"):
            return self.lane
        return self.lane + ":".join(str(self._number(body, name)) for name in self.ids)

    def _number(self, body: Mapping[str, Any], name: str) -> int:
        number = body.get(name)
        if type(number) is not int or not 0 < number < TOO_LARGE:
            raise BadPayload(f"A payload of {self.name} has no {name}.")
        return number


def _topic(name: str, lane: str, handler: str, *ids: str) -> Topic:
    return Topic(name, name.upper().replace("/", "_"), lane, handler, ids or ("id",))


_LEVEL = ("level:", "inbound.level", "inventory_item_id", "location_id")


_DECLARED = (
    _topic("products/create", "product:", "inbound.product"),
    _topic("products/update", "product:", "inbound.product"),
    _topic("products/delete", "product:", "inbound.product"),
    _topic("inventory_items/update", "item:", "inbound.item"),
    _topic("inventory_items/delete", "item:", "inbound.item"),
    _topic("inventory_levels/update", *_LEVEL),
    _topic("inventory_levels/connect", *_LEVEL),
    _topic("inventory_levels/disconnect", *_LEVEL),
    _topic("app/uninstalled", "shop", "inbound.shop"),
    _topic("app/scopes_update", "shop", "inbound.shop"),
    _topic("shop/update", "shop", "inbound.shop"),
)
TOPICS: Mapping[str, Topic] = {topic.name: topic for topic in _DECLARED}


def declared(name: str) -> Topic | None:
    """The topic of a delivery, or None where we never asked for it."""
    return TOPICS.get(name)
