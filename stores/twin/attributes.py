"""What a merchant can set on a product and a variant: names, normal forms and refusals."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from stores.twin import rendering
from stores.twin.errors import TwinError, UnimplementedError
from stores.twin.refusals import Refusal

__all__ = ["ITEM", "PRODUCT", "VARIANT", "new_product", "new_variant", "normalise"]

TITLE_LIMIT = 255


class _BadValueError(TwinError):
    """A value that Shopify does not take."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code = message, code


def _title(given: Any) -> str:
    text = str(given or "").strip()
    if not text:
        raise _BadValueError("Title can't be blank", "BLANK")
    if len(text) > TITLE_LIMIT:
        raise _BadValueError(f"Title is too long (maximum is {TITLE_LIMIT} characters)", "TOO_LONG")
    return text


def _text(given: Any) -> str:
    return str(given or "").strip()


def _text_or_none(given: Any) -> str | None:
    return _text(given) or None


def _price(given: Any) -> str:
    if given is None:
        raise _BadValueError("Price can't be blank", "BLANK")
    return _amount(given, "Price")


def _compare_at(given: Any) -> str | None:
    return None if given in {None, ""} else _amount(given, "Compare at price")


def _cost(given: Any) -> str | None:
    return None if given in {None, ""} else _amount(given, "Unit cost")


def _hs_code(given: Any) -> str | None:
    code = re.sub(r"[.\s]", "", str(given or ""))
    if code and not re.fullmatch(r"\d{6,13}", code, re.ASCII):
        said = "Harmonized system code must be a number between 6 and 13 digits"
        raise _BadValueError(said, "INVALID_VALUE")
    return code or None


def _hs_codes(given: Any) -> list[dict[str, Any]]:
    return [
        {
            "countryCode": each.get("countryCode"),
            "harmonizedSystemCode": _hs_code(each["harmonizedSystemCode"]),
        }
        for each in given or ()
    ]


def _amount(given: Any, name: str) -> str:
    try:
        amount = rendering.cents(given)
    except ValueError as error:
        raise _BadValueError(f"{name} is not a number", "INVALID_VALUE") from error
    if Decimal(amount) < 0:
        raise _BadValueError(
            f"{name} must be greater than or equal to 0", "GREATER_THAN_OR_EQUAL_TO"
        )
    return amount


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def check(given: Any) -> str:
        if given not in allowed:
            raise _BadValueError(f"Must be one of {', '.join(allowed)}", "INVALID_VALUE")
        return str(given)

    return check


def _category(given: Any) -> str | None:
    """A node of Shopify's taxonomy; the twin knows its form, not its tree."""
    if given is None or re.fullmatch(r"gid://shopify/TaxonomyCategory/[\w-]+", str(given)):
        return given and str(given)
    raise _BadValueError("Category does not exist.", "INVALID_VALUE")


PRODUCT: Mapping[str, Callable[[Any], Any]] = {
    "title": _title,
    "handle": lambda given: rendering.handle(str(given)),
    "descriptionHtml": rendering.html,
    "vendor": _text,
    "productType": _text,
    "tags": rendering.tags,
    "status": _one_of("ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"),
    "seo.title": _text_or_none,
    "seo.description": _text_or_none,
    "templateSuffix": _text_or_none,
    "category": _category,
}
ITEM: Mapping[str, Callable[[Any], Any]] = {
    "sku": _text_or_none,
    "weight": rendering.weight,
    "tracked": bool,
    "requiresShipping": bool,
    "cost": _cost,
    "countryCodeOfOrigin": _text_or_none,
    "provinceCodeOfOrigin": _text_or_none,
    "harmonizedSystemCode": _hs_code,
    "countryHarmonizedSystemCodes": _hs_codes,
}
VARIANT: Mapping[str, Callable[[Any], Any]] = {
    "price": _price,
    "compareAtPrice": _compare_at,
    "barcode": _text_or_none,
    "taxable": bool,
    "inventoryPolicy": _one_of("DENY", "CONTINUE"),
    **ITEM,
}
_PLACES = {
    **{name: ["inventoryItem", name] for name in ITEM},
    "weight": ["inventoryItem", "measurement", "weight"],
}


# Inputs that mean nothing where they are off, as the schema itself fills some in.
_SWITCHED_OFF = frozenset(
    {
        *("deleteConflictingConstrainedMetafields", "giftCard", "redirectNewHandle"),
        *("requiresComponents", "requiresSellingPlan", "showUnitPrice"),
    }
)


def new_product(title: str) -> dict[str, Any]:
    texts = {"title": title, "handle": rendering.handle(title), "descriptionHtml": "", "vendor": ""}
    rest = dict.fromkeys(("seo.title", "seo.description", "templateSuffix", "category"))
    return {**texts, "productType": "", "tags": [], "status": "ACTIVE", **rest}


def new_variant() -> dict[str, Any]:
    return {
        "price": "0.00",
        "compareAtPrice": None,
        "barcode": None,
        "taxable": True,
        "inventoryPolicy": "DENY",
        "sku": None,
        "weight": {"value": 0.0, "unit": "KILOGRAMS"},
        "tracked": True,
        "requiresShipping": True,
        "cost": None,
        "countryCodeOfOrigin": None,
        "provinceCodeOfOrigin": None,
        "harmonizedSystemCode": None,
        "countryHarmonizedSystemCodes": [],
    }


def normalise(
    given: Mapping[str, Any], known: Mapping[str, Callable[[Any], Any]]
) -> tuple[dict[str, Any], list[Refusal]]:
    """An input as Shopify would store it, and what it refuses of it."""
    values: dict[str, Any] = {}
    refusals: list[Refusal] = []
    for name, value in _flat(given):
        if name not in known:
            raise UnimplementedError(f"The twin does not implement the input {name}.")
        try:
            values[name] = known[name](value)
        except _BadValueError as refused:
            field = _PLACES.get(name, name.split("."))
            refusals.append(Refusal(list(field), refused.message, refused.code))
    return values, refusals


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Inputs nest what a merchant sees as one list: SEO, the inventory item, its measurement."""
    for name, value in given.items():
        if name == "id" or (name in _SWITCHED_OFF and value is False):
            continue
        if name == "seo":
            yield from ((f"seo.{part}", each) for part, each in (value or {}).items())
        elif name in {"inventoryItem", "measurement"}:
            yield from _flat(value or {})
        else:
            yield name, value
