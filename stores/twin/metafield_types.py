"""The types of metafields: what each takes, and the one text in which it is stored.

The formats are Shopify's list of supported types; where it leaves a choice open (trailing zeros of
decimals, units' names) ours is an assumption of `docs/twin.md`.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from stores.twin.errors import TwinError, UnimplementedError
from stores.twin.rendering import cents, json_text

__all__ = ["BadMetafieldError", "Find", "canonical", "is_known", "is_reference", "json_value"]

LIST_LIMIT, TEXT_LIMIT, JSON_LIMIT = 128, 16 * 1024, 128 * 1024
# Whether a global id names something of one of these kinds in the shop; its currency.
Find = Callable[[str, frozenset[str]], bool]


class BadMetafieldError(TwinError):
    """A value that its type does not take; `index` is its place in a list."""

    def __init__(self, message: str, code: str = "INVALID_VALUE", index: int | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.index = message, code, index


@dataclass(frozen=True, slots=True)
class Shopkeeper:
    """What some types must know of the shop: its currency, and what a global id names there."""

    currency: str
    find: Find


@dataclass(frozen=True, slots=True)
class _Type:
    """`check` turns a JSON value into the canonical one; `plain` ones are not written as JSON."""

    check: Callable[[Any, Shopkeeper], Any]
    plain: bool = True
    listable: bool = True


def is_known(name: str) -> bool:
    """Whether there is such a type. Raises UnimplementedError for those that we don't play."""
    base = name.removeprefix("list.")
    if base in _UNPLAYED:
        raise UnimplementedError(f"The twin does not implement metafields of type {name}.")
    return base in _TYPES and (base == name or _TYPES[base].listable)


def is_reference(name: str) -> bool:
    return name.endswith("_reference")


def canonical(name: str, text: str, shop: Shopkeeper) -> str:
    """The text as it is stored. Raises BadMetafieldError."""
    if not text:
        raise BadMetafieldError("Value can't be blank.", "BLANK")
    limit = JSON_LIMIT if name in {"json", "rich_text_field"} else TEXT_LIMIT
    if len(text.encode()) > limit:
        raise BadMetafieldError(f"Value is too long (maximum is {limit} bytes).", "TOO_LONG")
    base = name.removeprefix("list.")
    kind = _TYPES[base]
    if base != name:
        return json_text(_list(kind, _parsed(text), shop))
    value = kind.check(text if kind.plain else _parsed(text), shop)
    return str(value) if kind.plain else json_text(value)


def json_value(name: str, text: str) -> Any:
    """What `jsonValue` shows of a stored text."""
    if name in {"number_integer", "boolean"} or name.startswith("list."):
        return json.loads(text)
    return text if _TYPES[name].plain else json.loads(text)


def _list(kind: _Type, values: Any, shop: Shopkeeper) -> list[Any]:
    if not isinstance(values, list):
        raise BadMetafieldError("Value must be an array.")
    if len(values) > LIST_LIMIT:
        raise BadMetafieldError(f"Value has too many elements (maximum is {LIST_LIMIT}).")
    found = []
    for index, value in enumerate(values):
        try:
            found.append(kind.check(value, shop))
        except BadMetafieldError as error:
            raise BadMetafieldError(error.message, error.code, index) from error
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError as error:
        raise BadMetafieldError("Value is invalid JSON.") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def _text(value: Any, _: Shopkeeper) -> str:
    if not isinstance(value, str):
        raise BadMetafieldError("Value must be a string.")
    return value


def _line(value: Any, shop: Shopkeeper) -> str:
    text = _text(value, shop)
    if "\n" in text or "\r" in text:
        raise BadMetafieldError("Value must be a single line text string.")
    return text


def _shaped(pattern: str, words: str) -> Callable[[Any, Shopkeeper], str]:
    def check(value: Any, shop: Shopkeeper) -> str:
        text = _text(value, shop)
        if not re.fullmatch(pattern, text):
            raise BadMetafieldError(f"Value must be {words}.")
        return text

    return check


def _integer(value: Any, _: Shopkeeper) -> int:
    most = 9_007_199_254_740_991
    digits = re.fullmatch(r"[+-]?\d+", str(value))
    if isinstance(value, bool) or not digits or abs(int(value)) > most:
        raise BadMetafieldError("Value must be an integer.")
    return int(value)


def _decimal(value: Any, _: Shopkeeper) -> str:
    """At most nine places; a whole number keeps one zero."""
    number = _number(value)
    if abs(number) >= Decimal(10) ** 13:
        raise BadMetafieldError("Value must be a decimal.")
    text = f"{round(number, 9):f}"
    whole, _point, places = text.partition(".")
    return f"{whole}.{places.rstrip('0') or '0'}"


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise BadMetafieldError("Value must be a decimal.") from error
    if isinstance(value, bool) or not number.is_finite():
        raise BadMetafieldError("Value must be a decimal.")
    return number


def _date(value: Any, shop: Shopkeeper) -> str:
    try:
        return date.fromisoformat(_text(value, shop)).isoformat()
    except ValueError as error:
        raise BadMetafieldError("Value must be in YYYY-MM-DD format.") from error


def _date_time(value: Any, shop: Shopkeeper) -> str:
    try:
        moment = datetime.fromisoformat(_text(value, shop))
    except ValueError as error:
        raise BadMetafieldError("Value must be in “YYYY-MM-DDTHH:MM:SS” format.") from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: Any, _: Shopkeeper) -> Any:
    return value


def _part(value: Any, name: str, words: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise BadMetafieldError(f"Value must be {words}.")
    return value[name]


def _money(value: Any, shop: Shopkeeper) -> dict[str, str]:
    words = "a JSON object with amount and currency_code"
    amount, currency = _part(value, "amount", words), _part(value, "currency_code", words)
    if currency != shop.currency:
        raise BadMetafieldError(f"Value must have the shop's currency, {shop.currency}.")
    return {"amount": cents(_number(amount)), "currency_code": currency}


def _measured(units: Mapping[str, str]) -> Callable[[Any, Shopkeeper], dict[str, Any]]:
    def check(value: Any, _: Shopkeeper) -> dict[str, Any]:
        words = "a JSON object with value and unit"
        amount = float(_number(_part(value, "value", words)))
        unit = units.get(str(_part(value, "unit", words)).casefold())
        if unit is None or amount < 0 or not math.isfinite(amount):
            raise BadMetafieldError(f"Value's unit must be one of {', '.join(units.values())}.")
        return {"value": amount, "unit": unit}

    return check


def _rating(value: Any, shop: Shopkeeper) -> dict[str, str]:
    words = "a JSON object with value, scale_min and scale_max"
    names = ("value", "scale_min", "scale_max")
    numbers = {name: _decimal(_part(value, name, words), shop) for name in names}
    least, most = Decimal(numbers["scale_min"]), Decimal(numbers["scale_max"])
    if not least <= Decimal(numbers["value"]) <= most:
        raise BadMetafieldError("Value must be between scale_min and scale_max.")
    return numbers


def _link(value: Any, shop: Shopkeeper) -> dict[str, str]:
    words = "a JSON object with text and url"
    return {
        "text": _line(_part(value, "text", words), shop),
        "url": _URL(_part(value, "url", words), shop),
    }


def _rich_text(value: Any, _: Shopkeeper) -> Any:
    if _part(value, "type", "a rich text object") != "root":
        raise BadMetafieldError("Value must be a rich text object whose type is root.")
    return value


def _reference(*kinds: str) -> Callable[[Any, Shopkeeper], str]:
    wanted = frozenset(kinds)

    def check(value: Any, shop: Shopkeeper) -> str:
        gid = _text(value, shop)
        if not shop.find(gid, wanted):
            raise BadMetafieldError(f"Value must belong to the specified {kinds[0]}.")
        return gid

    return check


def _units(names: str) -> dict[str, str]:
    """Both names of each unit, `short=LONG`, to the short one."""
    pairs = [each.split("=") for each in names.split()]
    return {name.casefold(): short for short, long in pairs for name in (short, long)}


_URL = _shaped(r"(?:https?://|mailto:|sms:|tel:)\S+", "a valid URL")
_WORDS = """
    article_reference collection_reference company_reference customer_reference
    metaobject_reference mixed_reference page_reference product_taxonomy_value_reference
    antenna_gain area battery_charge_capacity battery_energy_capacity capacitance concentration
    data_storage_capacity data_transfer_rate display_density distance duration electric_current
    electrical_resistance energy frequency illuminance inductance language luminous_flux
    mass_flow_rate power pressure resolution rotational_speed sound_level speed temperature
    thermal_power voltage volumetric_flow_rate
"""
_UNPLAYED = frozenset(_WORDS.split())
_TYPES: Mapping[str, _Type] = {
    "boolean": _Type(_shaped("true|false", "true or false"), listable=False),
    "color": _Type(_shaped("#[0-9a-fA-F]{6}", "a hex color code like #fff123")),
    "date": _Type(_date),
    "date_time": _Type(_date_time),
    "dimension": _Type(
        _measured(_units("in=INCHES ft=FEET yd=YARDS mm=MILLIMETERS cm=CENTIMETERS m=METERS")),
        plain=False,
    ),
    "file_reference": _Type(
        _reference("GenericFile", "MediaImage", "Video", "ExternalVideo", "Model3d")
    ),
    "id": _Type(_line, listable=False),
    "json": _Type(_json, plain=False, listable=False),
    "link": _Type(_link, plain=False),
    "money": _Type(_money, plain=False, listable=False),
    "multi_line_text_field": _Type(_text, listable=False),
    "number_decimal": _Type(_decimal),
    "number_integer": _Type(_integer),
    "product_reference": _Type(_reference("Product")),
    "rating": _Type(_rating, plain=False),
    "rich_text_field": _Type(_rich_text, plain=False, listable=False),
    "single_line_text_field": _Type(_line),
    "url": _Type(_URL),
    "variant_reference": _Type(_reference("ProductVariant")),
    "volume": _Type(
        _measured(
            _units(
                "ml=MILLILITERS cl=CENTILITERS l=LITERS m3=CUBIC_METERS us_fl_oz=FLUID_OUNCES "
                "us_pt=PINTS us_qt=QUARTS us_gal=GALLONS imp_fl_oz=IMPERIAL_FLUID_OUNCES "
                "imp_pt=IMPERIAL_PINTS imp_qt=IMPERIAL_QUARTS imp_gal=IMPERIAL_GALLONS"
            )
        ),
        plain=False,
    ),
    "weight": _Type(_measured(_units("oz=OUNCES lb=POUNDS g=GRAMS kg=KILOGRAMS")), plain=False),
}
