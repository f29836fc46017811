"""The people of a shop, as far as tokens name them: its owner."""

from typing import Any

from stores.twin.world import Shop

__all__ = ["owner_of", "user_of"]


def owner_of(shop: Shop) -> int:
    """The number of the shop's owner."""
    return shop.id * 10 + 1


def user_of(shop: Shop, user: int) -> dict[str, Any]:
    """The `associated_user` of an online token (shopify-platform.md 1.2)."""
    return {
        "id": user,
        "first_name": "Ada",
        "last_name": shop.name,
        "email": f"owner@{shop.domain}",
        "account_owner": user == owner_of(shop),
        "locale": "en",
        "collaborator": False,
        "email_verified": True,
    }
