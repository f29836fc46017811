"""Shopify's two forms of a product, GraphQL and webhook, read into one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stores.shopify.errors import BadPayload
from stores.shopify.stock_types import ItemSnapshot
from stores.shopify.types import ProductSnapshot, VariantSnapshot

__all__ = ["gid", "instant", "parse_item_payload", "parse_product", "parse_product_payload"]

Node = Mapping[str, Any]
_OPTIONS = ("option1", "option2", "option3")


def gid(kind: str, raw: object) -> str:
    """Shopify's global id, from the number of a webhook or from itself."""
    prefix = f"gid://shopify/{kind}/"
    if isinstance(raw, str) and raw.startswith(prefix):
        return raw
    if type(raw) is not int or raw <= 0:
        raise BadPayload(f"Not the id of a {kind}.")
    return f"{prefix}{raw}"


def parse_product(node: Node) -> ProductSnapshot:
    """Take a ProductState as GraphQL answers it.

    In either form `optionNames` of the product and `optionValues` of its variants are added: lists
    in the order of the options; and `valueOrder`, a list for each option, where options are shown.
    """
    variants = node["variants"]
    first = next(iter(variants["nodes"]), None)
    names = {"optionNames": [o["name"] for o in first["selectedOptions"]]} if first else {}
    if "options" in node:
        values = [[v["name"] for v in o["optionValues"]] for o in node["options"]]
        names["valueOrder"] = values
    return ProductSnapshot(
        gid=node["id"],
        updated_at=instant(node["updatedAt"]),
        node={**node, **names},
        variants=tuple(_variant(variant) for variant in variants["nodes"]),
        complete=not variants["pageInfo"]["hasNextPage"],
        form="graphql",
        handle=node["handle"],
        title=node["title"],
        custom_id=(node.get("ours") or {}).get("value", ""),
    )


def _variant(node: Node) -> VariantSnapshot:
    return VariantSnapshot(
        gid=node["id"],
        inventory_item_gid=node["inventoryItem"]["id"],
        node={**node, "optionValues": [o["value"] for o in node["selectedOptions"]]},
        sku=node["sku"] or "",
        title=node["title"],
        position=node["position"],
    )


def parse_product_payload(body: Node) -> ProductSnapshot:
    """Take the body of products/create or products/update; long lists of variants come cut."""
    try:
        variants = tuple(_told_variant(variant) for variant in body["variants"])
        return ProductSnapshot(
            gid=gid("Product", body["id"]),
            updated_at=instant(body["updated_at"]),
            node={**body, **_option_names(body), **_told_metafields(body)},
            variants=variants,
            complete=_all_told(body, variants),
            form="webhook",
            handle=_text(body["handle"]),
            title=_text(body["title"]),
        )
    except (KeyError, TypeError) as error:
        raise BadPayload(f"A product's payload is not complete: {error}.") from error


def _told_metafields(body: Node) -> dict[str, dict[str, Node]]:
    """By `namespace.key`, where the subscription asked for metafields; never what is gone."""
    if "metafields" not in body:
        return {}
    told = body["metafields"] or ()
    return {"metafields": {f"{one['namespace']}.{one['key']}": one for one in told}}


def _told_variant(node: Node) -> VariantSnapshot:
    return VariantSnapshot(
        gid=gid("ProductVariant", node["id"]),
        inventory_item_gid=gid("InventoryItem", node["inventory_item_id"]),
        node={**node, "optionValues": [v for v in map(node.get, _OPTIONS) if v is not None]},
        sku=_text(node["sku"] or ""),
        title=_text(node["title"]),
        position=int(node["position"]),
    )


def _option_names(body: Node) -> Node:
    if "options" not in body:
        return {}
    options = body["options"]
    names = {"optionNames": [option["name"] for option in options]}
    if not all("values" in option for option in options):
        return names
    return {**names, "valueOrder": [option["values"] for option in options]}


def _all_told(body: Node, variants: tuple[VariantSnapshot, ...]) -> bool:
    """`variant_gids` names every variant; a payload without it proves nothing."""
    listed = body.get("variant_gids")
    if listed is None:
        return False
    return {entry["admin_graphql_api_id"] for entry in listed} == {told.gid for told in variants}


def parse_item_payload(body: Node) -> ItemSnapshot:
    """Take the body of inventory_items/update."""
    try:
        return ItemSnapshot(
            gid=gid("InventoryItem", body["id"]),
            updated_at=instant(body["updated_at"]),
            node=body,
        )
    except KeyError as error:
        raise BadPayload(f"An inventory item's payload has no {error}.") from error


def instant(raw: object) -> datetime:
    """An aware instant in UTC."""
    try:
        instant = datetime.fromisoformat(_text(raw))
    except ValueError as error:
        raise BadPayload(f"Not an instant: {raw!r}.") from error
    if instant.tzinfo is None:
        raise BadPayload(f"An instant without its offset: {raw!r}.")
    return instant.astimezone(UTC)


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise BadPayload(f"Not a text: {raw!r}.")
    return raw
