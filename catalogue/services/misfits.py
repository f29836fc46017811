"""What keeps metafields (one issue a store) or pictures (one a product there) out of step."""

from collections.abc import Iterable

from catalogue.domain.attributes import PICTURES, attribute
from catalogue.domain.diff import LeafKey
from catalogue.domain.gallery import FAILED
from catalogue.enums import IssueKind, IssueState
from catalogue.models import Issue, Listing
from catalogue.selectors.galleries import gallery_of
from catalogue.selectors.picture import Picture, pictures
from catalogue.services.issues import Subject, close_issue, raise_issue, settle_issue
from stores.models import Store

MOST_LOOKED_AT = 500
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


def settle_misfits(store: Store) -> None:
    """Close what a whole walk through a store did not meet again: its cause has gone."""
    rows = Issue.objects.filter(store=store, state=IssueState.OPEN)
    of_types = rows.filter(kind=IssueKind.METAFIELD).select_related("product")
    for issue in of_types:
        if issue.seen_at < store.pull_started_at and not _leads_astray(issue, store):
            close_issue(issue.pk, by="", reason="A walk through the store met it no more.")
    listings = Listing.objects.filter(
        store=store,
        product__issues__in=rows.filter(kind=IssueKind.PICTURES, subject__startswith="pictures, "),
    )
    for pic in pictures(listings.values_list("pk", flat=True)[:MOST_LOOKED_AT]):
        if _shows_the_hubs(pic):
            settle_issue(
                store.workspace_id,
                IssueKind.PICTURES,
                _pictures(pic),
                by="",
                reason="The store shows the hub's pictures.",
            )


def _leads_astray(issue: Issue, store: Store) -> bool:
    """Whether the product that an issue was last met at still leads to what the store lacks."""
    listings = Listing.objects.filter(store=store, product=issue.product)
    found = pictures(listings.values_list("pk", flat=True)) if issue.product else []
    return any(
        pic.effective(key).source == "reference"
        for pic in found
        for key in pic.leaf_keys()
        if key[1] == issue.attribute
    )


def _shows_the_hubs(pic: Picture) -> bool:
    leaf, standing = pic.listing.leaf(PICTURES), pic.standing((None, PICTURES))
    lost = any(medium.status == FAILED and medium.key for medium in gallery_of(pic.listing))
    own = standing is not None and standing.stands
    return leaf is not None and not own and not lost and not pic.to_write(PICTURES)


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
