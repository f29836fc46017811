"""Normal forms: the one spelling in which two values of an attribute are compared."""

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import TypeAlias

Value: TypeAlias = str | bool | list[str] | dict[str, str] | None
Normalise: TypeAlias = Callable[[object], Value]

NORMALISER_VERSION = 1
"""Counts the normal forms. A new one may take for equal what was not, never the other way round:
what stores were known to show is then the same as what they show, and nobody has edited."""

_VOID = re.compile(
    r"<(area|base|br|col|embed|hr|img|input|link|source|track|wbr)((?:\s[^<>]*?)?)\s*/>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL keeps none of these in a jsonb
_COUNTRY = re.compile("[A-Z]{2}")
_HS_CODE = re.compile("[0-9]{6,13}")
_UNITS = {"G": "GRAMS", "KG": "KILOGRAMS", "OZ": "OUNCES", "LB": "POUNDS"}
WEIGHT_UNITS = frozenset(_UNITS.values())
STATUSES = frozenset({"ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"})
POLICIES = frozenset({"DENY", "CONTINUE"})
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
CENTS = 2
MOST_TAGS = 250
MOST_PICTURES, LONGEST_ALT = 250, 512
LONGEST_TAG = 255
LONGEST_NAME = 255
_LARGEST = Decimal(10) ** 15


class BadValueError(ValueError):
    """A value that is none of its attribute."""


def fingerprint(value: Value) -> str:
    """A short stable hash of a normal form."""
    spelled = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(spelled.encode(), digest_size=12).hexdigest()


def text(raw: object) -> Value:
    """Text that is never absent: nothing is the empty text."""
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise BadValueError("a text is needed")
    return storable(raw).strip()


def storable(raw: str) -> str:
    return _UNSTORABLE.sub("", raw)


def optional_text(raw: object) -> Value:
    """Text that may be absent: Shopify gives null and '' for the same thing."""
    return text(raw) or None


def html(raw: object) -> Value:
    """HTML with one line ending and one spelling of void tags (Shopify rewrites both)."""
    plain = str(text(raw)).replace("\r\n", "\n").replace("\r", "\n")
    return _VOID.sub(r"<\1\2>", plain).strip()


def essence(value: Value) -> Value:
    """What is left of HTML when it is rendered another way: its words."""
    if not isinstance(value, str):
        return value
    return "".join(unescape(_TAG.sub(" ", value)).split())


def tags(raw: object) -> Value:
    """A set of words: a comma separates, case doesn't distinguish, order doesn't count."""
    if raw is None:
        raw = []
    if isinstance(raw, str):
        raw = [raw]
    if not isinstance(raw, list | tuple) or not all(isinstance(tag, str) for tag in raw):
        raise BadValueError("tags are a list of texts")
    words = {str(text(word)) for tag in raw for word in tag.split(",")} - {""}
    # sorted before folding, so that which spelling survives doesn't depend on the order given
    distinct = {word.casefold(): word for word in sorted(words, reverse=True)}
    return [distinct[folded] for folded in sorted(distinct)]


def names(raw: object) -> Value:
    """Names in their order. They may hold commas, so only what a person types is split there."""
    if isinstance(raw, str):
        raw = [part for part in raw.split(",") if part.strip()]
    if not isinstance(raw, list | tuple) or not all(isinstance(name, str) for name in raw):
        raise BadValueError("a list of names is needed")
    return [str(text(name)) for name in raw]


def channels(raw: object) -> Value:
    """Names of channels in no order; people separate them by commas."""
    given = raw.split(",") if isinstance(raw, str) else raw or ()
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        raise BadValueError("channels are a list of names")
    return [*sorted({str(text(name)) for name in given} - {""})]


def pictures(raw: object) -> Value:
    """Pictures in their order, each an address and its text; people write one a line."""
    given = raw.splitlines() if isinstance(raw, str) else raw or ()
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise BadValueError("pictures are a list of addresses, each with its text")
    entries = [" ".join(storable(one).split()) for one in given]
    by_address = {entry.partition(" ")[0]: entry for entry in reversed(entries) if entry}
    return [entry for entry in dict.fromkeys(entries) if entry in by_address.values()]


def word_of(allowed: frozenset[str]) -> Normalise:
    """One of a few words; webhooks spell them in lower case."""

    def normalise(raw: object) -> Value:
        word = raw.strip().upper() if isinstance(raw, str) else ""
        if word not in allowed:
            raise BadValueError(f"one of {', '.join(sorted(allowed))} is needed")
        return word

    return normalise


def boolean(raw: object) -> Value:
    if not isinstance(raw, bool):
        raise BadValueError("true or false is needed")
    return raw


def money(raw: object) -> Value:
    """An amount with at least two decimals: 19, 19.0 and 19.00 are one price."""
    number = decimal(raw)
    exponent = number.normalize().as_tuple().exponent
    digits = max(CENTS, -exponent) if isinstance(exponent, int) else CENTS
    return f"{number:.{digits}f}" if number else "0.00"


def optional_money(raw: object) -> Value:
    return None if raw is None or raw == "" else money(raw)


def country(raw: object) -> Value:
    """A country's two letters (ISO 3166-1), or nothing."""
    code = str(text(raw)).upper()
    if code and not _COUNTRY.fullmatch(code):
        raise BadValueError("a country is two letters, as CH")
    return code or None


def hs_code(raw: object) -> Value:
    """A customs tariff number: 6 to 13 digits, which people write with dots and spaces."""
    code = re.sub(r"[.\s]", "", str(text(raw)))
    if code and not _HS_CODE.fullmatch(code):
        raise BadValueError("a harmonised system code is 6 to 13 digits")
    return code or None


def weight(raw: object) -> Value:
    """A number and its unit as one value; no weight and a weight of zero are the same."""
    if raw is None:
        return None
    if not isinstance(raw, dict) or not {"value", "unit"} <= set(raw):
        raise BadValueError(
            'a weight is a value and a unit, as {"value": "0.4", "unit": "KILOGRAMS"}'
        )
    unit = str(raw["unit"]).strip().upper()
    unit = _UNITS.get(unit, unit)
    if unit not in WEIGHT_UNITS:
        raise BadValueError(f"the unit of a weight is one of {', '.join(sorted(WEIGHT_UNITS))}")
    number = decimal(raw["value"])
    # the port sends a float, and only what a float carries comes back
    carried = Decimal(repr(float(number)))
    return {"value": f"{carried.normalize():f}", "unit": unit} if carried else None


def decimal(raw: object) -> Decimal:
    """A finite number written as text or as a JSON number."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise BadValueError("a number is needed")
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise BadValueError("a number is needed") from None
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise BadValueError("a number of a sensible size is needed")
    return number


def typed(raw: object, normalise: Normalise) -> object:
    """Read what a form or a table cell gives as text where the attribute is no text."""
    if not isinstance(raw, str):
        return raw
    if normalise is boolean:
        return _BOOLEANS.get(raw.strip().lower(), raw)
    if normalise is weight:
        number, _, unit = raw.strip().partition(" ")
        return {"value": number, "unit": unit} if number else None
    return raw


def check_amount(amount: str) -> None:
    if amount.startswith("-"):
        raise BadValueError("an amount can't be negative")
    if len(amount.partition(".")[2]) > CENTS:
        raise BadValueError("an amount has at most two decimals")


def check_names(given: list[str]) -> None:
    if not given or not all(given):
        raise BadValueError("no name can be empty")
    if any(len(name) > LONGEST_NAME for name in given):
        raise BadValueError(f"a name has at most {LONGEST_NAME} characters")


def check_pictures(entries: list[str]) -> None:
    if len(entries) > MOST_PICTURES:
        raise BadValueError(f"at most {MOST_PICTURES} pictures are allowed")
    if any(len(entry.partition(" ")[2]) > LONGEST_ALT for entry in entries):
        raise BadValueError(f"a picture's text has at most {LONGEST_ALT} characters")


def check_tags(words: list[str]) -> None:
    if len(words) > MOST_TAGS:
        raise BadValueError(f"at most {MOST_TAGS} tags are allowed")
    if any(len(word) > LONGEST_TAG for word in words):
        raise BadValueError(f"a tag has at most {LONGEST_TAG} characters")
