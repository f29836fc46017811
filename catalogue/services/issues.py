"""Issues: what only a person can decide, one open for each subject and kind."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from catalogue.enums import IssueKind, IssueState
from catalogue.errors import NotAllowedNowError
from catalogue.models import Issue

_RAISE = """
INSERT INTO catalogue_issue (workspace_id, kind, subject, reason, product_id, variant_id, attribute,
                             store_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (workspace_id, kind, subject) WHERE state = 'open'
DO UPDATE SET reason = EXCLUDED.reason, times = catalogue_issue.times + 1,
              seen_at = statement_timestamp()
RETURNING id
"""
# Asked by every plan of a write, which mostly finds nothing: the ORM compiles for longer than that.
_SETTLE = """
UPDATE catalogue_issue SET state = 'closed', closed_at = statement_timestamp(), closed_by = %s,
                           closed_reason = %s
WHERE workspace_id = %s AND kind = %s AND subject = %s AND state = 'open'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an issue is about; `name` tells two subjects of one kind apart, for ever."""

    name: str
    product_id: int | None = None
    variant_id: int | None = None
    attribute: str = ""
    store_id: int | None = None

    @classmethod
    def of_leaf(
        cls, product_id: int, variant_id: int | None, attribute: str, store_id: int | None = None
    ) -> "Subject":
        """One attribute of a product or variant, in all stores or in one."""
        parts = [f"product {product_id}"]
        parts += [f"variant {variant_id}"] if variant_id else []
        parts += [attribute] + ([f"store {store_id}"] if store_id else [])
        return cls(
            name=", ".join(parts),
            product_id=product_id,
            variant_id=variant_id,
            attribute=attribute,
            store_id=store_id,
        )


def raise_issue(workspace_id: int, kind: IssueKind, subject: Subject, reason: str) -> int:
    """Open an issue, or say of the open one that it was seen again; its id."""
    values: list[Any] = [
        workspace_id,
        kind.value,
        subject.name,
        reason,
        subject.product_id,
        subject.variant_id,
        subject.attribute,
        subject.store_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, values)
        return int(cursor.fetchone()[0])


def settle_issue(
    workspace_id: int, kind: IssueKind, subject: Subject, *, by: str, reason: str
) -> bool:
    """Close the open issue of a subject, if there is one: what it asked has been decided."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [by, reason, workspace_id, kind.value, subject.name])
        return bool(cursor.rowcount)


def close_issue(issue_id: int, *, by: str, reason: str) -> None:
    """Close an issue by hand. Raises NotAllowedNowError where somebody already did."""
    closed = Issue.objects.filter(pk=issue_id, state=IssueState.OPEN).update(
        state=IssueState.CLOSED, closed_at=timezone.now(), closed_by=by, closed_reason=reason
    )
    if not closed:
        raise NotAllowedNowError("The issue is closed already.")
