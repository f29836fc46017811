"""Products that we create and delete in a store, known there by an id of ours."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.errors import Refused
from stores.shopify.products import complete, demand_leave
from stores.shopify.types import Reply, Session, WriteGrant

__all__ = ["create_product", "delete_product"]

NAMESPACE, KEY, TYPE = "$app", "store_sync_id", "id"
VARIANTS_SHOWN = 100
_DEFINITION = {
    "name": "Store Sync id",
    "namespace": NAMESPACE,
    "key": KEY,
    "type": TYPE,
    "ownerType": "PRODUCT",
}


def create_product(
    session: Session,
    grant: WriteGrant | None,
    custom_id: str,
    product_input: Mapping[str, Any],
    *,
    currency: str | None = None,
) -> Reply:
    """Create a product under our id, or show the one that has it; it is published nowhere.

    `product_input` is a ProductSetInput. The body has `product` and `errors`.
    """
    demand_leave(session, grant, currency)
    _define(session)
    known = _find(session, custom_id)
    if known.body["productByIdentifier"] is not None:
        return replace(known, body={"product": known.body["productByIdentifier"], "errors": []})
    marker = {"namespace": NAMESPACE, "key": KEY, "type": TYPE, "value": custom_id}
    made = execute(
        session,
        document("product_set"),
        {
            "id": {"customId": _identifier(custom_id)},
            "input": {**product_input, "metafields": [marker]},
            "variants": VARIANTS_SHOWN,
        },
    )
    payload = made.body["productSet"]
    if payload["product"] is not None:
        complete(session, payload["product"])
    return replace(made, body={"product": payload["product"], "errors": payload["userErrors"]})


def delete_product(session: Session, grant: WriteGrant | None, gid: str) -> Reply:
    """Delete a product; one that is gone already is refused by Shopify."""
    demand_leave(session, grant, None)
    return execute(session, document("product_delete"), {"id": gid})


def _define(session: Session) -> None:
    """Make sure that the store can look products up by our id; it mostly can."""
    reply = execute(session, document("custom_id_define"), {"definition": _DEFINITION})
    errors = reply.body["metafieldDefinitionCreate"]["userErrors"]
    if any(error["code"] != "TAKEN" for error in errors):
        raise Refused("no_custom_id", f"No id of ours can be kept here: {errors[0]['message']}")


def _find(session: Session, custom_id: str) -> Reply:
    variables = {"id": {"customId": _identifier(custom_id)}, "variants": VARIANTS_SHOWN}
    reply = execute(session, document("product_by_custom_id"), variables)
    node = reply.body["productByIdentifier"]
    if node is not None:
        complete(session, node)
    return reply


def _identifier(custom_id: str) -> dict[str, str]:
    return {"namespace": NAMESPACE, "key": KEY, "value": custom_id}
