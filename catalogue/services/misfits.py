"""Metafields that a store holds in a way that keeps them out of step: one issue a store."""

from catalogue.domain.attributes import attribute
from catalogue.enums import IssueKind
from catalogue.selectors.picture import Picture
from catalogue.services.issues import Subject, raise_issue


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
