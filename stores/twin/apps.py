"""Apps, their places in shops, their tokens, and what they have subscribed to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stores.twin.bucket import Bucket

if TYPE_CHECKING:
    from stores.twin.bulk.operations import BulkOperation

__all__ = ["App", "Code", "EventSubscription", "Install", "Refresh", "Subscription", "Token"]


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
    failures: int = 0  # tries in a row, of whatever deliveries

    @property
    def gid(self) -> str:
        return f"gid://shopify/WebhookSubscription/{self.id}"


@dataclass(slots=True)
class EventSubscription(Subscription):
    """A subscription of the next-generation Events: always declared, never deleted."""

    handle: str = ""
    actions: Sequence[str] = ()
    triggers: Sequence[str] = ()  # paths in the graph; none: every change
    query: str | None = None


@dataclass(slots=True)
class App:
    """What a developer has released: its configuration holds in every shop that installs it."""

    client_id: str
    secrets: list[str] = field(repr=False)  # those not revoked, the oldest first
    url: str = ""  # of its embedded pages; relative addresses of subscriptions lead from here
    redirects: Sequence[str] = ()
    organization: str | None = None  # whose app it is; never shown by any API of Shopify's
    public: bool = False
    scopes: Sequence[str] = ()  # of the released version
    optional_scopes: Sequence[str] = ()
    subscriptions: list[Subscription] = field(default_factory=list)
    events: list[EventSubscription] = field(default_factory=list)

    @property
    def secret(self) -> str:
        """The one that signs: the oldest that is not revoked (shopify-platform.md 1.8)."""
        return self.secrets[0]


@dataclass(frozen=True, slots=True)
class Code:
    """What a code of the code grant stands for; `challenge` is that of PKCE."""

    client_id: str
    scopes: list[str]
    until: datetime
    per_user: bool = False
    challenge: str | None = None


@dataclass(slots=True)
class Token:
    """What an access token is worth. It dies with the secret that minted it."""

    secret: str = field(repr=False)
    until: datetime | None = None  # None: it doesn't expire
    online: bool = False


@dataclass(slots=True)
class Refresh:
    """A refresh token, which knows the one that it replaced and since when it is used itself."""

    secret: str = field(repr=False)
    until: datetime
    replaces: str | None = field(default=None, repr=False)
    used_at: datetime | None = None


@dataclass(slots=True)
class Install:
    """One app in one shop: its grant, and what goes with it when it is uninstalled."""

    id: int
    app: App
    scopes: list[str]
    bucket: Bucket
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    refreshes: dict[str, Refresh] = field(default_factory=dict, repr=False)
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    idempotent: dict[str, Any] = field(default_factory=dict)
    bulk: "dict[int, BulkOperation]" = field(
        default_factory=dict
    )  # bulk operations, the oldest first
