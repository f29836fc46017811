"""Options and variants as productSet gives them: the whole of both, and what that changes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.twin import attributes
from stores.twin.edits import metafields, options
from stores.twin.edits import variants as many
from stores.twin.edits.choices import chosen, combination, named, structure
from stores.twin.edits.deed import Deed
from stores.twin.edits.drafts import Draft, duplicates, normal_variant
from stores.twin.edits.options import NewOption
from stores.twin.gids import number
from stores.twin.goods import OPTION_LIMIT, VARIANT_LIMIT, Option, OptionValue, Product, Variant
from stores.twin.levels import ON_HAND, Level
from stores.twin.refusals import Refusal, RefusedError, refuse
from stores.twin.world import Shop, Twin

__all__ = ["Row", "Structure", "apply", "planned"]

Given = Mapping[str, Any]
QUANTITIES_LIMIT = 50_000


@dataclass(slots=True)
class Row:
    """One variant of the whole: with `exact` its metafields are all that it is to have."""

    draft: Draft
    position: int
    exact: bool
    quantities: Sequence[tuple[Level, str, int]] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """Every option with its values and every variant that a product is to have, in order."""

    options: list[Option]
    rows: list[Row]


def planned(deed: Deed, product: Product | None, given: Given) -> Structure | None:
    """What `productOptions` and `variants` ask for, or None. Raises RefusedError.

    One list needs the other (schema codes). A variant is matched by its id or by its values.
    """
    wanted, variants = given.get("productOptions"), given.get("variants")
    if wanted is None and variants is None:
        return None
    if not wanted:
        raise RefusedError(refuse("PRODUCT_OPTIONS_INPUT_MISSING", "productOptions"))
    if not variants:
        raise RefusedError(refuse("VARIANTS_INPUT_MISSING", "variants"))
    _check_limits(variants)
    every = _options(deed.twin, product, wanted)
    rows = _rows(deed, product, every, variants)
    return Structure(every, sorted(rows, key=lambda row: row.position))


def apply(deed: Deed, product: Product, found: Structure) -> None:
    """Give a product checked options and variants; what is not among them goes."""
    drafts = [row.draft for row in found.rows]
    staying = [each for each in drafts if each.variant is not None]
    kept = {each.variant for each in staying}
    leaving = [each for each in product.variants if each not in kept]
    with structure(deed, product, keeps_all_values=True):
        product.options = found.options
        _choose(deed, product, staying)
        added = [each for each in drafts if each.variant is None]
        for each, variant in zip(added, many.insert(deed, product, added), strict=True):
            each.variant = variant
        many.remove(deed, product, leaving)
        many.sort(deed, product, [each.variant for each in drafts if each.variant is not None])
    for each in staying:
        each.names = []
    many.alter(deed, product, staying)
    for row in found.rows:
        _settle(deed, row)


def _check_limits(variants: Sequence[Given]) -> None:
    if len(variants) > VARIANT_LIMIT:
        raise RefusedError(refuse("VARIANTS_OVER_LIMIT", "variants"))
    if sum(len(each.get("inventoryQuantities") or ()) for each in variants) > QUANTITIES_LIMIT:
        raise RefusedError(refuse("INVENTORY_QUANTITIES_LIMIT_EXCEEDED", "variants"))


def _options(twin: Twin, product: Product | None, wanted: Sequence[Given]) -> list[Option]:
    """The options to be, with the ids of those that are there. Raises RefusedError."""
    refusals: list[Refusal] = []
    found: list[Option] = []
    if len(wanted) > OPTION_LIMIT:
        refusals.append(refuse("OPTIONS_OVER_LIMIT"))
    for index, given in enumerate(wanted):
        try:
            option = _option(twin, product, given)
        except RefusedError as refused:
            refusals += [each.under(str(index)) for each in refused.refusals]
            continue
        if any(option.name.casefold() == each.name.casefold() for each in found):
            refusals.append(refuse("DUPLICATED_OPTION_NAME", str(index), "name"))
        found.append(option)
    if refusals:
        raise RefusedError(*(each.under("productOptions") for each in refusals))
    places = [each.get("position") or place for place, each in enumerate(wanted, start=1)]
    order = sorted(zip(places, found, strict=True), key=lambda each: each[0])
    return [option for _, option in order]


def _option(twin: Twin, product: Product | None, given: Given) -> Option:
    old = _old_option(product, given)
    name = str(given.get("name") or (old.name if old else "")).strip()
    values = [_value(twin, old, each) for each in given.get("values") or ()]
    if not values and old is not None and given.get("values") is None:
        values = list(old.values)
    new = NewOption(name, [value.name for value in values], given.get("position"))
    refusals = list(options.wrong(new))
    if len(values) > VARIANT_LIMIT:
        refusals.append(refuse("OPTION_VALUES_OVER_LIMIT", "values"))
    if refusals:
        raise RefusedError(*refusals)
    return Option(old.id if old else twin.next_id("option"), name, values)


def _old_option(product: Product | None, given: Given) -> Option | None:
    if given.get("id") is not None:
        wanted = number(given["id"])
        every = product.options if product else ()
        found = next((each for each in every if each.id == wanted), None)
        if found is None:
            raise RefusedError(refuse("OPTION_DOES_NOT_EXIST", "id"))
        return found
    return product.option(str(given.get("name") or "").strip()) if product else None


def _value(twin: Twin, old: Option | None, given: Given) -> OptionValue:
    name = str(given.get("name") or "").strip()
    if given.get("id") is None:
        found = old.value(name) if old else None
        return OptionValue(found.id if found else twin.next_id("option_value"), name)
    wanted = number(given["id"])
    found = next((each for each in (old.values if old else ()) if each.id == wanted), None)
    if found is None:
        raise RefusedError(refuse("OPTION_VALUE_DOES_NOT_EXIST", "values"))
    return OptionValue(found.id, name or found.name)


def _rows(
    deed: Deed, product: Product | None, every: Sequence[Option], variants: Sequence[Given]
) -> list[Row]:
    claimed = [number(each["id"]) for each in variants if each.get("id") is not None]
    known = _Known(product, every, claimed)
    rows: list[Row] = []
    refusals: list[Refusal] = []
    if len(set(claimed)) < len(claimed):
        refusals.append(refuse("DUPLICATED_VARIANT_ID", "variants"))
    for index, given in enumerate(variants):
        try:
            rows.append(_row(deed, known, every, given, index + 1))
        except RefusedError as refused:
            refusals += [each.under("variants", str(index)) for each in refused.refusals]
    refusals += duplicates([row.draft for row in rows], (), "VARIANT_ALREADY_EXISTS")
    if refusals:
        raise RefusedError(*refusals)
    return rows


class _Known:
    """The product's variants, by id and by what their values are under the new options.

    By values only those that no input claims by id.
    """

    def __init__(
        self, product: Product | None, every: Sequence[Option], claimed: Sequence[int | None]
    ) -> None:
        self.by_id: dict[int, Variant] = {}
        self.by_values: dict[tuple[str, ...], Variant] = {}
        if product is None:
            return
        names = {value.id: value.name for option in every for value in option.values}
        places = {option.id: place for place, option in enumerate(product.options)}
        self.by_id = {variant.id: variant for variant in product.variants}
        if all(option.id in places for option in every):
            for variant in (each for each in product.variants if each.id not in claimed):
                values = [variant.chosen[places[option.id]] for option in every]
                words = combination(names.get(value.id, value.name) for value in values)
                self.by_values.setdefault(words, variant)


def _row(deed: Deed, known: _Known, every: Sequence[Option], given: Given, index: int) -> Row:
    rest = dict(given)
    names = named(every, rest.pop("optionValues", None) or ())
    for option, name in zip(every, names, strict=True):
        if option.value(name) is None:
            raise RefusedError(refuse("OPTION_VALUE_DOES_NOT_EXIST", "optionValues"))
    gid, position = rest.pop("id", None), rest.pop("position", None) or index
    variant = known.by_values.get(combination(names))
    if gid is not None and (variant := known.by_id.get(number(gid) or 0)) is None:
        raise RefusedError(refuse("PRODUCT_VARIANT_DOES_NOT_EXIST", "id"))
    custom, file = rest.pop("metafields", None), rest.pop("file", None) or {}
    settings = metafields.planned(
        deed, [(variant, each) for each in custom or ()], "metafields", kind="PRODUCTVARIANT"
    )
    stock = rest.pop("inventoryQuantities", None) or ()
    values = normal_variant(rest)
    draft = Draft(values, names, {}, settings, None, file.get("originalSource"), variant)
    if file.get("id"):
        draft.media = deed.shop.files.get(number(file["id"]) or 0)
    row = Row(draft, position, custom is not None)
    if variant is None:
        draft.values = {**attributes.new_variant(), **values}
        draft.stock = _new_stock(deed.shop, stock)
    else:
        row.quantities = _quantities(variant, stock)
    return row


def _new_stock(shop: Shop, quantities: Iterable[Given]) -> dict[int, int]:
    places = {place.id for place in shop.locations}
    stock = {number(each["locationId"]) or 0: each["quantity"] for each in quantities}
    if stock.keys() - places:
        said = "Location does not exist."
        raise RefusedError(Refusal(["inventoryQuantities"], said, "INVALID_INPUT"))
    return stock or {shop.locations[0].id: 0}


def _quantities(variant: Variant, quantities: Iterable[Given]) -> list[tuple[Level, str, int]]:
    """Of a variant that is there, only where it is stocked already (schema text)."""
    found: list[tuple[Level, str, int]] = []
    for each in quantities:
        level = variant.stock.get(number(each["locationId"]) or 0)
        if level is None or not level.active:
            said = "The variant is not stocked at the location."
            raise RefusedError(Refusal(["inventoryQuantities"], said, "INVALID_INPUT"))
        found.append((level, each["name"], each["quantity"]))
    if any(name not in {"available", ON_HAND} for _, name, _ in found):
        said = "The name must be either 'available' or 'on_hand'."
        raise RefusedError(Refusal(["inventoryQuantities"], said, "INVALID_INPUT"))
    return found


def _choose(deed: Deed, product: Product, staying: Sequence[Draft]) -> None:
    choices = chosen(deed.twin, product.options, [each.names for each in staying])
    for each, choice in zip(staying, choices, strict=True):
        if (variant := each.variant) is not None:
            before, variant.chosen = variant.title, choice
            if variant.title != before:
                deed.note(variant.gid, "title", before, variant.title)
                deed.touch_variant(variant)


def _settle(deed: Deed, row: Row) -> None:
    """Stock and the metafields that are not to stay."""
    variant = row.draft.variant
    if variant is None:
        return
    if row.exact:
        metafields.keep_only(deed, variant, {each.address for each in row.draft.metafields})
    for level, name, quantity in row.quantities:
        delta = quantity - level.quantity(ON_HAND if name == ON_HAND else "available")
        deed.move(level, "available", delta)
