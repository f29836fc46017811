"""Metafields through the port: read beside products, set by comparing, deleted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.errors import Refused
from stores.shopify.grants import demand
from stores.shopify.snapshots import instant
from stores.shopify.types import (
    Extras,
    MetafieldEntry,
    MetafieldError,
    MetafieldSnapshot,
    MetafieldsWritten,
    Reply,
    Session,
    WriteGrant,
)

__all__ = [
    "MOST_METAFIELDS",
    "add_metafields",
    "delete_metafields",
    "parse_metafields_write",
    "read_metafields",
    "set_metafields",
]

MOST_METAFIELDS = 25  # of metafieldsSet: the schema's own text
MOST_IDS, MOST_POINTS = 250, 900
Found = Mapping[str, Mapping[str, Any] | None]


def add_metafields(session: Session, products: Iterable[dict[str, Any]], extras: Extras) -> None:
    """Give each product's node, and its variants', what it has of the wanted metafields.

    In place, as `metafields`: by `namespace.key` the metafield, or None where there is none.
    """
    nodes = list(products)
    variants = [variant for node in nodes for variant in node["variants"]["nodes"]]
    for owners, keys in ((nodes, extras.product), (variants, extras.variant)):
        found = read_metafields(session, [owner["id"] for owner in owners], keys)
        for owner in owners:
            if owner["id"] in found:
                owner["metafields"] = dict(found[owner["id"]])


def read_metafields(
    session: Session, owners: Sequence[str], keys: Sequence[str]
) -> Mapping[str, Found]:
    """By the owner's gid, by `namespace.key`; an owner that is gone is left out."""
    found: dict[str, Found] = {}
    for ids in _chunks(owners, len(keys)):
        variables = {"ids": ids, "first": len(keys), "keys": list(keys)}
        body = execute(session, document("metafields_read"), variables).body
        for node in filter(None, body["nodes"]):
            held = {f"{one['namespace']}.{one['key']}": one for one in node["metafields"]["nodes"]}
            found[node["id"]] = {key: held.get(key) for key in keys}
    return found


def _chunks(owners: Sequence[str], keys: int) -> Iterator[list[str]]:
    """As many as one request may ask for: each owner is 3 points and one more a metafield."""
    size = min(MOST_IDS, MOST_POINTS // (3 + keys)) if keys else 0
    for start in range(0, len(owners), size) if size else ():
        yield list(owners[start : start + size])


def set_metafields(
    session: Session, grant: WriteGrant | None, entries: Sequence[MetafieldEntry]
) -> Reply:
    """Set metafields, all or none, each only where its owner still has what `digest` says.

    A `digest` of None: only where there is none yet.
    """
    given = [
        {**_place(one), "type": one.type, "value": one.value, "compareDigest": one.digest}
        for one in entries
    ]
    return _write(session, grant, "metafields_set", given)


def delete_metafields(
    session: Session, grant: WriteGrant | None, entries: Sequence[MetafieldEntry]
) -> Reply:
    """Delete metafields; Shopify compares nothing, and one that is gone already is no error."""
    return _write(session, grant, "metafields_delete", [_place(one) for one in entries])


def parse_metafields_write(body: Mapping[str, Any]) -> MetafieldsWritten:
    """What the answer to either write says; one that deletes shows no metafields."""
    (payload,) = body.values()
    return MetafieldsWritten(
        shown=tuple(_snapshot(node) for node in payload.get("metafields") or ()),
        errors=tuple(
            MetafieldError(e.get("elementIndex"), e["message"], e.get("code") or "")
            for e in payload["userErrors"]
        ),
    )


def _write(
    session: Session, grant: WriteGrant | None, name: str, given: Sequence[Mapping[str, Any]]
) -> Reply:
    demand(grant)
    if not 0 < len(given) <= MOST_METAFIELDS:
        raise Refused("bad_batch", f"One call takes 1 to {MOST_METAFIELDS} metafields.")
    return execute(session, document(name), {"metafields": list(given)})


def _place(entry: MetafieldEntry) -> dict[str, str]:
    namespace, _, key = entry.place.rpartition(".")
    return {"ownerId": entry.owner, "namespace": namespace, "key": key}


def _snapshot(node: Mapping[str, Any]) -> MetafieldSnapshot:
    return MetafieldSnapshot(
        owner=node["owner"]["id"],
        place=f"{node['namespace']}.{node['key']}",
        type=node["type"],
        value=node["value"],
        updated_at=instant(node["updatedAt"]),
    )
