"""The bodies of webhooks: whole numbers for ids, strings for money, the shop's own hour."""

from typing import Any

from stores.twin import gallery
from stores.twin.custom import Definition, Metafield
from stores.twin.goods import Product, Variant
from stores.twin.levels import Level
from stores.twin.rendering import instant, shop_time
from stores.twin.world import PLANS, Shop

__all__ = ["definition", "item", "level", "metafield", "product", "shop_body", "variant"]

_UNITS = {"KILOGRAMS": "kg", "GRAMS": "g", "POUNDS": "lb", "OUNCES": "oz"}


def product(shop: Shop, found: Product) -> dict[str, Any]:
    """products/create and products/update: neither SEO nor weight, and not all variants."""
    values, updated = found.values, shop_time(found.updated_at, shop.zone)
    since = found.publishing.get(shop.online_store.id)
    return {
        "admin_graphql_api_id": found.gid,
        "id": found.id,
        "title": values["title"],
        "body_html": values["descriptionHtml"],
        "vendor": values["vendor"],
        "product_type": values["productType"],
        "handle": values["handle"],
        "status": values["status"].lower(),
        "tags": ", ".join(values["tags"]),
        "template_suffix": values["templateSuffix"],
        "published_scope": "global" if len(found.publishing) > 1 else "web",
        "published_at": shop_time(since, shop.zone) if since else None,
        "created_at": shop_time(found.created_at, shop.zone),
        "updated_at": updated,
        "has_variants_that_requires_components": False,
        "category": _category(values["category"]),
        "options": _options(found),
        "variants": [variant(shop, each) for each in found.variants[: shop.knobs.variants_shown]],
        "variant_gids": [_variant_gid(each) for each in found.variants],
        **gallery.shown(shop, found),
    }


def _category(gid: str | None) -> dict[str, str] | None:
    """Without the category's names, which the twin does not know."""
    return None if gid is None else {"admin_graphql_api_id": gid}


def variant(shop: Shop, found: Variant) -> dict[str, Any]:
    """One variant of a product's body; also variants/in_stock and variants/out_of_stock."""
    values, stock = found.values, found.available
    options = [*(value.name for value in found.chosen), None, None, None]
    return {
        "admin_graphql_api_id": found.gid,
        "id": found.id,
        "product_id": found.product.id,
        "title": found.title,
        "sku": values["sku"],
        "barcode": values["barcode"],
        "price": values["price"],
        "compare_at_price": values["compareAtPrice"],
        "position": found.position,
        "taxable": values["taxable"],
        "inventory_policy": values["inventoryPolicy"].lower(),
        "inventory_item_id": found.item_id,
        "inventory_quantity": stock,
        "old_inventory_quantity": stock,
        "option1": options[0],
        "option2": options[1],
        "option3": options[2],
        "image_id": gallery.image_id(found),
        "created_at": shop_time(found.created_at, shop.zone),
        "updated_at": shop_time(found.updated_at, shop.zone),
    }


def item(shop: Shop, variant: Variant, *, gone: bool) -> dict[str, Any]:
    """inventory_items/*: where a weight is told; a deleted one keeps its codes only."""
    values = variant.values
    kept: dict[str, Any] = {
        "id": variant.item_id,
        "country_code_of_origin": values["countryCodeOfOrigin"],
        "province_code_of_origin": values["provinceCodeOfOrigin"],
        "harmonized_system_code": values["harmonizedSystemCode"],
        "country_harmonized_system_codes": [
            {
                "country_code": each["countryCode"],
                "harmonized_system_code": each["harmonizedSystemCode"],
            }
            for each in values["countryHarmonizedSystemCodes"]
        ],
        "admin_graphql_api_id": variant.item_gid,
    }
    return (
        kept
        if gone
        else {
            **kept,
            "sku": values["sku"],
            "created_at": shop_time(variant.created_at, shop.zone),
            "updated_at": shop_time(variant.item_updated_at, shop.zone),
            "requires_shipping": values["requiresShipping"],
            "cost": values["cost"],
            "tracked": values["tracked"],
            "weight_value": values["weight"]["value"],
            "weight_unit": _UNITS[values["weight"]["unit"]],
        }
    )


def definition(shop: Shop, found: Definition, *, gone: bool) -> dict[str, Any]:
    """metafield_definitions/*: without what Shopify keeps for itself."""
    if gone:
        return {"id": found.gid, "type": found.type, "created_by_app_id": None}
    return {
        "id": found.id,
        "shop_id": shop.id,
        "owner_type": found.owner_type,
        "namespace": found.namespace,
        "key": found.key,
        "name": found.name,
        "description": found.description,
        "type_name": found.type,
        "pinned_position": found.pinned,
        "admin_filterable": "adminFilterable" in found.capabilities,
        "smart_collection_condition": "smartCollectionCondition" in found.capabilities,
        "unique_values": found.unique,
        "options": [{"name": n, "value": v} for n, v in found.validations.items()],
        "created_at": shop_time(found.created_at, shop.zone),
        "updated_at": shop_time(found.updated_at, shop.zone),
    }


def level(shop: Shop, found: Level, *, gone: bool) -> dict[str, Any]:
    """inventory_levels/*: what is available now, never what it was before."""
    kept = {"inventory_item_id": found.variant.item_id, "location_id": found.location.id}
    if gone:
        return kept
    return {
        **kept,
        "available": found.available if found.variant.values["tracked"] else None,
        "updated_at": shop_time(found.updated_at, shop.zone),
        "admin_graphql_api_id": found.gid,
    }


def shop_body(shop: Shop) -> dict[str, Any]:
    """app/uninstalled and shop/update: the shop itself, without the rarer fields."""
    return {
        "id": shop.id,
        "name": shop.name,
        "email": f"owner@{shop.domain}",
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "shop_owner": "Shop Owner",
        "primary_locale": "en",
        "currency": shop.currency,
        "plan_name": shop.plan,
        "plan_display_name": PLANS[shop.plan][0],
        "weight_unit": "kg",
        "primary_location_id": shop.locations[0].id,
        "created_at": shop_time(shop.created_at, shop.zone),
        "updated_at": shop_time(shop.created_at, shop.zone),
    }


def _variant_gid(variant: Variant) -> dict[str, str]:
    updated = instant(variant.updated_at).replace("Z", ".000Z")
    return {"admin_graphql_api_id": variant.gid, "updated_at": updated}


def _options(found: Product) -> list[dict[str, Any]]:
    return [
        {
            "id": option.id,
            "product_id": found.id,
            "name": option.name,
            "position": position,
            "values": [value.name for value, used in values if used],
        }
        for option, position, values in found.shown_options()
    ]


def metafield(shop: Shop, found: Metafield) -> dict[str, Any]:
    """One of a payload's `metafields`, whose shape is of medium confidence (3.6, 11.5)."""
    return {
        "id": found.id,
        "namespace": found.namespace,
        "key": found.key,
        "value": found.value,
        "type": found.type,
        "description": None,
        "owner_id": found.owner.id,
        "owner_resource": type(found.owner).__name__.lower(),
        "created_at": shop_time(found.created_at, shop.zone),
        "updated_at": shop_time(found.updated_at, shop.zone),
        "admin_graphql_api_id": found.gid,
    }
