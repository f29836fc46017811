"""Names of shops."""

import re

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,98}\.myshopify\.com")


def shop_domain(raw: str) -> str | None:
    """The permanent domain of a shop in lower case, or None where the text is none."""
    domain = raw.strip().lower()
    return domain if _DOMAIN.fullmatch(domain) else None
