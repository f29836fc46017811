"""Workspaces, their stores with grants and modes, webhook subscriptions, the inbox, tokens."""

from stores.models.api import ApiAnswer, ApiToken
from stores.models.store import Delivery, Location, OAuthState, Store, WebhookSubscription
from stores.models.workspace import Membership, Organization, Workspace

__all__ = (
    "ApiAnswer",
    "ApiToken",
    "Delivery",
    "Location",
    "Membership",
    "OAuthState",
    "Organization",
    "Store",
    "WebhookSubscription",
    "Workspace",
)
