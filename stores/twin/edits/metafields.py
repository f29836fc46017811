"""Changes of metafields: compared, checked by type and definition, and silent where none is."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.twin import metafield_types
from stores.twin.custom import (
    RESERVED,
    Address,
    Definition,
    Metafield,
    Metafields,
    own_namespace,
    reserved,
)
from stores.twin.edits import validations
from stores.twin.edits.deed import Deed
from stores.twin.gids import number
from stores.twin.goods import Product, Variant
from stores.twin.metafield_types import BadMetafieldError, Shopkeeper
from stores.twin.refusals import Refusal, RefusedError
from stores.twin.world import Shop

__all__ = ["KINDS", "Owner", "Setting", "apply", "bad_name", "canonical", "delete_many", "forget"]
__all__ += ["keep_only"]
__all__ += ["namespace", "owner_of", "planned", "remove", "set_many"]

Given = Mapping[str, Any]
Owner = Product | Variant | Shop
KINDS: Mapping[type, str] = {Product: "PRODUCT", Variant: "PRODUCTVARIANT", Shop: "SHOP"}
SET_LIMIT = 25
LENGTHS = {"namespace": (3, 255), "key": (2, 64)}


@dataclass(frozen=True, slots=True)
class Setting:
    """A checked value for one place of an owner; of a new owner where it is None."""

    owner: Owner | None
    address: Address
    type: str
    value: str
    definition: Definition | None


def set_many(deed: Deed, inputs: Sequence[Given]) -> list[Metafield]:
    """Set metafields of any owners, at most 25: all or none. Raises RefusedError."""
    if len(inputs) > SET_LIMIT:
        said = f"Exceeded the maximum metafields input limit of {SET_LIMIT}."
        raise RefusedError(Refusal(["metafields"], said, "LESS_THAN_OR_EQUAL_TO"))
    owners = [owner_of(deed.shop, each["ownerId"]) for each in inputs]
    strangers = [
        Refusal(["metafields", str(index), "ownerId"], "Owner does not exist.", "INVALID")
        for index, owner in enumerate(owners)
        if owner is None
    ]
    if strangers:
        raise RefusedError(*strangers)
    settings = planned(deed, zip(owners, inputs, strict=True), "metafields")
    return [_set(deed, each.owner, each) for each in settings if each.owner is not None]


def delete_many(deed: Deed, identifiers: Sequence[Given]) -> list[dict[str, str] | None]:
    """Delete metafields; None stands for one that was not there."""
    gone: list[dict[str, str] | None] = []
    for each in identifiers:
        owner = owner_of(deed.shop, each["ownerId"])
        address = (namespace(deed, each["namespace"]), each["key"])
        found = owner is not None and remove(deed, owner, address)
        told = {"ownerId": each["ownerId"], "namespace": address[0], "key": address[1]}
        gone.append(told if found else None)
    return gone


def planned(
    deed: Deed, inputs: Iterable[tuple[Owner | None, Given]], *path: str, kind: str = ""
) -> list[Setting]:
    """What inputs set, on owners or on a new one of this kind. Raises RefusedError for them all."""
    settings: list[Setting] = []
    refusals: list[Refusal] = []
    for index, (owner, given) in enumerate(inputs):
        try:
            setting = _checked(deed, kind or KINDS[type(owner)], owner, given)
            _check_unique(setting, settings)
            settings.append(setting)
        except RefusedError as refused:
            refusals += [each.under(*path, str(index)) for each in refused.refusals]
    if refusals:
        raise RefusedError(*refusals)
    return settings


def apply(deed: Deed, owner: Owner, settings: Iterable[Setting]) -> list[Metafield]:
    """Set checked values; a value that stands already changes nothing and tells nobody."""
    return [_set(deed, owner, setting) for setting in settings]


def remove(deed: Deed, owner: Owner, address: Address) -> bool:
    """Delete a metafield, if there is one."""
    found = owner.metafields.pop(address, None)
    if found is None:
        return False
    _release(deed.shop, KINDS[type(owner)], found)
    deed.note(owner.gid, attribute(address), found.value, None)
    _touch(deed, owner)
    return True


def keep_only(deed: Deed, owner: Owner, kept: Collection[Address]) -> None:
    """Delete what isn't to be kept, but for what another app reserved for itself."""
    for address in set(owner.metafields) - set(kept):
        if not _is_foreign(deed.author.app, address[0]):
            remove(deed, owner, address)


def forget(shop: Shop, owner: Product | Variant) -> None:
    """An owner goes: its unique values are free again."""
    for found in owner.metafields.values():
        _release(shop, KINDS[type(owner)], found)


def owner_of(shop: Shop, gid: str) -> Owner | None:
    id_ = number(gid) or 0
    if gid == shop.gid:
        return shop
    if gid.startswith("gid://shopify/ProductVariant/"):
        return shop.variants.get(id_)
    return shop.products.get(id_) if gid.startswith("gid://shopify/Product/") else None


def attribute(address: Address) -> str:
    """A metafield's name in the log."""
    return f"metafields.{address[0]}.{address[1]}"


def namespace(deed: Deed, given: str | None) -> str:
    """The namespace that is meant. Raises RefusedError where it is another app's."""
    wanted = reserved(deed.author.app, given)
    if _is_foreign(deed.author.app, wanted):
        said = "Access to this namespace and key on Metafields for this resource is not allowed."
        raise RefusedError(Refusal(["namespace"], said, "APP_NOT_AUTHORIZED"))
    return wanted


def canonical(shop: Shop, type_name: str, text: str, definition: Definition | None) -> str:
    """A value as it is stored. Raises BadMetafieldError where type or definition refuse it."""
    keeper = Shopkeeper(shop.currency, lambda gid, kinds: _is_here(shop, gid, kinds))
    value = metafield_types.canonical(type_name, text, keeper)
    if definition is not None:
        validations.check(definition, value)
    return value


def _is_foreign(app: str | None, space: str) -> bool:
    if not space.startswith(("app--", RESERVED)):
        return False
    return app is None or not f"{space}--".startswith(f"{own_namespace(app)}--")


def _checked(deed: Deed, kind: str, owner: Owner | None, given: Given) -> Setting:
    held: Metafields = owner.metafields if owner is not None else {}
    address = _address(deed, held, given)
    old = held.get(address)
    if "compareDigest" in given:
        _compare(old, given["compareDigest"])
    definition = deed.shop.definitions.get((kind, *address))
    type_name = _type(given, definition, old)
    try:
        value = canonical(deed.shop, type_name, given.get("value") or "", definition)
    except BadMetafieldError as bad:
        refusal = Refusal(["value"], bad.message, bad.code, bad.index)
        raise RefusedError(refusal) from bad
    return Setting(owner, address, type_name, value, definition)


def _address(deed: Deed, held: Metafields, given: Given) -> Address:
    if given.get("id") is not None:
        wanted = number(given["id"])
        found = next((at for at, each in held.items() if each.id == wanted), None)
        if found is None:
            raise RefusedError(Refusal(["id"], "Metafield does not exist.", "INVALID"))
        return found
    parts = {"namespace": namespace(deed, given.get("namespace")), "key": given.get("key") or ""}
    refusals = [refusal for name, text in parts.items() for refusal in bad_name(name, text)]
    if refusals:
        raise RefusedError(*refusals)
    return parts["namespace"], parts["key"]


def bad_name(name: str, text: str) -> Iterable[Refusal]:
    """What is wrong with a namespace or a key (schema text of MetafieldsSetInput)."""
    least, most = LENGTHS[name]
    title = name.title()
    if len(text) < least:
        said = f"{title} is too short (minimum is {least} characters)"
        yield Refusal([name], said, "TOO_SHORT")
    elif len(text) > most:
        yield Refusal([name], f"{title} is too long (maximum is {most} characters)", "TOO_LONG")
    elif not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        said = f"{title} can only contain alphanumeric, hyphen and underscore characters."
        yield Refusal([name], said, "INVALID")


def _compare(old: Metafield | None, digest: str | None) -> None:
    """Null means that there must be none yet (schema text of metafieldsSet)."""
    if digest is not None and not re.fullmatch(r"[0-9a-f]{64}", digest):
        said = "The compareDigest is invalid."
        raise RefusedError(Refusal(["compareDigest"], said, "INVALID_COMPARE_DIGEST"))
    if digest != (old.digest if old is not None else None):
        said = "The resource has been updated since it was loaded."
        raise RefusedError(Refusal(["compareDigest"], said, "STALE_OBJECT"))


def _type(given: Given, definition: Definition | None, old: Metafield | None) -> str:
    asked = given.get("type") or None
    if definition is not None:
        if asked not in {None, definition.type}:
            said = f"Type must be consistent with the definition's type: '{definition.type}'."
            raise RefusedError(Refusal(["type"], said, "INVALID_TYPE"))
        return definition.type
    if asked is None and old is not None and given.get("id") is not None:
        return old.type
    if asked is None:
        raise RefusedError(Refusal(["type"], "Type can't be blank", "BLANK"))
    if not metafield_types.is_known(asked):
        said = f"Type '{asked}' is not one of the supported types."
        raise RefusedError(Refusal(["type"], said, "INCLUSION"))
    return str(asked)


def _check_unique(setting: Setting, before: Iterable[Setting]) -> None:
    definition = setting.definition
    if definition is None or not definition.unique:
        return
    holder = definition.holders.get(setting.value, setting.owner)
    claims = (x for x in before if (x.definition, x.value) == (definition, setting.value))
    if holder is not setting.owner or any(x.owner is not setting.owner for x in claims):
        said = "Value has already been assigned to another metafield."
        raise RefusedError(Refusal(["value"], said, "CAPABILITY_VIOLATION"))


def _set(deed: Deed, owner: Owner, setting: Setting) -> Metafield:
    old = owner.metafields.get(setting.address)
    if old is not None and (old.type, old.value) == (setting.type, setting.value):
        return old
    deed.note(owner.gid, attribute(setting.address), old and old.value, setting.value)
    if old is not None:
        _release(deed.shop, KINDS[type(owner)], old)
    now = deed.now
    if old is None:
        id_ = deed.twin.next_id("metafield")
        names = (*setting.address, setting.type, setting.value)
        old = owner.metafields[setting.address] = Metafield(id_, owner, *names, now, now)
    old.type, old.value, old.updated_at = setting.type, setting.value, now
    if setting.definition is not None and setting.definition.unique:
        setting.definition.holders[setting.value] = owner
    _touch(deed, owner)
    return old


def _release(shop: Shop, kind: str, found: Metafield) -> None:
    definition = shop.definitions.get((kind, found.namespace, found.key))
    if definition is not None:
        definition.holders.pop(found.value, None)


def _touch(deed: Deed, owner: Owner) -> None:
    """A product's metafield is its update; of a variant's nobody hears (3.4), but for a knob."""
    if isinstance(owner, Product):
        deed.touch(owner)
    elif isinstance(owner, Variant) and deed.shop.knobs.variant_metafields_fire:
        deed.touch_variant(owner)


def _is_here(shop: Shop, gid: str, kinds: frozenset[str]) -> bool:
    path, _, tail = gid.removeprefix("gid://shopify/").partition("/")
    if not gid.startswith("gid://shopify/") or path not in kinds or not tail.isdecimal():
        return False
    places: Mapping[str, Mapping[int, Any]]
    places = {"Product": shop.products, "ProductVariant": shop.variants}
    return int(tail) in places.get(path, {})
