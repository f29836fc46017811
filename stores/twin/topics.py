"""The webhook topics that the twin fires, and the scopes that let an app hear them.

Source: shopify-platform.md 3.4. Any one of a topic's scopes is enough; none needed is empty.
"""

from collections.abc import Collection, Mapping

__all__ = ["COMPLIANCE", "may_hear", "name_of", "played"]

_PRODUCTS = ("read_products",)
_ITEMS = ("read_inventory", "read_products")
_LEVELS = ("read_inventory",)
_LOCATIONS = ("read_locations",)

SCOPES: Mapping[str, tuple[str, ...]] = {
    "products/create": _PRODUCTS,
    "products/update": _PRODUCTS,
    "products/delete": _PRODUCTS,
    "variants/in_stock": _PRODUCTS,
    "variants/out_of_stock": _PRODUCTS,
    "inventory_items/create": _ITEMS,
    "inventory_items/update": _ITEMS,
    "inventory_items/delete": _ITEMS,
    "inventory_levels/update": _LEVELS,
    "inventory_levels/connect": _LEVELS,
    "inventory_levels/disconnect": _LEVELS,
    "locations/create": _LOCATIONS,
    "locations/update": _LOCATIONS,
    "locations/activate": _LOCATIONS,
    "locations/deactivate": _LOCATIONS,
    "locations/delete": _LOCATIONS,
    "metafield_definitions/create": ("read_content",),
    "metafield_definitions/update": ("read_content",),
    "metafield_definitions/delete": ("read_content",),
    "product_publications/create": ("read_publications",),
    "product_publications/update": ("read_publications",),
    "product_publications/delete": ("read_publications",),
    "bulk_operations/finish": (),
    "app/uninstalled": (),
    "app/scopes_update": (),
    "shop/update": (),
}
# Only an app's configuration can name these (3.3).
COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
_BY_ENUM = {topic.upper().replace("/", "_"): topic for topic in SCOPES}


def played(topic: str) -> bool:
    return topic in SCOPES


def name_of(enum: str) -> str | None:
    """The header's spelling of GraphQL's enum, or None for a topic that the twin never fires."""
    return _BY_ENUM.get(enum)


def may_hear(topic: str, scopes: Collection[str]) -> bool:
    """Whether an app with these scopes is told; write_x implies read_x (1.8)."""
    wanted = SCOPES.get(topic, ())
    implied = {scope.replace("write_", "read_", 1) for scope in scopes}
    return not wanted or not implied.isdisjoint(wanted)
