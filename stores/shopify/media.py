"""The media of products through the port: read beside them, attached, described, moved."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.grants import demand
from stores.shopify.types import MediaWritten, Reply, Session, WriteGrant

__all__ = ["add_media", "parse_media_write", "read_media", "read_variant_pictures", "write_media"]

# Of ten products fifteen media each, and of one product a hundred, stay below 1,000 points.
BATCH, FIRST, ALL = 10, 15, 100
# What says that somebody was faster, or that Shopify is still at work.
MOVED = frozenset(
    {
        "FILE_DOES_NOT_EXIST",
        "FILE_LOCKED",
        "MEDIA_DOES_NOT_EXIST",
        "MEDIA_DOES_NOT_EXIST_ON_PRODUCT",
        "MEDIA_IS_NOT_ATTACHED_TO_VARIANT",
        "NON_READY_MEDIA",
        "NON_READY_STATE",
    }
)
Node = Mapping[str, Any]
_OF_VARIANTS = {"show": "variant_pictures_set", "hide": "variant_pictures_unset"}


def add_media(session: Session, products: Iterable[dict[str, Any]]) -> None:
    """Give each product's node, in place, all of its media in order as `media`.

    Each of its variants gets the id of the one that it shows as `shownMedium`, or None.
    """
    nodes = {node["id"]: node for node in products}
    found = read_media(session, list(nodes))
    shown = read_variant_pictures(session, [gid for gid, media in found.items() if media])
    for gid, media in found.items():
        nodes[gid]["media"] = media
        for variant in nodes[gid]["variants"]["nodes"] if gid in shown or not media else ():
            variant["shownMedium"] = shown.get(gid, {}).get(variant["id"])


def read_media(session: Session, gids: Sequence[str]) -> dict[str, list[Node]]:
    """By product all of its media in order; a product that is gone is left out."""
    return _walked(session, gids, "product_media", "media")


def read_variant_pictures(
    session: Session, gids: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """By product, then by variant the id of the medium that it shows, or None."""
    found = _walked(session, gids, "variant_pictures", "variants")
    return {gid: {one["id"]: _first(one) for one in variants} for gid, variants in found.items()}


def _first(variant: Node) -> str | None:
    return next((medium["id"] for medium in variant["media"]["nodes"]), None)


def _walked(
    session: Session, gids: Sequence[str], name: str, connection: str
) -> dict[str, list[Node]]:
    """By product the whole of one of its connections, many products at a time."""
    found: dict[str, list[Node]] = {}
    for start in range(0, len(gids), BATCH):
        for node in _page(session, name, connection, gids[start : start + BATCH], FIRST):
            nodes, info = list(node[connection]["nodes"]), node[connection]["pageInfo"]
            while info["hasNextPage"]:
                ids, after = [node["id"]], info["endCursor"]
                (more,) = _page(session, name, connection, ids, ALL, after=after) or (None,)
                if more is None:  # deleted meanwhile
                    break
                nodes += more[connection]["nodes"]
                info = more[connection]["pageInfo"]
            else:
                found[node["id"]] = nodes
    return found


def _page(
    session: Session,
    name: str,
    connection: str,
    ids: Sequence[str],
    count: int,
    *,
    after: str | None = None,
) -> list[Node]:
    variables = {"ids": list(ids), connection: count, "after": after}
    body = execute(session, document(name), variables).body
    return [node for node in body["nodes"] if node]


def write_media(
    session: Session, grant: WriteGrant | None, gid: str, kind: str, given: Sequence[Node]
) -> Reply:
    """Take one step: attach, describe, order, detach or discard; of variants show or hide."""
    demand(grant)
    if kind == "attach":
        shown = len(given) + 1  # whoever stands before the new ones must be an old one
        variables = {"id": gid, "new": list(given), "media": shown, "after": None}
        return execute(session, document("product_media_attach"), variables)
    if kind in _OF_VARIANTS:
        return execute(session, document(_OF_VARIANTS[kind]), {"id": gid, "given": list(given)})
    if kind == "order":
        variables = {"id": gid, "moves": list(given)}
        return execute(session, document("product_media_order"), variables)
    if kind == "discard":
        return execute(session, document("files_discard"), {"ids": [one["id"] for one in given]})
    return execute(session, document("files_update"), {"files": list(given)})


def parse_media_write(body: Node) -> MediaWritten:
    """What was refused, and the ids of the product's last media where the answer shows them."""
    (payload,) = body.values()
    errors = payload.get("userErrors") or payload.get("mediaUserErrors") or ()
    connection = (payload.get("product") or {}).get("media")
    refused = " ".join(error["message"] for error in errors)
    moved = any(error.get("code") in MOVED for error in errors)
    if connection is None:
        return MediaWritten((), refused, moved)
    return MediaWritten(tuple(n["id"] for n in reversed(connection["nodes"])), refused, moved)
