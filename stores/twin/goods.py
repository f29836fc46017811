"""What a shop sells: products with options and variants, as Shopify keeps them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from stores.twin.custom import Metafields
from stores.twin.levels import Level
from stores.twin.library import File

__all__ = ["DEFAULT_VALUE", "OPTION_LIMIT", "VARIANT_LIMIT", "Option", "OptionValue", "Product"]
__all__ += ["ShownOption", "ShownValue", "Variant"]

VARIANT_LIMIT, OPTION_LIMIT = 2048, 3
# What Shopify calls the only option and its only value where a product has no options.
DEFAULT_OPTION, DEFAULT_VALUE = "Title", "Default Title"


@dataclass(slots=True, eq=False)
class OptionValue:
    id: int
    name: str

    @property
    def gid(self) -> str:
        return f"gid://shopify/ProductOptionValue/{self.id}"


@dataclass(slots=True, eq=False)
class Option:
    """Its values stand in the order in which shoppers see them."""

    id: int
    name: str
    values: list[OptionValue]

    @property
    def gid(self) -> str:
        return f"gid://shopify/ProductOption/{self.id}"

    def value(self, name: str) -> OptionValue | None:
        """Names of values differ by more than case."""
        wanted = name.casefold()
        return next((each for each in self.values if each.name.casefold() == wanted), None)


class ShownValue(NamedTuple):
    """A value of an option, and whether any variant has it."""

    value: OptionValue
    used: bool


class ShownOption(NamedTuple):
    """An option at its place, and its values."""

    option: Option
    position: int
    values: list[ShownValue]


@dataclass(slots=True, eq=False)
class Variant:
    """`chosen` has a value for each of the product's options, in their order.

    `values` are the merchant's attributes by GraphQL's names; `stock` is by location.
    """

    id: int
    item_id: int
    product: "Product"
    chosen: list[OptionValue]
    values: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    item_updated_at: datetime
    position: int
    stock: dict[int, Level] = field(default_factory=dict)
    media: File | None = None
    metafields: Metafields = field(default_factory=dict)

    @property
    def gid(self) -> str:
        return f"gid://shopify/ProductVariant/{self.id}"

    @property
    def item_gid(self) -> str:
        return f"gid://shopify/InventoryItem/{self.item_id}"

    @property
    def title(self) -> str:
        return " / ".join(each.name for each in self.chosen)

    @property
    def available(self) -> int:
        """Over all locations that stock it: Shopify's inventoryQuantity."""
        return sum(level.available for level in self.stock.values() if level.active)


@dataclass(slots=True, eq=False)
class Product:
    """Options and variants stand in the order of their positions."""

    id: int
    values: dict[str, Any]
    options: list[Option]
    created_at: datetime
    updated_at: datetime
    variants: list[Variant] = field(default_factory=list)
    media: list[File] = field(default_factory=list)
    publishing: dict[int, datetime] = field(default_factory=dict)  # since when, by publication
    metafields: Metafields = field(default_factory=dict)

    @property
    def gid(self) -> str:
        return f"gid://shopify/Product/{self.id}"

    @property
    def has_only_default_variant(self) -> bool:
        return [variant.title for variant in self.variants] == [DEFAULT_VALUE] and (
            [option.name for option in self.options] == [DEFAULT_OPTION]
        )

    def option(self, name: str) -> Option | None:
        """Names of options differ by more than case."""
        wanted = name.casefold()
        return next((each for each in self.options if each.name.casefold() == wanted), None)

    def renumber(self) -> None:
        for position, variant in enumerate(self.variants, start=1):
            variant.position = position

    def used(self) -> set[int]:
        """The ids of the option values that some variant has."""
        return {value.id for variant in self.variants for value in variant.chosen}

    def shown_options(self) -> list[ShownOption]:
        used = self.used()
        return [
            ShownOption(option, place, [ShownValue(x, x.id in used) for x in option.values])
            for place, option in enumerate(self.options, start=1)
        ]
