"""What people and programs type, taken as values of attributes or refused in one sentence."""

from catalogue.domain import metafields, values
from catalogue.domain.attributes import Attribute, attribute
from catalogue.domain.values import BadValueError, Value


def clean(name: str, raw: object) -> Value:
    """Take a person's input as a normal form, or say in one sentence what is wrong with it."""
    declared = attribute(name)
    try:
        value = declared.normalise(values.typed(raw, declared.normalise))
        _check(declared, value)
    except BadValueError as error:
        raise BadValueError(f"{declared.label}: {error}.") from error
    return value


def may_be_empty(declared: Attribute) -> bool:
    """Whether showing nothing is a value of this attribute."""
    try:
        empty = declared.normalise(None)
    except BadValueError:
        return False
    return not declared.required and not empty


def _check(declared: Attribute, value: Value) -> None:
    if declared.required and not value:
        raise BadValueError("it can't be empty")
    if declared.longest and isinstance(value, str) and len(value) > declared.longest:
        raise BadValueError(f"at most {declared.longest} characters are allowed")
    if declared.money and isinstance(value, str):
        values.check_amount(value)
    if isinstance(value, list):
        _check_list(declared, value)
    if declared.part == "metafields":
        if value is not None:
            metafields.check(value)
    elif isinstance(value, dict) and value["value"].startswith("-"):
        raise BadValueError("a weight can't be negative")


def _check_list(declared: Attribute, value: list[str]) -> None:
    if declared.part == "media":
        values.check_pictures(value)
    elif declared.structural:
        values.check_names(value)
    else:
        values.check_tags(value)
