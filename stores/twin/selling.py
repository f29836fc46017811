"""Where a shop sells, and what it has sold: publications of its channels, and orders."""

from dataclasses import dataclass, field
from datetime import datetime

from stores.twin.goods import Variant
from stores.twin.levels import Level

__all__ = ["Channel", "Line", "Order", "Publication"]


@dataclass(slots=True, eq=False)
class Publication:
    """What is sold over one channel; that of an app's own channel knows the app's client id."""

    id: int
    name: str
    handle: str
    client_id: str | None = None
    auto_publish: bool = False

    @property
    def gid(self) -> str:
        return f"gid://shopify/Publication/{self.id}"


@dataclass(frozen=True, slots=True)
class Channel:
    """A publication seen as the place where it is sold; both have one number."""

    publication: Publication

    @property
    def id(self) -> int:
        return self.publication.id

    @property
    def gid(self) -> str:
        return f"gid://shopify/Channel/{self.id}"


@dataclass(slots=True, eq=False)
class Line:
    """`level` is where its stock is committed; an untracked item commits none."""

    id: int
    variant: Variant = field(repr=False)
    title: str
    sku: str | None
    price: str
    quantity: int
    level: Level | None = field(default=None, repr=False)

    @property
    def gid(self) -> str:
        return f"gid://shopify/LineItem/{self.id}"


@dataclass(slots=True, eq=False)
class Order:
    id: int
    number: int
    lines: list[Line]
    created_at: datetime
    updated_at: datetime
    fulfilled_at: datetime | None = None
    cancelled_at: datetime | None = None

    @property
    def gid(self) -> str:
        return f"gid://shopify/Order/{self.id}"

    @property
    def name(self) -> str:
        return f"#{self.number}"
