"""How variants are read, and the options that tell them apart."""

from stores.twin.goods import ShownValue, Variant
from stores.twin.nodes import Info, Item
from stores.twin.queries.read import Resolver, attribute, moment, number_of, value

__all__ = ["VARIANTS"]


def _is_for_sale(variant: Variant, _: Info) -> bool:
    """Whether a shopper could buy it: in stock, untracked, or sold beyond its stock."""
    values = variant.values
    free = not values["tracked"] or values["inventoryPolicy"] == "CONTINUE"
    return free or variant.available > 0


def _selected(variant: Variant, _: Info) -> list[tuple[str, ShownValue]]:
    pairs = zip(variant.product.options, variant.chosen, strict=True)
    return [(option.name, ShownValue(each, used=True)) for option, each in pairs]


VARIANTS: dict[str, Resolver] = {
    "ProductVariant.id": attribute("gid"),
    "ProductVariant.legacyResourceId": number_of,
    "ProductVariant.title": attribute("title"),
    "ProductVariant.product": attribute("product"),
    "ProductVariant.createdAt": moment("created_at"),
    "ProductVariant.updatedAt": moment("updated_at"),
    "ProductVariant.position": attribute("position"),
    "ProductVariant.displayName": lambda variant, _: (
        f"{variant.product.values['title']} - {variant.title}"
    ),
    "ProductVariant.availableForSale": _is_for_sale,
    "ProductVariant.inventoryQuantity": attribute("available"),
    "ProductVariant.sellableOnlineQuantity": attribute("available"),
    "ProductVariant.inventoryItem": lambda variant, _: Item(variant),
    "ProductVariant.requiresComponents": lambda *_: False,
    "ProductVariant.showUnitPrice": lambda *_: False,
    "ProductVariant.selectedOptions": _selected,
    "SelectedOption.name": lambda pair, _: pair[0],
    "SelectedOption.value": lambda pair, _: pair[1].value.name,
    "SelectedOption.optionValue": lambda pair, _: pair[1],
    "ProductOption.id": lambda each, _: each.option.gid,
    "ProductOption.name": lambda each, _: each.option.name,
    "ProductOption.position": attribute("position"),
    "ProductOption.values": lambda each, _: [x.value.name for x in each.values if x.used],
    "ProductOption.optionValues": attribute("values"),
    "ProductOption.linkedMetafield": lambda *_: None,
    "ProductOptionValue.id": lambda each, _: each.value.gid,
    "ProductOptionValue.name": lambda each, _: each.value.name,
    "ProductOptionValue.hasVariants": attribute("used"),
    "ProductOptionValue.linkedMetafieldValue": lambda *_: None,
}
for _name in ("price", "compareAtPrice", "barcode", "taxable", "inventoryPolicy", "sku"):
    VARIANTS[f"ProductVariant.{_name}"] = value(_name)
