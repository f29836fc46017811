"""Changing a product's shape in a store: one step a call, each planned on what is shown by then."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from catalogue.domain.attributes import (
    ATTRIBUTES,
    OPTION_NAMES,
    OPTION_VALUES,
    VALUE_ORDER,
    VARIANT_ORDER,
)
from catalogue.domain.diff import LeafKey
from catalogue.domain.forms import build_input
from catalogue.domain.shape import Row, Shape, Step, UnfitError
from catalogue.domain.steps import apply
from catalogue.domain.structure import next_step
from catalogue.domain.value_order import join
from catalogue.domain.values import Value
from catalogue.domain.version import Version
from catalogue.enums import IssueKind, Owner
from catalogue.models import Listing
from catalogue.selectors.picture import Picture
from catalogue.selectors.shapes import NEW, doomed, missing, shown_shape, wanted_shape
from catalogue.services.issues import Subject, raise_issue, settle_issue
from stores.shopify.products import parse_product
from stores.shopify.structure import read_structure, write_structure
from stores.shopify.types import ProductSnapshot, Reply, Session, WriteGrant

SAID: Mapping[str, str] = {
    "rename_option": "An option was renamed.",
    "rename_value": "A value of an option was renamed.",
    "add_option": "An option was added.",
    "remove_option": "An option was taken away.",
    "order_options": "The options were put in order.",
    "choose_values": "Variants got other values of their options.",
    "order_values": "The values of the options were put in order.",
    "create_variants": "Variants were created.",
    "delete_variants": "Variants were deleted.",
    "order_variants": "The variants were put in order.",
}
MOST_SHOWN = 100


def plan_step(pic: Picture, now: datetime) -> dict[str, Any] | None:
    """The request of the next step; None where there is none, or where a person must help."""
    shown = shown_shape(pic)
    if shown is None:
        return None
    subject = subject_of(pic.listing)
    workspace_id = pic.store.workspace_id
    try:
        wanted = wanted_shape(pic, shown)
        step = next_step(wanted, shown, doomed=doomed(pic))
        request = _request(pic, step, wanted, shown, now) if step else None
    except UnfitError as error:
        said = f"“{pic.listing}” can't get the hub's options and variants. {error}"
        raise_issue(workspace_id, IssueKind.STRUCTURE, subject, said)
        return None
    said = "The options and variants fit again."
    settle_issue(workspace_id, IssueKind.STRUCTURE, subject, by="", reason=said)
    return request


def subject_of(listing: Listing) -> Subject:
    return Subject(
        name=f"listing {listing.pk}", product_id=listing.product_id, store_id=listing.store_id
    )


def _request(
    pic: Picture, step: Step, wanted: Shape, shown: Shape, now: datetime
) -> dict[str, Any]:
    """Exactly what is about to be done, what the store is seen to show, and what it shows then."""
    return {
        "op": "structure",
        "planned": now.isoformat(),
        "gid": pic.listing.gid,
        "change": {**step.to_json(), "inputs": _inputs(pic, step, wanted)},
        "shown": _told(shown),
        "leaves": _expected(pic, shown, apply(step, shown)),
        "currency": pic.product.currency if pic.product and _carries_money(pic, step) else None,
        "variants": max(1, min(len(shown.rows) + len(step.rows), MOST_SHOWN)),
    }


def _told(shape: Shape) -> dict[str, Any]:
    return {
        "names": list(shape.names),
        "rows": [[r.key, list(r.values)] for r in shape.rows],
        "orders": [list(names) for names in shape.orders],
    }


def _inputs(pic: Picture, step: Step, wanted: Shape) -> list[dict[str, Any]]:
    inputs = []
    for row in step.rows:
        pairs = zip(wanted.names, row.values, strict=True)
        chosen = [{"optionName": name, "name": value} for name, value in pairs]
        known = {} if row.key.startswith(NEW) else {"id": row.key}
        new = _values_of_new(pic, row.key) if row.key.startswith(NEW) else {}
        inputs.append({**known, **build_input(Owner.VARIANT, new), "optionValues": chosen})
    return inputs


def _values_of_new(pic: Picture, key: str) -> dict[str, Value]:
    """What a variant is created with. Raises UnfitError where it would be sold for nothing."""
    variant_id = int(key.removeprefix(NEW))
    names = [d.name for d in ATTRIBUTES.values() if d.owner is Owner.VARIANT and not d.structural]
    found = {name: pic.effective((variant_id, name)) for name in names}
    if not found["price"].managed:
        raise UnfitError(f"Its new variant “{pic.variants[variant_id]}” has no price there.")
    return {name: one.value for name, one in found.items() if one.managed}


def _carries_money(pic: Picture, step: Step) -> bool:
    return step.kind == "create_variants" and any(
        pic.effective((pk, declared.name)).source == "canonical"
        for pk in missing(pic)
        for declared in ATTRIBUTES.values()
        if declared.money
    )


def _expected(pic: Picture, before: Shape, after: Shape) -> list[dict[str, Any]]:
    """The leaves that a step moves, with the values that they have after it."""
    moved: list[tuple[str, str, Value]] = []
    if after.names != before.names:
        moved.append((pic.listing.gid, OPTION_NAMES, list(after.names)))
    if after.orders and after.orders != before.orders:
        moved.append((pic.listing.gid, VALUE_ORDER, [join(names) for names in after.orders]))
    had = before.values()
    moved += [
        (row.key, OPTION_VALUES, list(row.values))
        for row in after.rows
        if had.get(row.key, row.values) != row.values
    ]
    ours = {host.gid: str(variant_id) for variant_id, host in pic.hosts.items()}
    order = [ours[key] for key in after.keys if key in ours]
    if order != pic.ids_shown():
        moved.append((pic.listing.gid, VARIANT_ORDER, order))
    version = _version(pic)
    return [
        {"host": host, "attribute": name, "value": value, "version": version}
        for host, name, value in moved
    ]


def _version(pic: Picture) -> dict[str, Any] | None:
    """That of the newest part of the shape: what a step leads to is never older."""
    keys: list[LeafKey] = [(None, OPTION_NAMES), (None, VARIANT_ORDER), (None, VALUE_ORDER)]
    keys += [(variant_id, OPTION_VALUES) for variant_id in pic.variants]
    found: list[Version] = [e.version for e in map(pic.effective, keys) if e.version]
    return max(found).to_json() if found else None


def perform_step(request: Mapping[str, Any], session: Session, grant: WriteGrant | None) -> Reply:
    """Make the change where the store still shows what the plan saw; otherwise only read."""
    found = read_structure(session, request["gid"])
    node = found.body["product"]
    if node is None or _differs(_told(_shape_of(parse_product(node))), request["shown"]):
        return replace(found, body={"read": found.body})
    written = write_structure(
        session,
        grant,
        request["gid"],
        request["change"],
        node["options"],
        currency=request["currency"],
        variants=request["variants"],
    )
    return replace(written, body={"write": written.body})


def _differs(found: Mapping[str, Any], planned: Mapping[str, Any]) -> bool:
    """The order of values counts only where the plan knew it."""
    known = [name for name in ("names", "rows", "orders") if name != "orders" or planned.get(name)]
    return any(found[name] != planned[name] for name in known)


def _shape_of(snapshot: ProductSnapshot) -> Shape:
    names: Sequence[str] = snapshot.node.get("optionNames", ())
    rows = (Row(v.gid, tuple(v.node["optionValues"])) for v in snapshot.variants)
    orders = (tuple(one) for one in snapshot.node["valueOrder"])
    return Shape(tuple(names), tuple(rows), tuple(orders))
