"""What an app may see and do by its access scopes (shopify-platform.md 1.8 and 4.2).

One table: a field that returns a type needs one of the type's scopes, a mutation one of its own.
What stands in neither is free.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from graphql import GraphQLError, GraphQLField, get_named_type

from stores.twin.nodes import Info, kind_of
from stores.twin.queries.read import Resolver

__all__ = ["guarded", "implied"]

Scopes = tuple[str, ...]
_PRODUCTS = ("read_products",)
_PLACES = ("read_locations",)
_FILES = ("read_files", "read_products")
TYPES: Mapping[str, Scopes] = {
    **dict.fromkeys(
        ("Product", "ProductVariant", "ProductOption", "ProductOptionValue"), _PRODUCTS
    ),
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "InventoryQuantity": ("read_inventory",),
    "InventoryAdjustmentGroup": ("read_inventory",),
    "InventoryProperties": ("read_inventory",),
    # Since 2025-03-31 its id alone is also read with read_inventory.
    "Location": ("read_locations", "read_inventory"),
    "Order": ("read_orders",),
    "Publication": ("read_publications",),
    "Channel": ("read_publications",),
    "ResourcePublication": ("read_publications",),
    "ResourcePublicationV2": ("read_publications",),
    **dict.fromkeys(("File", "Media", "MediaImage", "GenericFile", "Video", "Model3d"), _FILES),
}
_GOODS = ("write_products",)
_STOCK = ("write_inventory",)
MUTATIONS: Mapping[str, Scopes] = {
    "productCreate": _GOODS,
    "productUpdate": _GOODS,
    "productDelete": _GOODS,
    "productSet": _GOODS,
    "productDuplicate": _GOODS,
    "productOptionsCreate": _GOODS,
    "productOptionUpdate": _GOODS,
    "productOptionsDelete": _GOODS,
    "productOptionsReorder": _GOODS,
    "productVariantsBulkCreate": _GOODS,
    "productVariantsBulkUpdate": _GOODS,
    "productVariantsBulkDelete": _GOODS,
    "productVariantsBulkReorder": _GOODS,
    "productVariantAppendMedia": _GOODS,
    "productVariantDetachMedia": _GOODS,
    "productCreateMedia": _GOODS,
    "productUpdateMedia": _GOODS,
    "productDeleteMedia": _GOODS,
    "productReorderMedia": _GOODS,
    "tagsAdd": _GOODS,
    "tagsRemove": _GOODS,
    # Metafields have the scopes of their owners, which here are products first of all.
    "metafieldsSet": _GOODS,
    "metafieldsDelete": _GOODS,
    "metafieldDefinitionCreate": _GOODS,
    "metafieldDefinitionUpdate": _GOODS,
    "metafieldDefinitionDelete": _GOODS,
    "metafieldDefinitionPin": _GOODS,
    "metafieldDefinitionUnpin": _GOODS,
    "fileCreate": ("write_files", "write_products"),
    "fileUpdate": ("write_files", "write_products"),
    "fileDelete": ("write_files", "write_products"),
    "fileAcknowledgeUpdateFailed": ("write_files", "write_products"),
    "stagedUploadsCreate": ("write_products", "write_files", "write_inventory"),
    "inventorySetQuantities": _STOCK,
    "inventorySetOnHandQuantities": _STOCK,
    "inventoryAdjustQuantities": _STOCK,
    "inventoryMoveQuantities": _STOCK,
    "inventoryActivate": _STOCK,
    "inventoryDeactivate": _STOCK,
    "inventoryBulkToggleActivation": _STOCK,
    "inventoryItemUpdate": _STOCK,
    "locationAdd": ("write_locations",),
    "locationEdit": ("write_locations",),
    "locationActivate": ("write_locations",),
    "locationDeactivate": ("write_locations",),
    "locationDelete": ("write_locations",),
    "publishablePublish": ("write_publications",),
    "publishableUnpublish": ("write_publications",),
    "publicationCreate": ("write_publications",),
    "publicationUpdate": ("write_publications",),
    "publicationDelete": ("write_publications",),
}
_FREE_OF_PLACE = frozenset({"id", "legacyResourceId"})
DOCUMENTATION = "https://shopify.dev/api/usage/access-scopes"


def implied(scopes: Iterable[str]) -> frozenset[str]:
    """Granted scopes with what they imply: write_x is read_x too."""
    return _implied(tuple(scopes))


def guarded(parent: str, name: str, field: GraphQLField, play: Resolver) -> Resolver:
    """The same resolver for those who have a scope that the field needs."""
    if parent == "QueryRoot" and name in {"node", "nodes"}:
        return _by_kind(name, play)
    wanted = _wanted(parent, name, field)
    if not wanted or set(TYPES.get(parent, ())) == set(wanted):  # its parent was guarded already
        return play
    denied = _denial(name, wanted)

    def checked(source: Any, info: Info, **given: Any) -> Any:
        if implied(info.context.install.scopes).isdisjoint(wanted):
            raise denied()
        return play(source, info, **given)

    return checked


def _wanted(parent: str, name: str, field: GraphQLField) -> Scopes:
    if parent == "Mutation":
        return MUTATIONS.get(name, ())
    if parent == "Location":
        return () if name in _FREE_OF_PLACE else _PLACES
    returned = get_named_type(field.type).name
    return TYPES.get(returned.removesuffix("Connection"), ())


def _by_kind(name: str, play: Resolver) -> Resolver:
    """What an id names decides which scopes are needed."""

    def checked(source: Any, info: Info, **given: Any) -> Any:
        found = play(source, info, **given)
        allowed = implied(info.context.install.scopes)
        for each in found if isinstance(found, list) else [found]:
            wanted = TYPES.get(kind_of(each), ()) if each is not None else ()
            if wanted and allowed.isdisjoint(wanted):
                denied = _denial(name, wanted)
                raise denied()
        return found

    return checked


def _denial(name: str, wanted: Scopes) -> Callable[[], GraphQLError]:
    """Makes the error of a field, a new one each time: it gets the place where it is raised."""
    required = " or ".join(f"`{scope}` access scope" for scope in wanted) + "."
    said = f"Access denied for {name} field. Required access: {required}"
    facts = {
        "code": "ACCESS_DENIED",
        "documentation": DOCUMENTATION,
        "requiredAccess": required,
    }
    return lambda: GraphQLError(said, extensions=facts)


@lru_cache(maxsize=256)
def _implied(scopes: Scopes) -> frozenset[str]:
    return frozenset(scopes) | {scope.replace("write_", "read_", 1) for scope in scopes}
