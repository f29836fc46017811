"""Custom data: metafields of products, variants and the shop, and their definitions."""

import hashlib
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = [
    "RESERVED",
    "Address",
    "Definition",
    "Metafield",
    "Metafields",
    "own_namespace",
    "reserved",
]

RESERVED = "$app"

Address = tuple[str, str]  # namespace and key


@dataclass(slots=True, eq=False)
class Metafield:
    """`value` is the canonical text of its type."""

    id: int
    owner: Any
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime

    @property
    def gid(self) -> str:
        return f"gid://shopify/Metafield/{self.id}"

    @property
    def digest(self) -> str:
        """What `compareDigest` compares."""
        return hashlib.sha256(self.value.encode()).hexdigest()


Metafields = dict[Address, Metafield]


@dataclass(slots=True, eq=False)
class Definition:
    """`validations` are by name; `holders` has whose each value is, where values are unique."""

    id: int
    owner_type: str
    namespace: str
    key: str
    name: str
    type: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    validations: dict[str, str] = field(default_factory=dict)
    capabilities: set[str] = field(default_factory=set)
    access: dict[str, str] = field(default_factory=dict)
    pinned: int | None = None
    holders: dict[str, Any] = field(default_factory=dict)

    @property
    def gid(self) -> str:
        return f"gid://shopify/MetafieldDefinition/{self.id}"

    @property
    def unique(self) -> bool:
        """Custom ids always are (shopify-platform.md 9: never join by handle)."""
        return self.type == "id" or "uniqueValues" in self.capabilities


def reserved(app: str | None, given: str | None) -> str:
    """`$app` and what is below it, or no namespace at all, is the app's own."""
    wanted = RESERVED if given is None else given
    if app is None or wanted.partition(":")[0] != RESERVED:
        return wanted
    return f"{own_namespace(app)}{wanted.removeprefix(RESERVED).replace(':', '--', 1)}"


def own_namespace(app: str) -> str:
    """What `$app` stands for."""
    return f"app--{zlib.crc32(app.encode())}"
