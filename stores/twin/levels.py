"""Stock of one item at one location, told apart by the states that Shopify knows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stores.twin.goods import Variant
    from stores.twin.world import Location

__all__ = ["HELD", "ON_HAND", "STATES", "Level", "open_level", "shown"]

# What is physically there; its sum is the quantity on_hand (shopify-platform.md 6).
HELD = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
STATES = (*HELD, "incoming")
ON_HAND = "on_hand"


@dataclass(slots=True, eq=False)
class Level:
    """`active` is false after a deactivation, which keeps the quantities (2026-04)."""

    variant: "Variant" = field(repr=False)
    location: "Location"
    created_at: datetime
    updated_at: datetime
    active: bool = True
    available: int = 0
    committed: int = 0
    reserved: int = 0
    damaged: int = 0
    safety_stock: int = 0
    quality_control: int = 0
    incoming: int = 0
    changed_at: dict[str, datetime] | None = field(default=None, repr=False)

    @property
    def gid(self) -> str:
        return f"gid://shopify/InventoryLevel/{self.location.id}?inventory_item_id={self.variant.item_id}"

    @property
    def on_hand(self) -> int:
        return (
            self.available
            + self.committed
            + self.reserved
            + self.damaged
            + self.safety_stock
            + self.quality_control
        )

    def quantity(self, name: str) -> int:
        """One of STATES or on_hand."""
        return int(getattr(self, name))

    def move(self, name: str, delta: int, now: datetime) -> None:
        """Change one of STATES; on_hand follows by itself."""
        setattr(self, name, self.quantity(name) + delta)
        self.updated_at = now
        self.changed_at = {**(self.changed_at or {}), name: now}
        if name in HELD:
            self.changed_at[ON_HAND] = now


def open_level(
    variant: "Variant",
    location: "Location",
    now: datetime,
    available: int = 0,
    *,
    active: bool = True,
) -> Level:
    """A variant's first level at a location."""
    level = Level(variant, location, now, now, active, available)
    variant.stock[location.id] = level
    return level


def shown(variant: "Variant") -> dict[str, dict[str, Any]]:
    """A variant's stock by location and name, as the control API tells it."""
    return {
        level.location.gid: {
            **{name: level.quantity(name) for name in (*STATES, ON_HAND)},
            "active": level.active,
        }
        for level in variant.stock.values()
    }
