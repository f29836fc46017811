"""Apps, their places in shops, and what they have subscribed to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stores.twin.bucket import Bucket

__all__ = ["App", "Install", "Subscription"]


@dataclass(slots=True)
class Subscription:
    """One topic for one address.

    A declared one stands in the app's configuration: it holds for every shop, no API shows it and
    no failure deletes it (shopify-platform.md 3.2).
    """

    id: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    api_version: str
    name: str | None = None
    filter: str | None = None
    include_fields: Sequence[str] = ()
    metafield_namespaces: Sequence[str] = ()
    metafields: Sequence[tuple[str, str]] = ()  # namespace and key
    declared: bool = False
    # When each body was last sent, by its digest: what comes again at once is left out.
    recent: dict[bytes, float] = field(default_factory=dict, repr=False)

    @property
    def gid(self) -> str:
        return f"gid://shopify/WebhookSubscription/{self.id}"


@dataclass(slots=True)
class App:
    """What a developer has released: its configuration holds in every shop that installs it."""

    client_id: str
    secrets: list[str] = field(repr=False)  # those not revoked, the oldest first
    url: str = ""
    redirects: tuple[str, ...] = ()
    subscriptions: list[Subscription] = field(default_factory=list)

    @property
    def secret(self) -> str:
        """The one that signs: the oldest that is not revoked (shopify-platform.md 1.8)."""
        return self.secrets[0]


@dataclass(slots=True)
class Install:
    """One app in one shop: its grant, and what goes with it when it is uninstalled."""

    id: int
    app: App
    scopes: list[str]
    bucket: Bucket
    # A token's end of life; None is for ever. A refresh token knows the one it replaced.
    tokens: dict[str, datetime | None] = field(default_factory=dict, repr=False)
    refreshes: dict[str, tuple[datetime, str | None]] = field(default_factory=dict, repr=False)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    idempotent: dict[str, Any] = field(default_factory=dict)
