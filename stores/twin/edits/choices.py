"""Which option values a variant has: from the names and ids of an input to the product's own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from stores.twin.edits.deed import Deed
from stores.twin.errors import UnimplementedError
from stores.twin.gids import number
from stores.twin.goods import Option, OptionValue, Product
from stores.twin.refusals import RefusedError, refuse
from stores.twin.world import Twin

__all__ = ["chosen", "combination", "named", "snapshot", "structure"]

NAME_LIMIT = 255
Given = Mapping[str, Any]


def named(
    options: Sequence[Option], given: Sequence[Given], stay: Sequence[str] | None = None
) -> list[str]:
    """One value's name for each option, from `optionValues`; what isn't given stays.

    Raises RefusedError. Only what is given by id must be there already: names may be new.
    """
    if len(given) > len(options):
        raise RefusedError(refuse("OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS", "optionValues"))
    names: list[str] = list(stay or [""] * len(options))
    for place, each in enumerate(given):
        at, name = _choice(options, each, ("optionValues", str(place)))
        names[at] = name
    if not all(names):
        raise RefusedError(refuse("NEED_TO_ADD_OPTION_VALUES", "optionValues"))
    return names


def chosen(
    twin: Twin, options: Sequence[Option], combinations: Iterable[Iterable[str]]
) -> list[list[OptionValue]]:
    """The values of each combination of names; a new name becomes its option's last value."""
    known = [{value.name.casefold(): value for value in option.values} for option in options]

    def value(at: int, name: str) -> OptionValue:
        if (found := known[at].get(name.casefold())) is None:
            found = known[at][name.casefold()] = OptionValue(twin.next_id("option_value"), name)
            options[at].values.append(found)
        return found

    return [[value(at, name) for at, name in enumerate(names)] for names in combinations]


def combination(names: Iterable[str]) -> tuple[str, ...]:
    """What no two variants of a product may share."""
    return tuple(name.casefold() for name in names)


def snapshot(product: Product) -> list[dict[str, Any]]:
    """The product's options as the log keeps them."""
    return [
        {"name": option.name, "values": [value.name for value in option.values]}
        for option in product.options
    ]


@contextmanager
def structure(deed: Deed, product: Product, *, keeps_all_values: bool = False) -> Iterator[None]:
    """A block that changes options or variants: the options' true edit is logged at its end.

    An option value that lost its last variant in the block goes (assumed: Shopify may keep it),
    unless the block says of each value whether it stays.
    """
    before, used = snapshot(product), product.used()
    yield
    lost = set() if keeps_all_values else used - product.used()
    for option in product.options if lost else ():
        option.values = [value for value in option.values if value.id not in lost]
    if (after := snapshot(product)) != before:
        deed.note(product.gid, "options", before, after)
        deed.touch(product)


def _choice(options: Sequence[Option], given: Given, path: Sequence[str]) -> tuple[int, str]:
    if given.get("linkedMetafieldValue") is not None:
        raise UnimplementedError("The twin does not link options to metafields.")
    at = next((place for place, each in enumerate(options) if _is_meant(each, given)), None)
    if at is None:
        raise RefusedError(refuse("OPTION_DOES_NOT_EXIST", *path))
    if given.get("id") is not None:
        wanted = number(given["id"])
        value = next((each for each in options[at].values if each.id == wanted), None)
        if value is None:
            raise RefusedError(refuse("OPTION_VALUE_DOES_NOT_EXIST", *path))
        return at, value.name
    name = str(given.get("name") or "").strip()
    if not name:
        raise RefusedError(refuse("NEED_TO_ADD_OPTION_VALUES", *path))
    if len(name) > NAME_LIMIT:
        raise RefusedError(refuse("OPTION_VALUE_NAME_TOO_LONG", *path))
    return at, name


def _is_meant(option: Option, given: Given) -> bool:
    if given.get("optionId") is not None:
        return option.id == number(given["optionId"])
    return option.name.casefold() == str(given.get("optionName") or "").casefold()
