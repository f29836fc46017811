"""Which of its product's pictures each variant shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catalogue.domain.attributes import VARIANT_PICTURE, attribute, fingerprint
from catalogue.domain.gallery import READY
from catalogue.selectors.galleries import gallery_of
from catalogue.selectors.picture import Picture
from stores.shopify.media import read_variant_pictures
from stores.shopify.media import write_media as send
from stores.shopify.types import ProductSnapshot, Reply, Session, VariantSnapshot, WriteGrant

MOST = 100  # pairs of one call (MAXIMUM_VARIANT_MEDIA_PAIRS_EXCEEDED)


def see_variants(pic: Picture, snapshot: ProductSnapshot) -> ProductSnapshot:
    """Say of each variant which picture it shows, by what its content is called."""
    keys = {medium.gid: medium.key for medium in gallery_of(pic.listing)}
    return replace(snapshot, variants=tuple(_see(one, keys) for one in snapshot.variants))


def _see(variant: VariantSnapshot, keys: Mapping[str, str | None]) -> VariantSnapshot:
    gid = variant.node.get("shownMedium", "")
    if gid == "" or (gid is not None and not keys.get(gid)):
        return variant
    return replace(variant, node={**variant.node, VARIANT_PICTURE: gid and keys[gid]})


def plan_variant_pictures(pic: Picture, request: dict[str, Any]) -> dict[str, Any] | None:
    """The request that lets variants show what the store has; None while it has none of it."""
    media = gallery_of(pic.listing)
    gids = {medium.key: medium.gid for medium in media if medium.status == READY}
    ready = [leaf for leaf in request["leaves"] if leaf["value"] in (None, *gids)]
    taken = [leaf for leaf in ready if bool(leaf["value"]) is bool(ready[0]["value"])][:MOST]
    if not taken:
        return None
    kind = "show" if taken[0]["value"] else "hide"
    given = [_given(pic, leaf, gids) for leaf in taken]
    return {
        **request,
        "leaves": taken,
        "step": kind,
        "given": given,
        "new": [],
        "keys": {medium.gid: medium.key for medium in media},
        "last": not request["more"] and len(taken) == len(request["leaves"]),
        "more": True,
    }


def _given(pic: Picture, leaf: Mapping[str, Any], gids: Mapping[str | None, str]) -> dict[str, Any]:
    if leaf["value"]:
        return {"id": leaf["host"], "mediaId": gids[leaf["value"]]}
    shown = pic.shown[leaf["host"]].leaf(VARIANT_PICTURE)
    key = shown.value if shown and isinstance(shown.value, str) else None
    return {"variantId": leaf["host"], "mediaIds": [gids[key]]}


def write_variant_pictures(
    session: Session, grant: WriteGrant | None, request: Mapping[str, Any]
) -> Reply | None:
    """Read, compare, set; None where a variant shows another picture by now."""
    shown = read_variant_pictures(session, [request["gid"]]).get(request["gid"])
    if shown is None or any(_moved(leaf, shown, request["keys"]) for leaf in request["leaves"]):
        return None
    sent = send(session, grant, request["gid"], request["step"], request["given"])
    return replace(sent, body={"media": sent.body})


def _moved(
    leaf: Mapping[str, Any], shown: Mapping[str, str | None], keys: Mapping[str, str | None]
) -> bool:
    gid = shown.get(leaf["host"])
    key = keys.get(gid, gid) if gid else None
    return bool(fingerprint(attribute(VARIANT_PICTURE), key) != leaf["shown"])
