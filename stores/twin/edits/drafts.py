"""What variants are to be, from inputs: planned and checked, not yet done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stores.twin import attributes
from stores.twin.edits import media, metafields
from stores.twin.edits.choices import combination, named
from stores.twin.edits.deed import Deed
from stores.twin.edits.metafields import Setting
from stores.twin.gids import number
from stores.twin.goods import Product, Variant
from stores.twin.library import File
from stores.twin.refusals import Refusal, RefusedError, refuse
from stores.twin.world import Shop

__all__ = ["Draft", "duplicates", "like", "new", "normal_variant", "plain", "planned"]

Given = Mapping[str, Any]


@dataclass(slots=True)
class Draft:
    """A new variant, or what is to change of one: no `names` of option values leave its own."""

    values: dict[str, Any]
    names: list[str] = field(default_factory=list)
    stock: dict[int, int] = field(default_factory=dict)
    metafields: list[Setting] = field(default_factory=list)
    media: File | None = None
    source: str | None = None  # of a picture that comes with the same deed
    variant: Variant | None = None


def new(deed: Deed, product: Product, variants: Iterable[Given]) -> list[Draft]:
    """New variants from inputs. Raises RefusedError with the refusals of all of them."""
    return _each(variants, lambda given: _new(deed, product, given))


def planned(deed: Deed, product: Product, variants: Iterable[Given]) -> list[Draft]:
    """Changes of a product's variants, from inputs with ids. Raises RefusedError."""
    known = {variant.id: variant for variant in product.variants}
    drafts = _each(variants, lambda given: _planned(deed, product, known, given))
    moving = {each.variant for each in drafts if each.names}
    if moving:
        staying = [each for each in product.variants if each not in moving]
        if found := duplicates(drafts, staying, "VARIANT_ALREADY_EXISTS"):
            raise RefusedError(*found)
    return drafts


def normal_variant(given: Given) -> dict[str, Any]:
    """A variant's attributes as they are stored. Raises RefusedError."""
    values, refusals = attributes.normalise(given, attributes.VARIANT)
    if refusals:
        raise RefusedError(*refusals)
    return values


def plain(shop: Shop, names: list[str]) -> Draft:
    """A new variant of these option values about which nothing else is known."""
    return Draft(attributes.new_variant(), names, {shop.locations[0].id: 0})


def like(shop: Shop, variant: Variant, names: Mapping[int, str]) -> Draft:
    """A new variant with other values at some places: no SKU, barcode or stock of its own."""
    values = {**variant.values, "sku": None, "barcode": None}
    mixed = [names.get(place, value.name) for place, value in enumerate(variant.chosen)]
    return Draft(values, mixed, {shop.locations[0].id: 0})


def duplicates(drafts: Sequence[Draft], staying: Iterable[Variant], code: str) -> list[Refusal]:
    """Drafts whose combination is taken by one that stays, or (then with `code`) by a draft."""
    taken = {combination(value.name for value in each.chosen) for each in staying}
    seen: set[tuple[str, ...]] = set()
    refusals: list[Refusal] = []
    for index, each in enumerate(drafts):
        wanted = combination(each.names)
        if wanted and (wanted in taken or wanted in seen):
            said = "VARIANT_ALREADY_EXISTS" if wanted in taken else code
            refusals.append(refuse(said, "variants", str(index), "optionValues"))
        seen.add(wanted)
    return refusals


def _each(variants: Iterable[Given], make: Callable[[Given], Draft]) -> list[Draft]:
    drafts: list[Draft] = []
    refusals: list[Refusal] = []
    for index, given in enumerate(variants):
        try:
            drafts.append(make(given))
        except RefusedError as refused:
            refusals += [each.under("variants", str(index)) for each in refused.refusals]
    if refusals:
        raise RefusedError(*refusals)
    return drafts


def _new(deed: Deed, product: Product, given: Given) -> Draft:
    rest = dict(given)
    if rest.pop("id", None) is not None:
        raise RefusedError(refuse("NO_KEY_ON_CREATE", "id"))
    names = named(product.options, rest.pop("optionValues", None) or ())
    stock = _stock(deed.shop, rest.pop("inventoryQuantities", None) or ())
    custom = _metafields(deed, None, rest)
    shown = _media(product, rest)
    return Draft({**attributes.new_variant(), **normal_variant(rest)}, names, stock, custom, *shown)


def _planned(deed: Deed, product: Product, known: Mapping[int, Variant], given: Given) -> Draft:
    rest = dict(given)
    gid = rest.pop("id", None)
    if gid is None:
        raise RefusedError(refuse("PRODUCT_VARIANT_ID_MISSING", "id"))
    variant = known.get(number(gid) or 0)
    if variant is None:
        raise RefusedError(refuse("PRODUCT_VARIANT_DOES_NOT_EXIST", "id"))
    if rest.pop("inventoryQuantities", None):
        raise RefusedError(
            refuse("NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE", "inventoryQuantities")
        )
    choices = rest.pop("optionValues", None)
    stay = [value.name for value in variant.chosen]
    names = named(product.options, choices, stay) if choices else []
    custom, shown = _metafields(deed, variant, rest), _media(product, rest)
    return Draft(normal_variant(rest), names, {}, custom, *shown, variant)


def _metafields(deed: Deed, variant: Variant | None, rest: dict[str, Any]) -> list[Setting]:
    """What an input sets of metafields, taken out of it. Raises RefusedError."""
    inputs = [(variant, each) for each in rest.pop("metafields", None) or ()]
    return metafields.planned(deed, inputs, "metafields", kind="PRODUCTVARIANT")


def _media(product: Product, rest: dict[str, Any]) -> tuple[File | None, str | None]:
    """A medium of the product by its id, or the address of a new one. Raises RefusedError."""
    gid, sources = rest.pop("mediaId", None), rest.pop("mediaSrc", None)
    file = media.of_product(product, gid) if gid else None
    if gid and file is None:
        raise RefusedError(refuse("MEDIA_DOES_NOT_EXIST_ON_PRODUCT", "mediaId"))
    return file, sources[0] if sources else None


def _stock(shop: Shop, quantities: Iterable[Given]) -> dict[int, int]:
    places = {place.id for place in shop.locations}
    stock = {number(each["locationId"]) or 0: each["availableQuantity"] for each in quantities}
    if stock.keys() - places:
        raise RefusedError(refuse("TRACKED_VARIANT_LOCATION_NOT_FOUND", "inventoryQuantities"))
    return stock or {shop.locations[0].id: 0}
