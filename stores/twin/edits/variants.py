"""Changes of a product's variants: many at once, all of them or none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stores.twin.edits import media, metafields, pictures
from stores.twin.edits.choices import chosen, structure
from stores.twin.edits.deed import Deed
from stores.twin.edits.drafts import Draft, duplicates
from stores.twin.edits.files import NewFile
from stores.twin.gids import number
from stores.twin.goods import VARIANT_LIMIT, OptionValue, Product, Variant
from stores.twin.levels import open_level
from stores.twin.refusals import Refusal, RefusedError, refuse

__all__ = ["add", "alter", "drop", "insert", "of_product", "remove", "reorder", "sort"]

Given = Mapping[str, Any]
PRESERVE, REMOVE = "PRESERVE_STANDALONE_VARIANT", "REMOVE_STANDALONE_VARIANT"


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


def _show(deed: Deed, variant: Variant, draft: Draft) -> None:
    newest = reversed(variant.product.media)
    named = next((each for each in newest if each.source == draft.source), None)
    if (file := draft.media or named) is not None:
        media.show(deed, variant, file)


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
