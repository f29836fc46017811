"""A product's options and variants through the port: one change of its shape at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.errors import Refused
from stores.shopify.products import complete, demand_leave, write_product
from stores.shopify.types import Reply, Session, WriteGrant

__all__ = ["VARIANTS_READ", "read_structure", "write_structure"]

VARIANTS_READ = 100
Change: TypeAlias = Mapping[str, Any]
Options: TypeAlias = Sequence[Mapping[str, Any]]


def read_structure(session: Session, gid: str) -> Reply:
    """Read a whole product with its `options`; `body["product"]` is None where it is gone."""
    variables = {"id": gid, "variants": VARIANTS_READ}
    reply = execute(session, document("product_structure_read"), variables)
    node = reply.body["product"]
    if node is not None:
        complete(session, node)
    return reply


def write_structure(
    session: Session,
    grant: WriteGrant | None,
    gid: str,
    change: Change,
    options: Options,
    *,
    currency: str | None = None,
    variants: int = VARIANTS_READ,
) -> Reply:
    """Make one change and show the state after it.

    `change` has the fields of a step of `catalogue.domain.shape`, and `inputs` of variants;
    `options` are those just read; `variants` is how many the state shows.
    """
    demand_leave(session, grant, currency)
    if change["kind"] == "choose_values":
        return write_product(session, grant, gid, None, change["inputs"], variants=variants)
    name, build = _CHANGES[change["kind"]]
    variables = {"productId": gid, "variants": variants, **build(change, options)}
    return execute(session, document(name), variables)


def _rename_option(change: Change, options: Options) -> dict[str, Any]:
    return {"option": {"id": options[change["at"]]["id"], "name": change["name"]}}


def _rename_value(change: Change, options: Options) -> dict[str, Any]:
    option = options[change["at"]]
    known = {value["name"]: value["id"] for value in option["optionValues"]}
    if change["old"] not in known:
        raise Refused("unknown_value", f"The option has no value “{change['old']}”.")
    value = {"id": known[change["old"]], "name": change["name"]}
    return {"option": {"id": option["id"]}, "values": [value]}


def _add_option(change: Change, _: Options) -> dict[str, Any]:
    return {"options": [{"name": change["name"], "values": [{"name": change["old"]}]}]}


def _remove_option(change: Change, options: Options) -> dict[str, Any]:
    return {"options": [options[change["at"]]["id"]]}


def _order_options(change: Change, options: Options) -> dict[str, Any]:
    return {"options": [{"id": options[place]["id"]} for place in change["places"]]}


def _order_values(change: Change, options: Options) -> dict[str, Any]:
    pairs = zip(options, change["orders"], strict=True)
    return {
        "options": [
            {"id": option["id"], "values": [{"name": name} for name in names]}
            for option, names in pairs
        ]
    }


def _create_variants(change: Change, _: Options) -> dict[str, Any]:
    return {"inputs": change["inputs"]}


def _delete_variants(change: Change, _: Options) -> dict[str, Any]:
    return {"ids": change["keys"]}


def _order_variants(change: Change, _: Options) -> dict[str, Any]:
    places = enumerate(change["keys"], start=1)
    return {"positions": [{"id": gid, "position": place} for place, gid in places]}


_CHANGES: Mapping[str, tuple[str, Callable[[Change, Options], dict[str, Any]]]] = {
    "rename_option": ("product_option_change", _rename_option),
    "rename_value": ("product_option_change", _rename_value),
    "add_option": ("product_options_create", _add_option),
    "remove_option": ("product_options_delete", _remove_option),
    "order_options": ("product_options_reorder", _order_options),
    "order_values": ("product_options_reorder", _order_values),
    "create_variants": ("product_variants_create", _create_variants),
    "delete_variants": ("product_variants_delete", _delete_variants),
    "order_variants": ("product_variants_reorder", _order_variants),
}
