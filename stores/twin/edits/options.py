"""Changes of a product's options, and what they make of its variants."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from stores.twin.edits import variants
from stores.twin.edits.choices import NAME_LIMIT, combination, structure
from stores.twin.edits.deed import Deed
from stores.twin.edits.drafts import Draft, like
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import (
    DEFAULT_OPTION,
    DEFAULT_VALUE,
    OPTION_LIMIT,
    VARIANT_LIMIT,
    Option,
    OptionValue,
    Product,
    Variant,
)
from stores.twin.refusals import Refusal, RefusedError, refuse
from stores.twin.world import Shop, Twin

__all__ = [
    "DEFAULT",
    "NewOption",
    "checked",
    "create",
    "delete",
    "make",
    "permute",
    "reorder",
    "wrong",
]

Given = Mapping[str, Any]
Named = TypeVar("Named", Option, OptionValue)


@dataclass(frozen=True, slots=True)
class NewOption:
    name: str
    values: list[str]
    position: int | None = None


DEFAULT = NewOption(DEFAULT_OPTION, [DEFAULT_VALUE])


def checked(
    given: Sequence[Given], before: Sequence[Option] = (), *, argument: str = "options"
) -> list[NewOption]:
    """New options from inputs, beside those that are there. Raises RefusedError."""
    refusals: list[Refusal] = []
    if len(given) + len(before) > OPTION_LIMIT:
        refusals.append(refuse("OPTIONS_OVER_LIMIT"))
    if len({each.get("position") is None for each in given}) > 1:
        refusals.append(refuse("OPTION_POSITION_MISSING"))
    found = [_new_option(each) for each in given]
    taken, seen = {option.name.casefold() for option in before}, set[str]()
    for index, option in enumerate(found):
        refusals += [refusal.under(str(index)) for refusal in wrong(option)]
        if option.name.casefold() in taken:
            refusals.append(refuse("OPTION_ALREADY_EXISTS", str(index), "name"))
        if option.name.casefold() in seen:
            refusals.append(refuse("DUPLICATED_OPTION_NAME", str(index), "name"))
        seen.add(option.name.casefold())
    if refusals:
        raise RefusedError(*(each.under(argument) for each in refusals))
    return found


def make(twin: Twin, options: Iterable[NewOption]) -> list[Option]:
    """Checked options with ids of their own."""
    return [
        Option(
            twin.next_id("option"),
            each.name,
            [OptionValue(twin.next_id("option_value"), name) for name in each.values],
        )
        for each in options
    ]


def create(deed: Deed, product: Product, given: Sequence[Given], strategy: str) -> None:
    """Add options; every variant gets the first value of each (schema text).

    With CREATE there is a new variant for each combination with the other values. The default
    option gives way to the first real one. Raises RefusedError.
    """
    plain = product.has_only_default_variant
    wanted = checked(given, () if plain else product.options)
    others = list(itertools.product(*(each.values for each in wanted)))[1:]
    before = list(product.variants)
    if strategy == "CREATE" and len(before) * (1 + len(others)) > VARIANT_LIMIT:
        raise RefusedError(refuse("TOO_MANY_VARIANTS_CREATED", "options"))
    with structure(deed, product):
        if plain:
            product.options, product.variants[0].chosen = [], []
        made = make(deed.twin, wanted)
        for option, new in sorted(zip(made, wanted, strict=True), key=lambda each: _rank(each[1])):
            at = len(product.options) if new.position is None else new.position - 1
            product.options.insert(at, option)
        for variant in before:
            _take_first(variant, product.options, made)
            deed.touch_variant(variant)
        if strategy == "CREATE":
            variants.insert(deed, product, _crossed(deed, product, before, made, others))


def delete(deed: Deed, product: Product, gids: Sequence[str], strategy: str) -> list[str]:
    """Delete options; what then would be the same variant twice stays once, or is refused.

    DEFAULT takes options of one value only, NON_DESTRUCTIVE keeps every variant, POSITION
    deletes doubles from the last position (schema text). Without any option left the product
    has the default one. Returns the ids. Raises RefusedError.
    """
    leaving = _leaving(deed, product, gids)
    staying = [place for place, each in enumerate(product.options) if each not in leaving]
    if strategy == "DEFAULT" and any(len(each.values) > 1 for each in leaving):
        raise RefusedError(refuse("CANNOT_DELETE_OPTION_WITH_MULTIPLE_VALUES", "options"))
    doubles = _doubles(product.variants, staying)
    if strategy == "NON_DESTRUCTIVE" and doubles:
        raise RefusedError(refuse("CANNOT_USE_NON_DESTRUCTIVE_STRATEGY", "options"))
    with structure(deed, product):
        variants.remove(deed, product, doubles)
        permute(deed, product, staying)
        if not staying:
            product.options = make(deed.twin, [DEFAULT])
            product.variants[0].chosen = list(product.options[0].values)
    return [option.gid for option in leaving]


def reorder(deed: Deed, product: Product, given: Sequence[Given]) -> None:
    """Put all options, and all values of some, in this order; variants follow (schema text).

    Raises RefusedError.
    """
    order = _ordered(product.options, given, _CODES_OF_OPTIONS, "options")
    values = {
        option: _ordered(option.values, each["values"], _CODES_OF_VALUES, "options", str(index))
        for index, (option, each) in enumerate(zip(order, given, strict=True))
        if each.get("values")
    }
    with structure(deed, product):
        permute(deed, product, [product.options.index(option) for option in order])
        for option, sorted_values in values.items():
            option.values = sorted_values
        rank = {value: place for each in order for place, value in enumerate(each.values)}
        by_values = sorted(product.variants, key=lambda each: [rank[x] for x in each.chosen])
        variants.sort(deed, product, by_values)


def permute(deed: Deed, product: Product, places: Sequence[int]) -> None:
    """Keep the options at these places, in this order, and so for every variant."""
    if list(places) == list(range(len(product.options))):
        return
    product.options = [product.options[place] for place in places]
    for variant in product.variants:
        variant.chosen = [variant.chosen[place] for place in places]
        deed.touch_variant(variant)


def _new_option(given: Given) -> NewOption:
    if given.get("linkedMetafield") is not None:
        raise UnimplementedError("The twin does not link options to metafields.")
    values = [str(each.get("name") or "").strip() for each in given.get("values") or ()]
    return NewOption(str(given.get("name") or "").strip(), values, given.get("position"))


def wrong(option: NewOption) -> Iterable[Refusal]:
    """What a new option is refused for by itself."""
    names = [name.casefold() for name in option.values]
    if not option.name:
        yield refuse("OPTION_NAME_MISSING", "name")
    if len(option.name) > NAME_LIMIT:
        yield refuse("OPTION_NAME_TOO_LONG", "name")
    if option.position is not None and not 1 <= option.position <= OPTION_LIMIT:
        yield refuse("POSITION_OUT_OF_BOUNDS", "position")
    if not names or not all(names):
        yield refuse("OPTION_VALUES_MISSING", "values")
    if len(set(names)) < len(names):
        yield refuse("DUPLICATED_OPTION_VALUE", "values")
    if any(len(name) > NAME_LIMIT for name in names):
        yield refuse("OPTION_VALUE_NAME_TOO_LONG", "values")


def _rank(option: NewOption) -> int:
    return option.position or 0


def _take_first(variant: Variant, options: Iterable[Option], made: Sequence[Option]) -> None:
    kept = iter(variant.chosen)
    variant.chosen = [each.values[0] if each in made else next(kept) for each in options]


def _crossed(
    deed: Deed,
    product: Product,
    before: Iterable[Variant],
    made: Sequence[Option],
    others: Iterable[Sequence[str]],
) -> list[Draft]:
    """Each variant again with each other combination of the new options' values."""
    places = [product.options.index(option) for option in made]
    return [
        like(deed.shop, variant, dict(zip(places, names, strict=True)))
        for variant in before
        for names in others
    ]


def _leaving(deed: Deed, product: Product, gids: Sequence[str]) -> list[Option]:
    known = {option.id: option for option in product.options}
    found = [known.get(number(gid) or 0) for gid in gids]
    refusals = [
        refuse(_stranger(deed.shop, gid), "options", str(index))
        for index, (gid, option) in enumerate(zip(gids, found, strict=True))
        if option is None
    ]
    if refusals:
        raise RefusedError(*refusals)
    return [option for option in dict.fromkeys(found) if option is not None]


def _stranger(shop: Shop, gid: str) -> str:
    options = (option for product in shop.products.values() for option in product.options)
    elsewhere = any(option.id == number(gid) for option in options)
    return "OPTIONS_DO_NOT_BELONG_TO_THE_SAME_PRODUCT" if elsewhere else "OPTION_DOES_NOT_EXIST"


def _doubles(every: Sequence[Variant], places: Sequence[int]) -> list[Variant]:
    """The variants that would repeat an earlier one if only the options at `places` stayed."""
    seen: set[tuple[str, ...]] = set()
    doubles: list[Variant] = []
    for variant in every:
        rest = combination(variant.chosen[place].name for place in places)
        if rest in seen:
            doubles.append(variant)
        seen.add(rest)
    return doubles


_CODES_OF_OPTIONS = {
    "id": "OPTION_ID_DOES_NOT_EXIST",
    "name": "OPTION_NAME_DOES_NOT_EXIST",
    "twice": "DUPLICATED_OPTION_NAME",
    "missing": "MISSING_OPTION_NAME",
}
_CODES_OF_VALUES = {
    "id": "OPTION_VALUE_ID_DOES_NOT_EXIST",
    "name": "OPTION_VALUE_DOES_NOT_EXIST",
    "twice": "DUPLICATED_OPTION_VALUE",
    "missing": "MISSING_OPTION_VALUE",
}


def _ordered(
    every: Sequence[Named], given: Sequence[Given], codes: Mapping[str, str], *path: str
) -> list[Named]:
    """All of them in the order of their ids, or of their names. Raises RefusedError."""
    keys = {"name" if each.get("id") is None else "id" for each in given}
    if len(keys) > 1:
        raise RefusedError(refuse("MIXING_ID_AND_NAME_KEYS_IS_NOT_ALLOWED", *path))
    key = "id" if keys == {"id"} else "name"
    known = {str(each.id) if key == "id" else each.name.casefold(): each for each in every}
    wanted = [str(number(each["id"])) if key == "id" else _folded(each) for each in given]
    for index, each in enumerate(wanted):
        if each not in known:
            raise RefusedError(refuse(codes[key], *path, str(index)))
    if len(set(wanted)) < len(wanted):
        raise RefusedError(refuse(codes["twice"], *path))
    if len(wanted) < len(every):
        raise RefusedError(refuse(codes["missing"], *path))
    return [known[each] for each in wanted]


def _folded(given: Given) -> str:
    return str(given.get("name") or "").casefold()
