"""The channels that products are published on, through the port, by the names that people know."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.errors import Refused
from stores.shopify.grants import demand
from stores.shopify.snapshots import instant
from stores.shopify.types import ChannelsWritten, Reply, Session, WriteGrant

__all__ = ["add_channels", "parse_channels_write", "read_channels", "write_channels"]

MOST_PRODUCTS = 16  # 53 points each, below what one request may ask for
Node = Mapping[str, Any]


def add_channels(session: Session, products: Iterable[dict[str, Any]]) -> None:
    """Give each product's node, in place, the names of its channels as `channels`."""
    nodes = {node["id"]: node for node in products}
    for gid, names in read_channels(session, list(nodes)).items():
        nodes[gid]["channels"] = names


def read_channels(session: Session, gids: Sequence[str]) -> dict[str, list[str]]:
    """By product the names of its channels; who is on more than can be shown is left out."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(gids), MOST_PRODUCTS):
        ids = list(gids[start : start + MOST_PRODUCTS])
        body = execute(session, document("product_channels"), {"ids": ids}).body
        for node in filter(None, body["nodes"]):
            names = _names(node)
            if names is not None:
                found[node["id"]] = names
    return found


def write_channels(
    session: Session, grant: WriteGrant | None, gid: str, *, on: Iterable[str], off: Iterable[str]
) -> Reply:
    """Publish a product `on` channels and no longer on those of `off`, by name.

    Raises Refused, before anything is written, where the store has no channel of a name, or two.
    """
    demand(grant)
    wanted = {"product_publish": sorted(on), "product_unpublish": sorted(off)}
    known = _known(session)
    inputs = {name: [_input(known, one) for one in channels] for name, channels in wanted.items()}
    reply = None
    for name, given in inputs.items():
        if given:
            reply = execute(session, document(name), {"id": gid, "input": given})
            if parse_channels_write(reply.body).refused:
                break
    if reply is None:
        raise Refused("empty_write", "There is nothing to write.")
    return reply


def parse_channels_write(body: Node) -> ChannelsWritten:
    """What the last answer says: on which channels the product is then, or what was refused."""
    (payload,) = body.values()
    refused = " ".join(error["message"] for error in payload["userErrors"])
    node = payload["publishable"]
    names = _names(node) if node else None
    return ChannelsWritten(names, instant(node["updatedAt"]) if node else None, refused)


def _known(session: Session) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in execute(session, document("publications"), {}).body["publications"]["nodes"]:
        found.setdefault(node["name"].strip(), []).append(node["id"])
    return found


def _input(known: Mapping[str, list[str]], name: str) -> dict[str, str]:
    ids = known.get(name, [])
    if len(ids) != 1:
        said = "more than one channel" if ids else "no channel"
        has = ", ".join(f"“{one}”" for one in sorted(known))
        raise Refused("unknown_channel", f"The store has {said} “{name}”; it has {has}.")
    return {"publicationId": ids[0]}


def _names(node: Node) -> list[str] | None:
    """None where more than those that were shown may be."""
    shown = node["resourcePublicationsV2"]
    if shown["pageInfo"]["hasNextPage"]:
        return None
    return [one["publication"]["name"].strip() for one in shown["nodes"]]
