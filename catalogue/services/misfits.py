"""What keeps metafields (one issue a store) or pictures (one a product there) out of step."""

from collections.abc import Iterable

from catalogue.domain.attributes import PICTURES, attribute
from catalogue.domain.diff import LeafKey
from catalogue.enums import IssueKind
from catalogue.selectors.picture import Picture
from catalogue.services.issues import Subject, raise_issue, settle_issue

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
    reason = f"The pictures of “{pic.listing.title}” in {store} are not those of the hub: {why}."
    raise_issue(store.workspace_id, IssueKind.PICTURES, _pictures(pic), reason)


def picture_unreadable(pic: Picture, name: str, why: str) -> None:
    """Say once for a product in a store which of its pictures can't be fetched, and why."""
    reason = (
        f"{name} of “{pic.listing.title}” in {pic.store} can't be fetched to see what it shows: "
        f"{why}. It is tried again; until then it is not carried to other stores."
    )
    raise_issue(pic.store.workspace_id, IssueKind.PICTURES, _pictures(pic, "unread"), reason)


def pictures_readable(pic: Picture) -> None:
    settle_issue(
        pic.store.workspace_id,
        IssueKind.PICTURES,
        _pictures(pic, "unread"),
        by="",
        reason="All its pictures could be fetched.",
    )


def _pictures(pic: Picture, what: str = "") -> Subject:
    return Subject(
        name=f"pictures{f' {what}' if what else ''}, listing {pic.listing.pk}",
        product_id=pic.product.pk if pic.product else None,
        attribute=PICTURES,
        store_id=pic.store.pk,
    )


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
