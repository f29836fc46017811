"""The media of products through the port: read beside them, attached, described, moved."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.grants import demand
from stores.shopify.types import MediaWritten, Reply, Session, WriteGrant

__all__ = ["add_media", "parse_media_write", "read_media", "write_media"]

# Of ten products fifteen media each, and of one product a hundred, stay below 1,000 points.
BATCH, FIRST, ALL = 10, 15, 100
Node = Mapping[str, Any]


def add_media(session: Session, products: Iterable[dict[str, Any]]) -> None:
    """Give each product's node, in place, all of its media in order as `media`."""
    nodes = {node["id"]: node for node in products}
    for gid, media in read_media(session, list(nodes)).items():
        nodes[gid]["media"] = media


def read_media(session: Session, gids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By product all of its media in order; a product that is gone is left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for start in range(0, len(gids), BATCH):
        ids = list(gids[start : start + BATCH])
        for node in _page(session, ids, FIRST):
            media, info = list(node["media"]["nodes"]), node["media"]["pageInfo"]
            while info["hasNextPage"]:
                (more,) = _page(session, [node["id"]], ALL, info["endCursor"]) or (None,)
                if more is None:  # deleted meanwhile
                    break
                media += more["media"]["nodes"]
                info = more["media"]["pageInfo"]
            else:
                found[node["id"]] = media
    return found


def _page(session: Session, ids: list[str], media: int, after: str | None = None) -> list[Node]:
    variables = {"ids": ids, "media": media, "after": after}
    body = execute(session, document("product_media"), variables).body
    return [node for node in body["nodes"] if node]


def write_media(
    session: Session, grant: WriteGrant | None, gid: str, kind: str, given: Sequence[Node]
) -> Reply:
    """Take one step: `attach`, `describe`, `order` or `detach`."""
    demand(grant)
    if kind == "attach":
        variables = {"id": gid, "new": list(given), "media": ALL, "after": None}
        return execute(session, document("product_media_attach"), variables)
    if kind == "order":
        variables = {"id": gid, "moves": list(given)}
        return execute(session, document("product_media_order"), variables)
    return execute(session, document("files_update"), {"files": list(given)})


def parse_media_write(body: Node) -> MediaWritten:
    """What was refused, and the ids of the product's media where the answer shows them all."""
    (payload,) = body.values()
    errors = payload.get("userErrors") or payload.get("mediaUserErrors") or ()
    connection = (payload.get("product") or {}).get("media")
    refused = " ".join(error["message"] for error in errors)
    if connection is None or connection["pageInfo"]["hasNextPage"]:
        return MediaWritten((), refused)
    return MediaWritten(tuple(node["id"] for node in connection["nodes"]), refused)
