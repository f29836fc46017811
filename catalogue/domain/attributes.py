"""The attributes that are kept in step, declared once: where each stands and how it behaves."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal, TypeAlias

from catalogue.domain import metafields, value_order, values
from catalogue.domain.values import BadValueError, Normalise, Value
from catalogue.enums import Guard, Owner

__all__ = [
    "ATTRIBUTES",
    "OPTION_NAMES",
    "OPTION_VALUES",
    "PICTURES",
    "STOCK",
    "VALUE_ORDER",
    "VARIANT_ORDER",
    "VARIANT_PICTURE",
    "Attribute",
    "BadValueError",
    "Form",
    "Guard",
    "Owner",
    "Part",
    "Value",
    "attribute",
    "digest_of",
    "fingerprint",
    "label_of",
    "of_owner",
    "renders",
]

Path: TypeAlias = tuple[str, ...]
Form: TypeAlias = Literal["graphql", "webhook"]
Part: TypeAlias = Literal["fields", "metafields", "channels", "media", "variant_media"]


OPTION_NAMES, OPTION_VALUES, VARIANT_ORDER = "option_names", "option_values", "variant_order"
VALUE_ORDER = "value_order"
PICTURES, VARIANT_PICTURE = "pictures", "picture"
STOCK = "stock"  # no attribute: a ledger of its own, but people read of it beside these


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


def _product(name: str, label: str, normalise: Normalise, path: str, **more: Any) -> Attribute:
    graphql = tuple(path.split("."))
    return Attribute(name, Owner.PRODUCT, label, normalise, graphql, graphql, **more)


def _variant(name: str, label: str, normalise: Normalise, path: str, **more: Any) -> Attribute:
    graphql = tuple(path.split("."))
    more.setdefault("write", graphql)
    return Attribute(name, Owner.VARIANT, label, normalise, graphql, **more)


_DECLARED = (
    _product(
        "title", "Title", values.text, "title", webhook=("title",), required=True, longest=255
    ),
    _product(
        "description",
        "Description",
        values.html,
        "descriptionHtml",
        webhook=("body_html",),
        lossy=True,
        longest=500_000,
    ),
    _product("vendor", "Vendor", values.text, "vendor", webhook=("vendor",), longest=255),
    _product(
        "product_type",
        "Product type",
        values.text,
        "productType",
        webhook=("product_type",),
        longest=255,
    ),
    _product("tags", "Tags", values.tags, "tags", webhook=("tags",), lossy=True, as_set=True),
    _product(
        "status",
        "Status",
        values.word_of(values.STATUSES),
        "status",
        webhook=("status",),
        guard=Guard.CHECK,
    ),
    # Webhooks don't carry the two of search engines, nor weights: only reads and answers show them.
    _product("seo_title", "Search title", values.optional_text, "seo.title"),
    _product("seo_description", "Search description", values.optional_text, "seo.description"),
    # No topic tells where a product is published, and only reads of our own asking show it.
    _product(
        "channels",
        "Sales channels",
        values.channels,
        "channels",
        guard=Guard.CHECK,
        per_store=True,
        part="channels",
    ),
    # A payload shows pictures once they are processed, and nothing of their content.
    _product(
        PICTURES,
        "Pictures",
        values.pictures,
        PICTURES,
        guard=Guard.CHECK,
        as_set=True,
        part="media",
    ),
    _product(
        OPTION_NAMES,
        "Options",
        values.names,
        "optionNames",
        webhook=("optionNames",),
        structural=True,
        required=True,
    ),
    # The ids of variants of ours, which no store knows: told by `services.variants` alone.
    _product(
        VARIANT_ORDER, "Order of variants, by number", values.names, "variantOrder", structural=True
    ),
    # Exact where a product's options are shown: in webhooks, pages and reads, not after each write.
    _product(
        VALUE_ORDER,
        "Order of option values",
        value_order.normalise,
        "valueOrder",
        webhook=("valueOrder",),
        structural=True,
    ),
    _variant(
        OPTION_VALUES,
        "Option values",
        values.names,
        "optionValues",
        webhook=("optionValues",),
        structural=True,
        required=True,
    ),
    _variant(
        "price",
        "Price",
        values.money,
        "price",
        webhook=("price",),
        guard=Guard.CHECK,
        high_value=True,
        money=True,
    ),
    _variant(
        "compare_at_price",
        "Compare-at price",
        values.optional_money,
        "compareAtPrice",
        webhook=("compare_at_price",),
        guard=Guard.CHECK,
        high_value=True,
        money=True,
    ),
    _variant(
        "sku",
        "SKU",
        values.text,
        "sku",
        write=("inventoryItem", "sku"),
        webhook=("sku",),
        longest=255,
    ),
    _variant(
        "barcode", "Barcode", values.optional_text, "barcode", webhook=("barcode",), longest=255
    ),
    # One of the product's pictures, by what its content is called: only reads of our own asking.
    _variant(
        VARIANT_PICTURE,
        "Picture",
        values.optional_text,
        VARIANT_PICTURE,
        guard=Guard.CHECK,
        part="variant_media",
    ),
    _variant("taxable", "Taxable", values.boolean, "taxable", webhook=("taxable",)),
    _variant(
        "inventory_policy",
        "When out of stock",
        values.word_of(values.POLICIES),
        "inventoryPolicy",
        webhook=("inventory_policy",),
    ),
    # What stands on the inventory item: its own topic is a hint, and a read shows the value.
    # Whether it is tracked is left out: that decides about stock, and stock has its own rules.
    _variant("weight", "Weight", values.weight, "inventoryItem.measurement.weight"),
    _variant(
        "cost",
        "Cost per item",
        values.optional_money,
        "inventoryItem.unitCost.amount",
        write=("inventoryItem", "cost"),
        guard=Guard.CHECK,
        money=True,
    ),
    _variant(
        "country_of_origin",
        "Country of origin",
        values.country,
        "inventoryItem.countryCodeOfOrigin",
    ),
    _variant(
        "hs_code",
        "Harmonised system code",
        values.hs_code,
        "inventoryItem.harmonizedSystemCode",
    ),
    _variant(
        "requires_shipping",
        "Requires shipping",
        values.boolean,
        "inventoryItem.requiresShipping",
    ),
)
ATTRIBUTES: Mapping[str, Attribute] = {declared.name: declared for declared in _DECLARED}


def attribute(name: str) -> Attribute:
    """The attribute of that name; a name nobody declared is a mistake, not a miss.

    Every metafield is one; which of them are kept in step, a workspace declares.
    """
    found = ATTRIBUTES.get(name) or _metafield(name)
    if found is None:
        raise ValueError(f"“{name}” is not an attribute; known are {', '.join(ATTRIBUTES)}.")
    return found


def label_of(name: str) -> str:
    """What people call an attribute, or stock."""
    return "Stock" if name == STOCK else attribute(name).label


@lru_cache(maxsize=4096)
def _metafield(name: str) -> Attribute | None:
    found = metafields.place_of(name)
    if found is None:
        return None
    owner, place = found
    return Attribute(
        name,
        owner,
        f"Metafield {place}",
        metafields.normalise,
        graphql=("metafields", place),
        write=(),
        webhook=("metafields", place),
        guard=Guard.CAS,
        lossy=True,
        part="metafields",
    )


def of_owner(owner: Owner, extra: Iterable[str] = ()) -> Iterator[Attribute]:
    """What is declared here, then those of the `extra` names that belong to the owner."""
    yield from (declared for declared in _DECLARED if declared.owner is owner)
    yield from (declared for declared in map(attribute, extra) if declared.owner is owner)


def fingerprint(declared: Attribute, value: Value) -> str:
    """A short stable hash of a value of this attribute, whatever its spelling."""
    return values.fingerprint(declared.normalise(value))


def digest_of(name: str) -> Callable[[Value], str]:
    """How values of an attribute are named."""
    return partial(fingerprint, attribute(name))


def renders(declared: Attribute, sent: Value, shown: Value) -> bool:
    """Whether a store that was sent one value may show it as the other."""
    if not declared.lossy:
        return fingerprint(declared, sent) == fingerprint(declared, shown)
    return values.essence(declared.normalise(sent)) == values.essence(declared.normalise(shown))
