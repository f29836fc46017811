"""The attributes that are kept in step, declared once: where each stands and how it behaves."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial

from catalogue.domain import metafields, value_order, values
from catalogue.domain.declaring import Attribute, Form, Part, product, variant
from catalogue.domain.values import BadValueError, Value
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

OPTION_NAMES, OPTION_VALUES, VARIANT_ORDER = "option_names", "option_values", "variant_order"
VALUE_ORDER = "value_order"
PICTURES, VARIANT_PICTURE = "pictures", "picture"
STOCK = "stock"  # no attribute: a ledger of its own, but people read of it beside these

_DECLARED = (
    product("title", "Title", values.text, "title", webhook=("title",), required=True, longest=255),
    product(
        "description",
        "Description",
        values.html,
        "descriptionHtml",
        webhook=("body_html",),
        lossy=True,
        longest=500_000,
    ),
    product("vendor", "Vendor", values.text, "vendor", webhook=("vendor",), longest=255),
    product(
        "product_type",
        "Product type",
        values.text,
        "productType",
        webhook=("product_type",),
        longest=255,
    ),
    product("tags", "Tags", values.tags, "tags", webhook=("tags",), lossy=True, as_set=True),
    product(
        "status",
        "Status",
        values.word_of(values.STATUSES),
        "status",
        webhook=("status",),
        guard=Guard.CHECK,
    ),
    # Webhooks don't carry the two of search engines, nor weights: only reads and answers show them.
    product("seo_title", "Search title", values.optional_text, "seo.title"),
    product("seo_description", "Search description", values.optional_text, "seo.description"),
    # No topic tells where a product is published, and only reads of our own asking show it.
    product(
        "channels",
        "Sales channels",
        values.channels,
        "channels",
        guard=Guard.CHECK,
        per_store=True,
        part="channels",
    ),
    # A payload shows pictures once they are processed, and nothing of their content.
    product(
        PICTURES,
        "Pictures",
        values.pictures,
        PICTURES,
        guard=Guard.CHECK,
        as_set=True,
        part="media",
    ),
    product(
        OPTION_NAMES,
        "Options",
        values.names,
        "optionNames",
        webhook=("optionNames",),
        structural=True,
        required=True,
    ),
    # The ids of variants of ours, which no store knows: told by `services.variants` alone.
    product(
        VARIANT_ORDER, "Order of variants, by number", values.names, "variantOrder", structural=True
    ),
    # Exact where a product's options are shown: in webhooks, pages and reads, not after each write.
    product(
        VALUE_ORDER,
        "Order of option values",
        value_order.normalise,
        "valueOrder",
        webhook=("valueOrder",),
        structural=True,
    ),
    variant(
        OPTION_VALUES,
        "Option values",
        values.names,
        "optionValues",
        webhook=("optionValues",),
        structural=True,
        required=True,
    ),
    variant(
        "price",
        "Price",
        values.money,
        "price",
        webhook=("price",),
        guard=Guard.CHECK,
        high_value=True,
        money=True,
    ),
    variant(
        "compare_at_price",
        "Compare-at price",
        values.optional_money,
        "compareAtPrice",
        webhook=("compare_at_price",),
        guard=Guard.CHECK,
        high_value=True,
        money=True,
    ),
    variant(
        "sku",
        "SKU",
        values.text,
        "sku",
        write=("inventoryItem", "sku"),
        webhook=("sku",),
        longest=255,
    ),
    variant(
        "barcode", "Barcode", values.optional_text, "barcode", webhook=("barcode",), longest=255
    ),
    # One of the product's pictures, by what its content is called: only reads of our own asking.
    variant(
        VARIANT_PICTURE,
        "Picture",
        values.optional_text,
        VARIANT_PICTURE,
        guard=Guard.CHECK,
        part="variant_media",
    ),
    variant("taxable", "Taxable", values.boolean, "taxable", webhook=("taxable",)),
    variant(
        "inventory_policy",
        "When out of stock",
        values.word_of(values.POLICIES),
        "inventoryPolicy",
        webhook=("inventory_policy",),
    ),
    # What stands on the inventory item: its own topic is a hint, and a read shows the value.
    # Whether it is tracked is left out: that decides about stock, and stock has its own rules.
    variant("weight", "Weight", values.weight, "inventoryItem.measurement.weight"),
    variant(
        "cost",
        "Cost per item",
        values.optional_money,
        "inventoryItem.unitCost.amount",
        write=("inventoryItem", "cost"),
        guard=Guard.CHECK,
        money=True,
    ),
    variant(
        "country_of_origin",
        "Country of origin",
        values.country,
        "inventoryItem.countryCodeOfOrigin",
    ),
    variant(
        "hs_code",
        "Harmonised system code",
        values.hs_code,
        "inventoryItem.harmonizedSystemCode",
    ),
    variant(
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
