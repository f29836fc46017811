"""What a converge job does in its thread: a read, or a write that may read before it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from catalogue.domain.attributes import attribute, fingerprint
from catalogue.domain.forms import build_input, read_leaves
from catalogue.domain.values import Value
from catalogue.enums import Owner
from catalogue.services.access import Access
from catalogue.services.channel_writes import write_channels
from catalogue.services.media_writes import (
    write_media,
)
from catalogue.services.metafield_writes import write_metafields
from catalogue.services.reshape import perform_step
from catalogue.services.variant_pictures import write_variant_pictures
from catalogue.services.write_plans import (
    METAFIELDS,
    guarded,
)
from stores.shopify.products import parse_product, read_product, write_product
from stores.shopify.types import Extras, Reply

SEND = {
    **dict.fromkeys(METAFIELDS, write_metafields),
    "channels": write_channels,
    "media": write_media,
    "variant_media": write_variant_pictures,
}


def perform(request: Mapping[str, Any], access: Access) -> Reply:
    """Read or write; a guarded write reads first, and only reads where the store has moved."""
    gid, session = request["gid"], access.session
    if request["op"] == "structure":
        return perform_step(request, session, access.grant)
    extras = Extras.from_json(request["extras"])
    if request["op"] in SEND:
        reply = SEND[request["op"]](session, access.grant, request)
        if reply is not None:
            return reply
        found = read_product(session, gid, extras=extras)
        return replace(found, body={"read": found.body})
    checked = guarded(request)
    if checked or request["op"] == "read":
        found = read_product(session, gid, extras=extras)
        if request["op"] == "read" or _moved(found.body, checked):
            return replace(found, body={"read": found.body})
    product, inputs = _inputs(request)
    written = write_product(
        session,
        access.grant,
        gid,
        product,
        inputs,
        currency=request["currency"],
        variants=request["variants"],
    )
    return replace(written, body={"write": written.body})


def _inputs(request: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The product's part and the variants' part of a write."""
    by_host: dict[str, dict[str, Value]] = {}
    for leaf in request["leaves"]:
        by_host.setdefault(leaf["host"], {})[leaf["attribute"]] = leaf["value"]
    product = by_host.pop(request["gid"], None)
    variants = [
        {"id": gid, **build_input(Owner.VARIANT, wanted)} for gid, wanted in by_host.items()
    ]
    return (build_input(Owner.PRODUCT, product) if product else None), variants


def _moved(body: Mapping[str, Any], guarded: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the store no longer shows what the plan saw."""
    if body.get("product") is None:
        return True
    snapshot = parse_product(body["product"])
    shown = {snapshot.gid: read_leaves(Owner.PRODUCT, snapshot.node, snapshot.form)}
    shown |= {v.gid: read_leaves(Owner.VARIANT, v.node, snapshot.form) for v in snapshot.variants}
    return any(
        leaf["attribute"] not in shown.get(leaf["host"], {})
        or fingerprint(attribute(leaf["attribute"]), shown[leaf["host"]][leaf["attribute"]])
        != leaf["shown"]
        for leaf in guarded
    )
