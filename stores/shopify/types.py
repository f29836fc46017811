"""What crosses the port: frozen values in, frozen values out, and never a secret in a repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from syncqueue.domain.handling import Points

__all__ = [
    "ChannelsWritten",
    "Credentials",
    "Extras",
    "Form",
    "MediaWritten",
    "MetafieldEntry",
    "MetafieldError",
    "MetafieldSnapshot",
    "MetafieldsWritten",
    "Points",
    "ProductSnapshot",
    "ProductsPage",
    "Reply",
    "Session",
    "ShopIdentity",
    "Subscription",
    "Token",
    "UserError",
    "VariantSnapshot",
    "WriteGrant",
    "WriteResult",
    "base_url",
]

Form: TypeAlias = Literal["graphql", "webhook"]
Part: TypeAlias = Literal["product", "variants", "structure"]


def base_url(domain: str, twin_url: str = "") -> str:
    """Where a shop is reached: at Shopify, or inside the twin when there is one."""
    return f"{twin_url}/shops/{domain}" if twin_url else f"https://{domain}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The app that a store is connected through."""

    client_id: str
    client_secret: str = field(repr=False)
    previous_secret: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Shopify signs with the oldest secret not revoked yet, so both count."""
        return tuple(filter(None, (self.client_secret, self.previous_secret)))


@dataclass(frozen=True, slots=True)
class Session:
    """One store's access. `currency`, where known, is what its prices are written in."""

    domain: str
    token: str = field(repr=False)
    api_version: str
    base_url: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class WriteGrant:
    """Leave to write to a store, issued for a moment while it is live."""

    store_id: int
    epoch: int
    until: datetime

    def valid(self, now: datetime) -> bool:
        return now < self.until


@dataclass(frozen=True, slots=True)
class Token:
    """What an OAuth exchange grants; one that doesn't expire has neither instant nor refresh."""

    access_token: str = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answered request; `body` is GraphQL's `data`, fit to be stored as jsonb.

    `asked` points had to be there for it, `cost` were used, `points` are left.
    """

    body: dict[str, Any]
    request_id: str = ""
    http_status: int = 200
    asked: int | None = None
    cost: int | None = None
    points: Points | None = None
    api_version: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class VariantSnapshot:
    gid: str
    inventory_item_gid: str
    node: Mapping[str, Any] = field(repr=False)
    sku: str
    title: str
    position: int


@dataclass(frozen=True, slots=True)
class ProductSnapshot:
    """A product as a store told it; `complete` says whether every variant is there.

    `custom_id`: what we created it under; only GraphQL tells it.
    """

    gid: str
    updated_at: datetime
    node: Mapping[str, Any] = field(repr=False)
    variants: tuple[VariantSnapshot, ...]
    complete: bool
    form: Form
    handle: str
    title: str
    custom_id: str = ""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a read shows beside a product's own fields: metafields, by `namespace.key`; more."""

    product: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()
    channels: bool = False
    media: bool = False

    def to_json(self) -> dict[str, Any]:
        keys = {"product": list(self.product), "variant": list(self.variant)}
        return {**keys, "channels": self.channels, "media": self.media}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Extras":
        return cls(
            tuple(data["product"]),
            tuple(data["variant"]),
            data["channels"],
            data.get("media", False),  # requests that were stored before media were read
        )


NO_EXTRAS = Extras()


@dataclass(frozen=True, slots=True)
class MetafieldEntry:
    """One metafield of a write; `digest` is that of what was read, None where there was none."""

    owner: str
    place: str
    type: str = ""
    value: str = ""
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class MetafieldSnapshot:
    """A metafield as the answer to its write shows it."""

    owner: str
    place: str
    type: str
    value: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelsWritten:
    """On which channels a product is after a write, or what Shopify `refused`, in its words."""

    channels: list[str] | None
    updated_at: datetime | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class MediaWritten:
    """The ids of the last media in order, where an answer shows them; what Shopify `refused`.

    `moved`: because the media are no longer as they were read, so another read decides.
    """

    gids: tuple[str, ...]
    refused: str = ""
    moved: bool = False


@dataclass(frozen=True, slots=True)
class MetafieldError:
    """A refusal in Shopify's words; `index` is that of the metafield it is about."""

    index: int | None
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class MetafieldsWritten:
    shown: tuple[MetafieldSnapshot, ...]
    errors: tuple[MetafieldError, ...]


@dataclass(frozen=True, slots=True)
class ProductsPage:
    """`cursor` is None on the last page; `reply` is of the page alone."""

    products: tuple[ProductSnapshot, ...]
    cursor: str | None
    reply: Reply


@dataclass(frozen=True, slots=True)
class UserError:
    """A refusal in Shopify's words; plain user errors carry no code."""

    part: Part
    field: tuple[str, ...]
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The state after a write, where Shopify showed it, and what it refused."""

    product: ProductSnapshot | None
    errors: tuple[UserError, ...]


@dataclass(frozen=True, slots=True)
class ShopIdentity:
    gid: str
    name: str
    domain: str
    currency: str
    timezone: str
    plan: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One webhook subscription; `topic` is GraphQL's name, as PRODUCTS_UPDATE.

    `namespaces` are those whose metafields its bodies show.
    """

    gid: str
    topic: str
    uri: str
    namespaces: tuple[str, ...] = ()
