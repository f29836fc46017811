"""Edits made in a store while a sale lies over its prices: each becomes one issue, held."""

from collections.abc import Sequence

from catalogue.domain.diff import LeafKey
from catalogue.domain.routing import ON_SALE, Routing
from catalogue.enums import ChangeFate, IssueKind, OverrideKind
from catalogue.models import Change
from catalogue.selectors.picture import Picture
from catalogue.services.issues import Subject, raise_issue, settle_issue


def tell_of_sale(pic: Picture, key: LeafKey, routing: Routing) -> None:
    """Ask a person about an edit that a sale keeps from its way."""
    if routing.reason == ON_SALE and pic.product is not None:
        subject = Subject.of_leaf(pic.product.pk, key[0], key[1], pic.store.pk)
        reason = f"{pic.store} shows {routing.entry.value}, set there during a sale. {ON_SALE}"
        raise_issue(pic.product.workspace_id, IssueKind.SALE, subject, reason)


def close_sale_issues(changes: Sequence[Change], *, by: str) -> None:
    """Close the issues of values that are held no more, after stored changes."""
    for change in changes:
        if change.old_kind == OverrideKind.HELD and change.fate == ChangeFate.WON:
            subject = Subject.of_leaf(
                change.product_id, change.variant_id, change.attribute, change.store_id
            )
            settle_issue(
                change.workspace_id, IssueKind.SALE, subject, by=by, reason="A person decided."
            )
