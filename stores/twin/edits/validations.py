"""What a definition asks of its metafields' values beyond their type."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from stores.twin.custom import Definition
from stores.twin.metafield_types import BadMetafieldError, json_value

__all__ = ["bad_validation", "check"]

Rule = Callable[[Any, str], bool]


def check(definition: Definition, value: str) -> None:
    """Hold a canonical value against the definition. Raises BadMetafieldError."""
    held = json_value(definition.type, value)
    many = definition.type.startswith("list.")
    for name, wanted in definition.validations.items():
        if name.startswith("list."):
            if not _SIZES[name](len(held), int(wanted)):
                raise BadMetafieldError(f"Value has a size outside {name} {wanted}.")
            continue
        rule = _rules(definition.type)[name]
        for index, each in enumerate(held if many else [held]):
            if not rule(each, wanted):
                said = f"Validation failed: {name} is {wanted}."
                raise BadMetafieldError(said, index=index if many else None)


def bad_validation(type_name: str, name: str, value: str) -> str:
    """What is wrong with a validation of a definition of this type, or nothing."""
    if name in _SIZES:
        fits = type_name.startswith("list.") and value.isdecimal()
        return "" if fits else f"{name} takes a whole number, for lists."
    if name not in _rules(type_name):
        return f"{name} is not a validation of {type_name}."
    try:
        _TAKES.get(name, str)(value)
        if name in {"min", "max"}:
            _measure(type_name)(value)
    except (ValueError, InvalidOperation, re.error):
        return f"{value!r} is not a value for {name}."
    return ""


def _rules(type_name: str) -> Mapping[str, Rule]:
    base = type_name.removeprefix("list.")
    if base in {"single_line_text_field", "multi_line_text_field", "id"}:
        return _TEXT
    if base == "number_integer":
        return _bounds(Decimal)
    if base == "number_decimal":
        return {**_bounds(Decimal), "max_precision": _is_precise}
    if base in {"date", "date_time"}:
        return _bounds(_measure(base))
    if base == "rating":
        return {name: _is_scale(name) for name in ("scale_min", "scale_max")}
    return {}


def _measure(type_name: str) -> Callable[[str], Any]:
    """How the bounds of a type are read."""
    base = type_name.removeprefix("list.")
    if base == "date":
        return date.fromisoformat
    if base == "date_time":
        return datetime.fromisoformat
    return Decimal if base.startswith("number") else int


def _bounds(read: Callable[[str], Any]) -> dict[str, Rule]:
    return {
        "min": lambda value, least: bool(read(str(value)) >= read(least)),
        "max": lambda value, most: bool(read(str(value)) <= read(most)),
    }


def _is_precise(value: Any, places: str) -> bool:
    return len(str(value).rpartition(".")[2].rstrip("0")) <= int(places)


def _is_scale(name: str) -> Rule:
    return lambda value, wanted: Decimal(value[name]) == Decimal(wanted)


_TEXT: Mapping[str, Rule] = {
    "min": lambda value, least: len(value) >= int(least),
    "max": lambda value, most: len(value) <= int(most),
    "regex": lambda value, pattern: re.search(pattern, value) is not None,
    "choices": lambda value, choices: value in json.loads(choices),
}
_SIZES: Mapping[str, Callable[[int, int], bool]] = {
    "list.min": int.__ge__,
    "list.max": int.__le__,
}
_TAKES: Mapping[str, Callable[[str], Any]] = {
    "regex": re.compile,
    "choices": json.loads,
    "max_precision": int,
    "scale_min": Decimal,
    "scale_max": Decimal,
}
