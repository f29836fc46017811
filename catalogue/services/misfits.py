"""What keeps metafields (one issue a store) or pictures (one a product there) out of step."""

from collections.abc import Iterable

from catalogue.domain.attributes import PICTURES, attribute
from catalogue.domain.diff import LeafKey
from catalogue.enums import IssueKind
from catalogue.selectors.picture import Picture
from catalogue.services.issues import Subject, raise_issue

ASTRAY = "It leads to a product or variant that this store doesn't have: nothing was written."


def astray(pic: Picture, keys: Iterable[LeafKey]) -> bool:
    """Whether one of these can't be written because it leads nowhere in this store; told once."""
    here = {key for key in pic.leaf_keys() if key in keys}
    lost = [key for key in here if pic.effective(key).source == "reference"]
    for _, name in lost:
        misfit(pic, name, "it leads to a product or variant that this store doesn't have")
    return bool(lost)


def pictures_differ(pic: Picture, why: str) -> None:
    """Say once for a product in a store why its pictures there are not those of the hub."""
    store = pic.store
    subject = Subject(
        name=f"pictures, listing {pic.listing.pk}",
        product_id=pic.product.pk if pic.product else None,
        attribute=PICTURES,
        store_id=store.pk,
    )
    reason = f"The pictures of “{pic.listing.title}” in {store} are not those of the hub: {why}."
    raise_issue(store.workspace_id, IssueKind.PICTURES, subject, reason)


def misfit(pic: Picture, name: str, why: str) -> None:
    """Say once for a store why one metafield is not kept in step there, whatever the product."""
    store = pic.store
    subject = Subject(
        name=f"{name}, store {store.pk}",
        product_id=pic.product.pk if pic.product else None,
        attribute=name,
        store_id=store.pk,
    )
    reason = f"{attribute(name).label} is not kept in step in {store}: {why}."
    raise_issue(store.workspace_id, IssueKind.METAFIELD, subject, reason)
