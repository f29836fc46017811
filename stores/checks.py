"""What must hold before this serves real shops."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from stores.shopify.schema import VERSION


@register(Tags.security)
def check_shopify(**_: Any) -> list[CheckMessage]:
    """The twin is no Shopify, and an app without credentials or https can't be installed."""
    found: list[CheckMessage] = []
    if settings.SHOPIFY_API_VERSION != VERSION:
        found.append(Error("The API version and the schema differ.", id="stores.E001"))
    if not settings.PRODUCTION:
        return found
    if settings.SHOPIFY_TWIN_URL:
        found.append(Error("SHOPIFY_TWIN_URL is for demo and tests only.", id="stores.E002"))
    if not settings.PUBLIC_URL.startswith("https://"):
        found.append(Error("PUBLIC_URL must begin with https://.", id="stores.E003"))
    if not (settings.SHOPIFY_CLIENT_ID and settings.SHOPIFY_CLIENT_SECRET):
        found.append(
            Caution("Without SHOPIFY_CLIENT_ID only organisations' apps work.", id="stores.W001")
        )
    return found
