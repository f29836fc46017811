"""Changes of a product's variants: many at once, all of them or none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stores.twin import attributes
from stores.twin.edits import media, metafields, pictures
from stores.twin.edits.choices import chosen, combination, named, structure
from stores.twin.edits.deed import Deed
from stores.twin.edits.files import NewFile
from stores.twin.edits.metafields import Setting
from stores.twin.gids import number
from stores.twin.goods import VARIANT_LIMIT, OptionValue, Product, Variant
from stores.twin.levels import open_level
from stores.twin.library import File
from stores.twin.refusals import Refusal, RefusedError, refuse
from stores.twin.world import Shop

__all__ = ["Draft", "add", "alter", "drop", "duplicates", "insert", "like", "new"]
__all__ += ["normal", "of_product", "plain", "planned", "remove", "reorder", "sort"]

Given = Mapping[str, Any]
PRESERVE, REMOVE = "PRESERVE_STANDALONE_VARIANT", "REMOVE_STANDALONE_VARIANT"


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


def add(
    deed: Deed,
    product: Product,
    drafts: Sequence[Draft],
    strategy: str,
    new_media: Sequence[NewFile] = (),
) -> list[Variant]:
    """New variants behind the others; the strategy says whether a single one before them stays.

    Planned media of the product come with them. Raises RefusedError.
    """
    leaving = _standalone(product, strategy)
    staying = [each for each in product.variants if each not in leaving]
    if found := duplicates(drafts, staying, "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE"):
        raise RefusedError(*found)
    if len(staying) + len(drafts) > VARIANT_LIMIT:
        raise RefusedError(refuse("VARIANTS_OVER_LIMIT", "variants"))
    pictures.hang(deed, product, new_media)
    with structure(deed, product):
        made = insert(deed, product, drafts)
        remove(deed, product, leaving)
    return made


def alter(
    deed: Deed, product: Product, drafts: Sequence[Draft], new_media: Sequence[NewFile] = ()
) -> None:
    """Carry out planned changes, with planned media of the product."""
    pictures.hang(deed, product, new_media)
    for each in drafts:
        if each.variant is not None:
            for name, value in each.values.items():
                deed.set(each.variant, name, value)
            metafields.apply(deed, each.variant, each.metafields)
            _show(deed, each.variant, each)
    moves = [each for each in drafts if each.names]
    if moves:
        with structure(deed, product):
            choices = chosen(deed.twin, product.options, [each.names for each in moves])
            for each, choice in zip(moves, choices, strict=True):
                _choose(deed, each.variant, choice)


def drop(deed: Deed, product: Product, leaving: Sequence[Variant]) -> None:
    """Delete some variants, not all. Raises RefusedError."""
    if len(set(leaving)) == len(product.variants):
        raise RefusedError(refuse("CANNOT_DELETE_LAST_VARIANT", "variantsIds"))
    with structure(deed, product):
        remove(deed, product, leaving)


def reorder(deed: Deed, product: Product, positions: Sequence[Given]) -> None:
    """Put variants at positions counted from 1; the others keep their order around them.

    Raises RefusedError.
    """
    found = of_product(product, [each["id"] for each in positions], "MISSING_VARIANT", "positions")
    refusals = [
        Refusal(
            ["positions", str(index), "position"],
            "Product variant position cannot be zero or negative number.",
            "INVALID_POSITION",
        )
        for index, each in enumerate(positions)
        if each["position"] < 1
    ]
    if len(set(found)) < len(found):
        refusals.append(refuse("DUPLICATED_VARIANT_ID", "positions"))
    if refusals:
        raise RefusedError(*refusals)
    order = [each for each in product.variants if each not in set(found)]
    places = [each["position"] for each in positions]
    for position, variant in sorted(zip(places, found, strict=True), key=lambda each: each[0]):
        order.insert(position - 1, variant)
    sort(deed, product, order)


def sort(deed: Deed, product: Product, order: list[Variant]) -> None:
    """Give the product's variants another order, if it is one."""
    if order != product.variants:
        before, product.variants = product.variants, order
        product.renumber()
        deed.note(product.gid, "variants", [x.gid for x in before], [x.gid for x in order])
        deed.touch(product)


def insert(deed: Deed, product: Product, drafts: Sequence[Draft]) -> list[Variant]:
    """Put checked drafts behind the product's variants."""
    choices = chosen(deed.twin, product.options, [each.names for each in drafts])
    return [_insert(deed, product, *both) for both in zip(drafts, choices, strict=True)]


def remove(deed: Deed, product: Product, leaving: Iterable[Variant]) -> None:
    """Delete variants, whether or not any stays."""
    gone = set(leaving)
    product.variants = [each for each in product.variants if each not in gone]
    product.renumber()
    for variant in gone:
        metafields.forget(deed.shop, variant)
        del deed.shop.variants[variant.id], deed.shop.items[variant.item_id]
        deed.log("delete", variant.gid, product=product.gid)
        deed.item(variant, "inventory_items/delete")
        deed.touch(product)


def like(shop: Shop, variant: Variant, names: Mapping[int, str]) -> Draft:
    """A new variant with other values at some places: no SKU, barcode or stock of its own."""
    values = {**variant.values, "sku": None, "barcode": None}
    mixed = [names.get(place, value.name) for place, value in enumerate(variant.chosen)]
    return Draft(values, mixed, {shop.locations[0].id: 0})


def plain(shop: Shop, names: list[str]) -> Draft:
    """A new variant of these option values about which nothing else is known."""
    return Draft(attributes.new_variant(), names, {shop.locations[0].id: 0})


def of_product(product: Product, gids: Sequence[str], code: str, argument: str) -> list[Variant]:
    """The product's variants of these ids. Raises RefusedError with `code` for each other one."""
    known = {variant.id: variant for variant in product.variants}
    found = [known.get(number(gid) or 0) for gid in gids]
    refusals = [
        refuse(code, argument, str(index)) for index, each in enumerate(found) if each is None
    ]
    if refusals:
        raise RefusedError(*refusals)
    return [each for each in found if each is not None]


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


def normal(given: Given) -> dict[str, Any]:
    """A variant's attributes as they are stored. Raises RefusedError."""
    values, refusals = attributes.normalise(given, attributes.VARIANT)
    if refusals:
        raise RefusedError(*refusals)
    return values


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
    return Draft({**attributes.new_variant(), **normal(rest)}, names, stock, custom, *shown)


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
    return Draft(normal(rest), names, {}, custom, *shown, variant)


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


def _show(deed: Deed, variant: Variant, draft: Draft) -> None:
    newest = reversed(variant.product.media)
    named = next((each for each in newest if each.source == draft.source), None)
    if (file := draft.media or named) is not None:
        media.show(deed, variant, file)


def _stock(shop: Shop, quantities: Iterable[Given]) -> dict[int, int]:
    places = {place.id for place in shop.locations}
    stock = {number(each["locationId"]) or 0: each["availableQuantity"] for each in quantities}
    if stock.keys() - places:
        raise RefusedError(refuse("TRACKED_VARIANT_LOCATION_NOT_FOUND", "inventoryQuantities"))
    return stock or {shop.locations[0].id: 0}


def _standalone(product: Product, strategy: str) -> list[Variant]:
    """The only variant, where it goes: the default one, or any with REMOVE (schema text)."""
    if strategy == PRESERVE or len(product.variants) != 1:
        return []
    goes = strategy == REMOVE or product.has_only_default_variant
    return list(product.variants) if goes else []


def _insert(deed: Deed, product: Product, draft: Draft, choice: list[OptionValue]) -> Variant:
    twin, now = deed.twin, deed.now
    ids = (twin.next_id("variant"), twin.next_id("item"))
    position = len(product.variants) + 1
    variant = Variant(*ids, product, choice, draft.values, now, now, now, position)
    places = {place.id: place for place in deed.shop.locations}
    for place, available in draft.stock.items():
        open_level(variant, places[place], now, available)
    product.variants.append(variant)
    deed.shop.variants[variant.id] = deed.shop.items[variant.item_id] = variant
    deed.log("create", variant.gid, product=product.gid)
    metafields.apply(deed, variant, draft.metafields)
    _show(deed, variant, draft)
    deed.item(variant, "inventory_items/create")
    deed.touch(product)
    return variant


def _choose(deed: Deed, variant: Variant | None, choice: list[OptionValue]) -> None:
    if variant is not None and variant.chosen != choice:
        before, variant.chosen = variant.title, choice
        deed.note(variant.gid, "title", before, variant.title)
        deed.touch_variant(variant)
