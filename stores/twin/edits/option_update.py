"""The change of one option: its name, its place, and its values with what hangs on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stores.twin.edits import options, variants
from stores.twin.edits.choices import NAME_LIMIT, combination, structure
from stores.twin.edits.deed import Deed
from stores.twin.edits.drafts import Draft, like
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import VARIANT_LIMIT, Option, OptionValue, Product, Variant
from stores.twin.refusals import Refusal, RefusedError, refuse

__all__ = ["Values", "update"]

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Values:
    """Inputs: values to add, to rename by id, and ids to delete."""

    add: Sequence[Given] = ()
    rename: Sequence[Given] = ()
    delete: Sequence[str] = ()


@dataclass(slots=True)
class _Plan:
    option: Option
    adding: list[str]
    renaming: dict[OptionValue, str]
    leaving: list[OptionValue]


def update(deed: Deed, product: Product, given: Given, values: Values, strategy: str) -> None:
    """Change an option; with MANAGE variants follow its values, else they stay (schema text).

    MANAGE makes a variant for every combination of the other options with each new value, and
    deletes those of a deleted one. Raises RefusedError.
    """
    plan = _plan(product, given, values)
    manage = strategy == "MANAGE"
    place = product.options.index(plan.option)
    going = [each for each in product.variants if each.chosen[place] in plan.leaving]
    copies = _copies(deed, product, place, plan.adding) if manage else []
    _check(product, plan, going, copies, manage=manage)
    with structure(deed, product):
        plan.option.name = _name(given) or plan.option.name
        _rename(deed, product, plan)
        plan.option.values = [each for each in plan.option.values if each not in plan.leaving]
        plan.option.values += [
            OptionValue(deed.twin.next_id("option_value"), name) for name in plan.adding
        ]
        variants.insert(deed, product, copies)
        variants.remove(deed, product, going)
        _place(deed, product, plan.option, given.get("position"))


def _plan(product: Product, given: Given, values: Values) -> _Plan:
    option = _option(product, given)
    known = {value.id: value for value in option.values}
    renamed = [known.get(number(each["id"]) or 0) for each in values.rename]
    leaving = [known.get(number(gid) or 0) for gid in values.delete]
    refusals = _unknown("optionValuesToUpdate", renamed) + _unknown("optionValuesToDelete", leaving)
    if refusals:
        raise RefusedError(*refusals)
    names = [_name(each) for each in values.rename]
    return _Plan(
        option,
        [_name(each) for each in values.add],
        {value: name for value, name in zip(renamed, names, strict=True) if value and name},
        [value for value in leaving if value],
    )


def _option(product: Product, given: Given) -> Option:
    wanted = number(given["id"])
    found = next((each for each in product.options if each.id == wanted), None)
    if found is None:
        raise RefusedError(refuse("OPTION_DOES_NOT_EXIST", "option"))
    if given.get("linkedMetafield") is not None:
        raise UnimplementedError("The twin does not link options to metafields.")
    name, position = given.get("name"), given.get("position")
    if name is not None and not _name(given):
        raise RefusedError(refuse("INVALID_NAME", "option", "name"))
    if len(_name(given)) > NAME_LIMIT:
        raise RefusedError(refuse("OPTION_NAME_TOO_LONG", "option", "name"))
    if product.option(_name(given)) not in {None, found}:
        raise RefusedError(refuse("OPTION_ALREADY_EXISTS", "option", "name"))
    if position is not None and not 1 <= position <= len(product.options):
        raise RefusedError(refuse("INVALID_POSITION", "option", "position"))
    return found


def _check(
    product: Product,
    plan: _Plan,
    going: Sequence[Variant],
    copies: Sequence[Draft],
    *,
    manage: bool,
) -> None:
    """The refusals that only the whole of a change shows. Raises RefusedError."""
    refusals: list[Refusal] = []
    if plan.leaving and plan.renaming.keys() & set(plan.leaving):
        refusals.append(refuse("OPTION_VALUE_CONFLICTING_OPERATION", "optionValuesToUpdate"))
    refusals += _bad_names(plan)
    if len(plan.leaving) == len(plan.option.values) and not plan.adding:
        refusals.append(refuse("CANNOT_DELETE_ALL_OPTION_VALUES_IN_OPTION", "optionValuesToDelete"))
    elif going and not manage:
        refusals.append(refuse("OPTION_VALUE_HAS_VARIANTS", "optionValuesToDelete"))
    elif len(going) == len(product.variants) and not copies:
        refusals.append(refuse("CANNOT_LEAVE_OPTIONS_WITHOUT_VARIANTS", "optionValuesToDelete"))
    if len(product.variants) + len(copies) - len(going) > VARIANT_LIMIT:
        refusals.append(refuse("TOO_MANY_VARIANTS_CREATED", "optionValuesToAdd"))
    if refusals:
        raise RefusedError(*refusals)


def _bad_names(plan: _Plan) -> list[Refusal]:
    refusals: list[Refusal] = []
    staying = [each for each in plan.option.values if each not in plan.leaving]
    taken = [plan.renaming.get(each, each.name).casefold() for each in staying]
    if len(set(taken)) < len(taken):
        refusals.append(refuse("OPTION_VALUE_ALREADY_EXISTS", "optionValuesToUpdate"))
    adding = [name.casefold() for name in plan.adding]
    for index, name in enumerate(adding):
        path = ("optionValuesToAdd", str(index), "name")
        if not name:
            refusals.append(refuse("INVALID_NAME", *path))
        elif len(name) > NAME_LIMIT:
            refusals.append(refuse("OPTION_VALUE_NAME_TOO_LONG", *path))
        elif name in taken:
            refusals.append(refuse("OPTION_VALUE_ALREADY_EXISTS", *path))
        elif name in adding[:index]:
            refusals.append(refuse("DUPLICATED_OPTION_VALUE", *path))
    return refusals


def _copies(deed: Deed, product: Product, place: int, adding: Sequence[str]) -> list[Draft]:
    """For each combination of the other options, the first variant of it with each new value."""
    rest: dict[tuple[str, ...], Variant] = {}
    for variant in product.variants:
        others = [value.name for at, value in enumerate(variant.chosen) if at != place]
        rest.setdefault(combination(others), variant)
    return [like(deed.shop, variant, {place: name}) for name in adding for variant in rest.values()]


def _rename(deed: Deed, product: Product, plan: _Plan) -> None:
    changed = {value for value, name in plan.renaming.items() if value.name != name}
    for value in changed:
        value.name = plan.renaming[value]
    for variant in product.variants if changed else ():
        if changed.intersection(variant.chosen):
            deed.touch_variant(variant)


def _place(deed: Deed, product: Product, option: Option, position: int | None) -> None:
    if position is not None:
        here = product.options.index(option)
        places = [place for place in range(len(product.options)) if place != here]
        places.insert(position - 1, here)
        options.permute(deed, product, places)


def _unknown(argument: str, found: Sequence[OptionValue | None]) -> list[Refusal]:
    return [
        refuse("OPTION_VALUE_DOES_NOT_EXIST", argument, str(index))
        for index, each in enumerate(found)
        if each is None
    ]


def _name(given: Given) -> str:
    return str(given.get("name") or "").strip()
