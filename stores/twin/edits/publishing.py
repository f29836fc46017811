"""Which products are sold over which channels: published at once, later, or no longer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from stores.twin.edits.deed import Deed
from stores.twin.goods import Product
from stores.twin.rendering import shop_time
from stores.twin.selling import Publication
from stores.twin.webhooks import announce

__all__ = ["is_visible", "publish", "publish_new", "unpublish"]


def publish(
    deed: Deed, product: Product, publication: Publication, at: datetime | None = None
) -> None:
    """Put a product on a channel, from a moment on or at once."""
    before, since = product.publishing.get(publication.id), at or deed.now
    if before is not None and (at is None or before == at) and before <= deed.now:
        return
    product.publishing[publication.id] = since
    deed.note(product.gid, _attribute(publication), _told(before), _told(since))
    _tell(deed, product, publication, "update" if before else "create")


def unpublish(deed: Deed, product: Product, publication: Publication) -> None:
    if (before := product.publishing.pop(publication.id, None)) is not None:
        deed.note(product.gid, _attribute(publication), _told(before), None)
        _tell(deed, product, publication, "delete")


def publish_new(deed: Deed, product: Product, chosen: Iterable[Publication] = ()) -> None:
    """A new product goes where it is sent, and where all new ones go by themselves."""
    wanted = set(chosen)
    for publication in deed.shop.publications:
        if publication in wanted or publication.auto_publish:
            product.publishing[publication.id] = deed.now
            _tell(deed, product, publication, "create")


def is_visible(product: Product, publication: Publication, now: datetime) -> bool:
    """Whether shoppers find it there: active, published, and its moment has come."""
    since = product.publishing.get(publication.id)
    return product.values["status"] == "ACTIVE" and since is not None and since <= now


def _tell(deed: Deed, product: Product, publication: Publication, event: str) -> None:
    """Its own app hears of a publication (3.4); the web shop's dates the product (assumed)."""
    if publication is deed.shop.online_store:
        deed.touch(product)
    owner = deed.shop.installs.get(publication.client_id or "")
    if owner is None or product.values["status"] != "ACTIVE":
        return
    body: dict[str, Any] = {
        "id": product.id,
        "product_id": product.id,
        "publication_id": publication.id,
    }
    if event != "delete":
        since = shop_time(product.publishing[publication.id], deed.shop.zone)
        body |= {"published_at": since}
    announce(deed.twin, deed.shop, f"product_publications/{event}", body, to=[owner])


def _attribute(publication: Publication) -> str:
    return f"published@{publication.gid}"


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
