"""What is declared of an attribute: where it stands in Shopify's forms, and how it behaves."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from catalogue.domain.values import Normalise
from catalogue.enums import Guard, Owner

Path: TypeAlias = tuple[str, ...]
Form: TypeAlias = Literal["graphql", "webhook"]
Part: TypeAlias = Literal["fields", "metafields", "channels", "media", "variant_media"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One unit of merging. `lossy`: Shopify re-renders what it is sent.

    `as_set`: words or pictures, to which several parties add and from which they remove.
    `structural`: of a product's shape, which is written step by step (`domain.structure`).
    `per_store`: every store has its own value, and none ever crosses.
    `part`: by which of Shopify's mutations it is written.
    """

    name: str
    owner: Owner
    label: str
    normalise: Normalise
    graphql: Path
    write: Path
    webhook: Path | None = None
    guard: Guard = Guard.NONE
    lossy: bool = False
    high_value: bool = False
    money: bool = False
    required: bool = False
    as_set: bool = False
    structural: bool = False
    per_store: bool = False
    longest: int | None = None
    part: Part = "fields"


def product(name: str, label: str, normalise: Normalise, path: str, **more: Any) -> Attribute:
    graphql = tuple(path.split("."))
    return Attribute(name, Owner.PRODUCT, label, normalise, graphql, graphql, **more)


def variant(name: str, label: str, normalise: Normalise, path: str, **more: Any) -> Attribute:
    graphql = tuple(path.split("."))
    more.setdefault("write", graphql)
    return Attribute(name, Owner.VARIANT, label, normalise, graphql, **more)
