"""Metafields as attributes: their names, and one spelling of the values of each type.

A value says its own type, `{"type": "number_integer", "value": "7"}`, so that a metafield's name is
all that is needed to compare two of them. Types and their formats:
https://shopify.dev/docs/apps/build/custom-data/metafields/list-of-data-types
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from catalogue.domain.values import BadValueError, Value, decimal, storable
from catalogue.enums import Owner

PREFIXES: Mapping[str, Owner] = {
    "metafield": Owner.PRODUCT,
    "variant_metafield": Owner.VARIANT,
}
LONGEST_NAME = 190
LINKED = frozenset({"product_reference", "variant_reference"})
"""References to records that we know in every store. In the hub they name these records."""
TARGETS = re.compile(r"(product|variant):[0-9]{1,18}")


def name_of(owner: Owner, namespace: str, key: str) -> str:
    """The name of the attribute that a metafield is."""
    prefix = next(prefix for prefix, known in PREFIXES.items() if known is owner)
    return f"{prefix}:{namespace}.{key}"


def place_of(name: str) -> tuple[Owner, str] | None:
    """Whose metafield an attribute's name means, and its `namespace.key`; None: no metafield."""
    prefix, separator, place = name.partition(":")
    if not separator or prefix not in PREFIXES or "." not in place:
        return None
    return PREFIXES[prefix], place


def places(names: Iterable[str], owner: Owner) -> list[str]:
    """The `namespace.key` of those that belong to an owner, in a stable order."""
    found = (place_of(name) for name in sorted(names))
    return [place[1] for place in found if place and place[0] is owner]


def base_of(kind: str) -> str:
    """The type of a list's items; of any other type itself."""
    return kind.removeprefix("list.")


def is_reference(kind: str) -> bool:
    return base_of(kind).endswith("_reference")


def why_not(kind: str) -> str:
    """Why metafields of a type can't be kept in step; empty where they can."""
    base = base_of(kind)
    if is_reference(kind) and base not in LINKED:
        return (
            f"A {base.replace('_', ' ')} leads to something that only its own store has, "
            "so it can't be carried to another."
        )
    if base not in _TYPES or (base != kind and base in _NEVER_LISTED):
        return f"“{kind}” is no type of metafields that is known here."
    return ""


def normalise(raw: object) -> Value:
    """A metafield in its one spelling, or nothing. What its type doesn't know is left as it is."""
    if raw is None:
        return None
    kind, text = _taken(raw)
    try:
        return {"type": kind, "value": _spelled(kind, text)}
    except ValueError:
        return {"type": kind, "value": text}


def check(raw: object) -> None:
    """Raise BadValueError where a value is none of its type."""
    kind, text = _taken(raw)
    try:
        _spelled(kind, text)
    except ValueError as error:
        raise BadValueError(f"a value of the type {kind} is needed ({error})") from error
    prefix = base_of(kind).partition("_")[0]
    for target in targets({"type": kind, "value": text}):
        if not TARGETS.fullmatch(target) or not target.startswith(prefix):
            raise BadValueError(f"as {prefix}:7, by its number here; ids of one store don't travel")


def typed(raw: object, kind: str) -> object:
    """What a person typed, as a metafield of its declared type; nothing typed is no metafield."""
    if raw is None or raw == "":
        return None
    if isinstance(raw, dict) and set(raw) == {"type", "value"}:
        if raw["type"] != kind:
            raise BadValueError(f"This metafield is of the type {kind}, not {raw['type']}.")
        return raw
    if isinstance(raw, bool):
        raw = "true" if raw else "false"
    return {"type": kind, "value": raw if isinstance(raw, str) else json.dumps(raw)}


def is_link(value: Value) -> bool:
    """Whether a value leads to products or variants."""
    return isinstance(value, dict) and base_of(value.get("type", "")) in LINKED


def targets(value: Value) -> list[str]:
    """What a link leads to: records of the hub, as `product:7`, or a store's own ids."""
    if not isinstance(value, dict) or not is_link(value):
        return []
    if not value["type"].startswith("list."):
        return [value["value"]]
    try:
        listed = json.loads(value["value"])
    except ValueError:
        return [value["value"]]
    return [str(one) for one in listed] if isinstance(listed, list) else [value["value"]]


def retarget(value: Value, known: Mapping[str, str]) -> Value:
    """A link that leads to the same by other names; None where one of them is not known."""
    found = [known.get(target) for target in targets(value)]
    if not isinstance(value, dict) or None in found:
        return None
    text = _dumped(found) if value["type"].startswith("list.") else str(found[0])
    return {"type": value["type"], "value": text}


def leads_into_a_store(value: Value) -> bool:
    """Whether a link leads to something by an id that only one store knows."""
    return any(not TARGETS.fullmatch(target) for target in targets(value))


def currency_of(value: Value) -> str:
    """In which currency an amount of money is; empty for everything else."""
    if not isinstance(value, dict) or value.get("type") != "money":
        return ""
    try:
        return str(json.loads(value["value"])["currency_code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _taken(raw: object) -> tuple[str, str]:
    if not isinstance(raw, Mapping) or not {"type", "value"} <= set(raw):
        raise BadValueError('a metafield is a type and a value, as {"type": …, "value": …}')
    kind, text = raw["type"], raw["value"]
    if not isinstance(kind, str) or not isinstance(text, str):
        raise BadValueError("a metafield's type and value are texts")
    return kind, storable(text)


def _spelled(kind: str, text: str) -> str:
    base = base_of(kind)
    spell = _TYPES.get(base, _plain)
    if base == kind:
        return spell(text)
    items = json.loads(text)
    if not isinstance(items, list):
        raise BadValueError("a list is needed")
    return _dumped([_item(spell, item) for item in items])


def _item(spell: Callable[[str], str], item: Any) -> Any:
    """An item of a list: texts stand in it as texts, all else as JSON."""
    if isinstance(item, str):
        return spell(item)
    return json.loads(spell(json.dumps(item)))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise BadValueError("one line")
    return text


def _integer(text: str) -> str:
    if not re.fullmatch(r"[+-]?\d+", text.strip()):
        raise BadValueError("a whole number")
    return str(int(text))


def _decimal(raw: object) -> str:
    return f"{decimal(raw).normalize():f}"


def _boolean(text: str) -> str:
    word = text.strip().lower()
    if word not in ("true", "false"):
        raise BadValueError("true or false")
    return word


def _date(text: str) -> str:
    return date.fromisoformat(text.strip()).isoformat()


def _date_time(text: str) -> str:
    """Without an offset it is UTC; seconds are whole."""
    moment = datetime.fromisoformat(text.strip())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _colour(text: str) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", text.strip()):
        raise BadValueError("as #ff0080")
    return text.strip().lower()


def _json(text: str) -> str:
    """JSON without spaces and in the order of its keys; 1 and 1.0 are one number."""
    return _dumped(json.loads(text, parse_float=_number, parse_int=_number))


def _number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _money(text: str) -> str:
    given = json.loads(text)
    try:
        amount = f"{decimal(given['amount']):.2f}"
        return _dumped({"amount": amount, "currency_code": str(given["currency_code"]).upper()})
    except (KeyError, TypeError, InvalidOperation) as error:
        raise BadValueError('as {"amount": "5.99", "currency_code": "USD"}') from error


def _rating(text: str) -> str:
    given = json.loads(text)
    try:
        return _dumped(
            {name: _decimal(given[name]) for name in ("scale_max", "scale_min", "value")}
        )
    except (KeyError, TypeError) as error:
        raise BadValueError("a value, scale_min and scale_max") from error


_RATING = ("scale_max", "scale_min", "value")


def _dumped(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


_TYPES: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(("single_line_text_field", "id", "url", "language"), _line),
    "multi_line_text_field": _plain,
    **dict.fromkeys(("json", "rich_text_field", "link", "dimension", "volume", "weight"), _json),
    "number_integer": _integer,
    "number_decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "date_time": _date_time,
    "color": _colour,
    "money": _money,
    "rating": _rating,
    **dict.fromkeys(LINKED, _line),
}
_NEVER_LISTED = frozenset(
    {"boolean", "id", "json", "money", "multi_line_text_field", "rich_text_field", "language"}
)
KINDS = (*_TYPES, *(f"list.{kind}" for kind in _TYPES if kind not in _NEVER_LISTED))
"""Every type that can be kept in step."""
