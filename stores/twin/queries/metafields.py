"""How metafields and their definitions are read."""

import json
from typing import Any

from stores.twin.custom import Definition, Metafield, reserved
from stores.twin.edits import definitions
from stores.twin.edits.metafields import KINDS, Owner
from stores.twin.errors import UnimplementedError
from stores.twin.metafield_types import is_reference, json_value
from stores.twin.nodes import Info, find
from stores.twin.paging import Page, connect, listed
from stores.twin.queries.lists import searched
from stores.twin.queries.read import Resolver, attribute, by_id, itself, key, moment, number_of
from stores.twin.searchable import DEFINITIONS

__all__ = ["METAFIELDS"]


def _one(owner: Owner, info: Info, *, key: str, namespace: str | None = None) -> Metafield | None:
    return owner.metafields.get((_space(info, namespace), key))


def _many(
    owner: Owner,
    info: Info,
    *,
    namespace: str | None = None,
    keys: list[str] | None = None,
    **page: Any,
) -> Page:
    """Without a namespace all of them (schema text); `keys` are written namespace.key."""
    found = sorted(owner.metafields.values(), key=by_id)
    if namespace is not None:
        found = [each for each in found if each.namespace == _space(info, namespace)]
    if keys is not None:
        wanted = {
            (_space(info, space), name) for space, _, name in (k.rpartition(".") for k in keys)
        }
        found = [each for each in found if (each.namespace, each.key) in wanted]
    return connect(found, by_id, **page)


def _space(info: Info, given: str | None) -> str:
    return reserved(info.context.install.app.client_id, given)


def _definition(found: Metafield, info: Info) -> Definition | None:
    place = (KINDS[type(found.owner)], found.namespace, found.key)
    return info.context.shop.definitions.get(place)


def _reference(found: Metafield, info: Info) -> Any:
    if found.type.startswith("list.") or not is_reference(found.type):
        return None
    return find(info.context.shop, info.context.install, found.value)


def _references(found: Metafield, info: Info, **page: Any) -> Page | None:
    if not found.type.startswith("list.") or not is_reference(found.type):
        return None
    context = info.context
    every = [find(context.shop, context.install, gid) for gid in json.loads(found.value)]
    return listed([each for each in every if each is not None], **page)


def _definitions(
    _: Any,
    info: Info,
    *,
    owner_type: str,
    namespace: str | None = None,
    key: str | None = None,
    pinned_status: str | None = "ANY",
    query: str | None = None,
    sort_key: str | None = "ID",
    **page: Any,
) -> Page:
    if sort_key not in {"ID", "NAME"}:
        raise UnimplementedError(f"The twin does not sort definitions by {sort_key}.")
    wanted = {"owner_type": owner_type, "key": key}
    wanted["namespace"] = None if namespace is None else _space(info, namespace)
    found = [
        each
        for each in info.context.shop.definitions.values()
        if all(value in {None, getattr(each, name)} for name, value in wanted.items())
        and pinned_status in {"ANY", "UNPINNED" if each.pinned is None else "PINNED"}
    ]
    order, asked = by_id if sort_key == "ID" else _by_name, searched(DEFINITIONS, info, query)
    matches = asked.matches if asked is not None else None
    return connect(sorted(found, key=order), order, matches=matches, **page)


def _by_name(found: Definition) -> Any:
    return (found.name.casefold(), found.id)


def _definition_at(
    _: Any,
    info: Info,
    *,
    id: str | None = None,  # noqa: A002  Shopify's name
    identifier: dict[str, Any] | None = None,
) -> Definition | None:
    if identifier is None:
        found = find(info.context.shop, info.context.install, id or "")
        return found if isinstance(found, Definition) else None
    space = _space(info, identifier.get("namespace"))
    place = (identifier["ownerType"], space, identifier["key"])
    return info.context.shop.definitions.get(place)


def _held(found: Definition, info: Info, *, validation_status: str = "ANY", **page: Any) -> Page:
    if validation_status != "ANY":
        raise UnimplementedError("The twin does not tell valid metafields from invalid ones.")
    every = sorted(definitions.held(info.context.shop, found), key=by_id)
    return connect(every, by_id, **page)


def _held_count(found: Definition, info: Info, *, validation_status: str | None = None) -> int:
    if validation_status not in {None, "ANY"}:
        raise UnimplementedError("The twin does not tell valid metafields from invalid ones.")
    return sum(1 for _ in definitions.held(info.context.shop, found))


def _capability(name: str) -> Resolver:
    return lambda found, _: (found, name)


def _is_enabled(pair: tuple[Definition, str], _: Info) -> bool:
    found, name = pair
    return name in found.capabilities or (name == "uniqueValues" and found.unique)


def _access(found: Definition, _: Info) -> dict[str, str]:
    return {"admin": "PUBLIC_READ_WRITE", "storefront": "NONE", **found.access}


METAFIELDS: dict[str, Resolver] = {
    "QueryRoot.metafieldDefinition": _definition_at,
    "QueryRoot.metafieldDefinitions": _definitions,
    "Metafield.id": attribute("gid"),
    "Metafield.legacyResourceId": number_of,
    "Metafield.namespace": attribute("namespace"),
    "Metafield.key": attribute("key"),
    "Metafield.type": attribute("type"),
    "Metafield.value": attribute("value"),
    "Metafield.jsonValue": lambda found, _: json_value(found.type, found.value),
    "Metafield.sizeInBytes": lambda found, _: len(found.value.encode()),
    "Metafield.compareDigest": attribute("digest"),
    "Metafield.owner": attribute("owner"),
    "Metafield.ownerType": lambda found, _: KINDS[type(found.owner)],
    "Metafield.createdAt": moment("created_at"),
    "Metafield.updatedAt": moment("updated_at"),
    "Metafield.definition": _definition,
    "Metafield.reference": _reference,
    "Metafield.references": _references,
    "MetafieldIdentifier.ownerId": key("ownerId"),
    "MetafieldIdentifier.namespace": key("namespace"),
    "MetafieldIdentifier.key": key("key"),
    "MetafieldDefinition.id": attribute("gid"),
    "MetafieldDefinition.ownerType": attribute("owner_type"),
    "MetafieldDefinition.type": attribute("type"),
    "MetafieldDefinition.pinnedPosition": attribute("pinned"),
    "MetafieldDefinition.validations": lambda found, _: list(found.validations.items()),
    "MetafieldDefinition.validationStatus": lambda *_: "ALL_VALID",
    "MetafieldDefinition.capabilities": itself,
    "MetafieldDefinition.access": _access,
    "MetafieldDefinition.metafields": _held,
    "MetafieldDefinition.metafieldsCount": _held_count,
    "MetafieldDefinitionType.name": itself,
    "MetafieldDefinitionValidation.name": lambda pair, _: pair[0],
    "MetafieldDefinitionValidation.value": lambda pair, _: pair[1],
    "MetafieldDefinitionIdentifier.ownerType": attribute("owner_type"),
    "MetafieldAccess.admin": key("admin"),
    "MetafieldAccess.storefront": key("storefront"),
}
for _kind in ("Product", "ProductVariant", "Shop"):
    METAFIELDS[f"{_kind}.metafield"] = _one
    METAFIELDS[f"{_kind}.metafields"] = _many
for _kind in ("MetafieldDefinition", "MetafieldDefinitionIdentifier"):
    METAFIELDS[f"{_kind}.namespace"] = attribute("namespace")
    METAFIELDS[f"{_kind}.key"] = attribute("key")
for _name in ("name", "description"):
    METAFIELDS[f"MetafieldDefinition.{_name}"] = attribute(_name)
for _name in definitions.CAPABILITIES:
    METAFIELDS[f"MetafieldCapabilities.{_name}"] = _capability(_name)
    METAFIELDS[f"MetafieldCapability{_name[0].upper()}{_name[1:]}.enabled"] = _is_enabled
