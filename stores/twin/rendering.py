"""How Shopify rewrites what it is given: text, HTML, tags, money, handles and dates."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from selectolax.lexbor import LexborHTMLParser

__all__ = [
    "cents",
    "handle",
    "html",
    "instant",
    "json_text",
    "plain",
    "shop_time",
    "tags",
    "weight",
]


def html(text: Any) -> str:
    """As a browser would write what it understood: tags closed, attributes quoted, entities known.

    Outer space goes, nothing else. Its own output stays as it is, but for a few broken tables, as
    in browsers.
    """
    body = LexborHTMLParser(f"<body>{text or ''}").body
    return (body.inner_html or "").strip() if body else ""


def plain(html_text: str, limit: int | None = None) -> str:
    """The words of HTML, cut after so many letters."""
    body = LexborHTMLParser(f"<body>{html_text}").body
    words = " ".join(body.text(separator=" ").split()) if body else ""
    return words if limit is None or len(words) <= limit else f"{words[: max(0, limit - 3)]}..."


def json_text(value: Any) -> str:
    """JSON as it is stored: no spaces between, keys in their order, letters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


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
    """Letters, digits and hyphens: Latin letters lose their marks, others stay as they are."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", title.casefold()))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", bare)).strip("-") or "product"


def instant(moment: datetime) -> str:
    """GraphQL's form: UTC in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shop_time(moment: datetime, zone: tzinfo) -> str:
    """A webhook's form: the shop's own offset, whole seconds."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
