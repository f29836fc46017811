"""Changes of metafield definitions, and what they make of the metafields that are there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stores.twin import metafield_types, payloads
from stores.twin.custom import Definition, Metafield
from stores.twin.edits import metafields, validations
from stores.twin.edits.deed import Deed
from stores.twin.errors import UnimplementedError
from stores.twin.metafield_types import BadMetafieldError
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.webhooks import announce
from stores.twin.world import Shop

__all__ = ["CAPABILITIES", "create", "delete", "held", "pin", "update"]

Given = Mapping[str, Any]
PINNED_LIMIT, NAME_LIMIT = 20, 255
CAPABILITIES = (
    *("adminFilterable", "analyticsQueryable", "cartToOrderCopyable"),
    *("smartCollectionCondition", "uniqueValues"),
)
_KINDS = frozenset(metafields.KINDS.values())


def create(deed: Deed, given: Given) -> Definition:
    """A new definition; metafields that fit it take its type (schema text). Raises RefusedError."""
    kind, key, type_name = given["ownerType"], given["key"], given["type"]
    _check_played(given)
    space = metafields.namespace(deed, given.get("namespace"))
    refusals = [*metafields.bad_name("namespace", space), *metafields.bad_name("key", key)]
    if given.get("pin"):
        refusals += _bad_pin(deed.shop, kind)
    if not metafield_types.is_known(type_name):
        refusals.append(Refusal(["type"], "Type is not included in the list.", "INCLUSION"))
    else:
        refusals += _bad_words(given, type_name)
    if (kind, space, key) in deed.shop.definitions:
        said = f"Key is in use for {kind.title()} metafields on the '{space}' namespace."
        refusals.append(Refusal(["key"], said, "TAKEN"))
    if refusals:
        raise RefusedError(*refusals)
    id_, name = deed.twin.next_id("definition"), given["name"]
    made = Definition(id_, kind, space, key, name, type_name, deed.now, deed.now)
    deed.shop.definitions[kind, space, key] = made
    _take(deed, made, given)
    for each in held(deed.shop, made):
        _adopt(deed, made, each)
    deed.log("create", made.gid, ownerType=kind, namespace=space, key=key, type=type_name)
    _tell(deed, made, "create")
    return made


def update(deed: Deed, found: Definition, given: Given) -> None:
    """Change all but what identifies a definition. Raises RefusedError."""
    _check_played(given)
    refusals = _bad_words(given, found.type)
    if given.get("pin") and found.pinned is None:
        refusals += _bad_pin(deed.shop, found.owner_type)
    if found.type == "id" and _switched(given).get("uniqueValues") is False:
        said = "The capability cannot be disabled for this type."
        refusals.append(Refusal(["capabilities"], said, "CAPABILITY_CANNOT_BE_DISABLED"))
    if refusals:
        raise RefusedError(*refusals)
    _take(deed, found, given)
    _tell(deed, found, "update")


def delete(deed: Deed, found: Definition, *, with_metafields: bool) -> None:
    """Delete a definition; of some types or namespaces only with its metafields (schema text).

    Raises RefusedError.
    """
    if code := None if with_metafields else _needs_its_metafields(found):
        said = "Deleting this definition requires deletion of its associated metafields."
        raise RefusedError(Refusal(["deleteAllAssociatedMetafields"], said, code))
    if with_metafields:
        for each in list(held(deed.shop, found)):
            metafields.remove(deed, each.owner, (each.namespace, each.key))
    del deed.shop.definitions[found.owner_type, found.namespace, found.key]
    deed.log("delete", found.gid)
    _tell(deed, found, "delete")


def pin(deed: Deed, found: Definition, *, pinned: bool) -> None:
    """Put a definition last among those that the admin shows, or take it from them.

    Raises RefusedError.
    """
    if pinned == (found.pinned is not None):
        said = f"Definition is {'already' if pinned else 'not'} pinned."
        raise RefusedError(Refusal([], said, "ALREADY_PINNED" if pinned else "NOT_PINNED"))
    if pinned and (refusals := _bad_pin(deed.shop, found.owner_type)):
        raise RefusedError(*refusals)
    last = max(_pinned(deed.shop, found.owner_type), default=0)
    before, found.pinned = found.pinned, last + 1 if pinned else None
    deed.note(found.gid, "pinnedPosition", before, found.pinned)


def held(shop: Shop, found: Definition) -> Iterator[Metafield]:
    """The metafields at a definition's place."""
    owners: Mapping[str, Iterable[metafields.Owner]] = {
        "PRODUCT": shop.products.values(),
        "PRODUCTVARIANT": shop.variants.values(),
        "SHOP": [shop],
    }
    for owner in owners[found.owner_type]:
        if (each := owner.metafields.get((found.namespace, found.key))) is not None:
            yield each


def _check_played(given: Given) -> None:
    if given["ownerType"] not in _KINDS:
        raise UnimplementedError(f"The twin does not define metafields of {given['ownerType']}.")
    for name in ("constraints", "constraintsUpdates"):
        if given.get(name):
            raise UnimplementedError(f"The twin does not implement {name} of definitions.")


def _pinned(shop: Shop, kind: str) -> list[int]:
    every = (each for each in shop.definitions.values() if each.owner_type == kind)
    return [each.pinned for each in every if each.pinned is not None]


def _bad_pin(shop: Shop, kind: str) -> list[Refusal]:
    said = f"Limit of {PINNED_LIMIT} pinned definitions."
    full = len(_pinned(shop, kind)) >= PINNED_LIMIT
    return [Refusal(["pin"], said, "PINNED_LIMIT_REACHED")] if full else []


def _bad_words(given: Given, type_name: str) -> list[Refusal]:
    refusals: list[Refusal] = []
    name = given.get("name")
    if name is not None and not name.strip():
        refusals.append(Refusal(["name"], "Name can't be blank", "BLANK"))
    if len(name or "") > NAME_LIMIT:
        said = f"Name is too long (maximum is {NAME_LIMIT} characters)"
        refusals.append(Refusal(["name"], said, "TOO_LONG"))
    for index, each in enumerate(given.get("validations") or ()):
        if said := validations.bad_validation(type_name, each["name"], each["value"]):
            refusals.append(Refusal(["validations", str(index)], said, "INVALID_OPTION"))
    return refusals


def _take(deed: Deed, found: Definition, given: Given) -> None:
    """Set what an input gives, each as a true edit where it is one."""
    wanted: dict[str, Any] = {
        name: given[name] for name in ("name", "description") if given.get(name) is not None
    }
    if given.get("validations") is not None:
        wanted["validations"] = {each["name"]: each["value"] for each in given["validations"]}
    if switched := _switched(given):
        on = {name for name, enabled in switched.items() if enabled}
        wanted["capabilities"] = found.capabilities - switched.keys() | on
    if given.get("access"):
        wanted["access"] = {**found.access, **given["access"]}
    for name, new in wanted.items():
        if (old := getattr(found, name)) != new:
            setattr(found, name, new)
            deed.note(found.gid, name, _plain(old), _plain(new))
    found.updated_at = deed.now
    if given.get("pin") not in {None, found.pinned is not None}:
        pin(deed, found, pinned=bool(given["pin"]))
    if "capabilities" in wanted:
        found.holders = {x.value: x.owner for x in held(deed.shop, found)} if found.unique else {}


def _switched(given: Given) -> dict[str, bool]:
    every = (given.get("capabilities") or {}).items()
    return {name: bool(each["enabled"]) for name, each in every if each is not None}


def _adopt(deed: Deed, definition: Definition, found: Metafield) -> None:
    """An unstructured metafield takes the definition's type, if its value fits."""
    try:
        found.value = metafields.canonical(deed.shop, definition.type, found.value, definition)
    except BadMetafieldError:
        return
    found.type = definition.type
    if definition.unique:
        definition.holders.setdefault(found.value, found.owner)


def _needs_its_metafields(found: Definition) -> str | None:
    if found.type == "id":
        return "ID_TYPE_DELETION_ERROR"
    if metafield_types.is_reference(found.type):
        return "REFERENCE_TYPE_DELETION_ERROR"
    return "RESERVED_NAMESPACE_ORPHANED_METAFIELDS" if found.namespace.startswith("app--") else None


def _tell(deed: Deed, found: Definition, event: str) -> None:
    body = payloads.definition(deed.shop, found, gone=event == "delete")
    announce(deed.twin, deed.shop, f"metafield_definitions/{event}", body)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value
