"""How Shopify rewrites what it is given: text, HTML, tags, money, handles and dates."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["cents", "handle", "html", "instant", "shop_time", "tags", "weight"]


def html(text: Any) -> str:
    """A little of what the rich text editor does: void tags without a slash, no outer space."""
    return re.sub(r"<(br|hr|img\b[^>]*?)\s*/>", r"<\1>", str(text or "")).strip()


def tags(given: Iterable[str] | str) -> list[str]:
    """Trimmed, one of each spelling whatever its case, in alphabetical order."""
    words = given.split(",") if isinstance(given, str) else given
    unique: dict[str, str] = {}
    for word in words:
        if stripped := word.strip():
            unique.setdefault(stripped.casefold(), stripped)
    return [unique[key] for key in sorted(unique)]


def cents(amount: Any) -> str:
    """Money as the API prints it. Raises ValueError for what is not an amount."""
    try:
        return str(Decimal(str(amount)).quantize(Decimal("0.01")))
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is not an amount of money.") from error


def weight(given: dict[str, Any]) -> dict[str, Any]:
    return {"value": float(given["value"]), "unit": given["unit"]}


def handle(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-") or "product"


def instant(moment: datetime) -> str:
    """GraphQL's form: UTC in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shop_time(moment: datetime, zone: tzinfo) -> str:
    """A webhook's form: the shop's own offset, whole seconds."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
