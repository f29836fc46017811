"""Checking the whole queue: the books and the inspections, kept for the pages that show them."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from syncqueue.models import Balance, Finding
from syncqueue.selectors.books import Books, books
from syncqueue.selectors.inspections import Found, inspect

CHECK_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Checked:
    """The books of every channel, and all that is wrong."""

    books: list[Books]
    found: list[Found]


def check_queue() -> Checked:
    """Check everything, remember how it stands, and forget what is cured."""
    counted = books()
    found = [_unbalanced(one) for one in counted if not one.balanced] + inspect()
    now = timezone.now()
    with transaction.atomic():
        _keep_balances(counted, now)
        _keep_findings(found, now)
    return Checked(counted, found)


def _unbalanced(one: Books) -> Found:
    says = (
        f"{one.received} jobs were received, and {one.accounted_for} are accounted for "
        f"({one.succeeded} succeeded, {one.dead_lettered} dead-lettered, "
        f"{one.cancelled} cancelled, {one.open} open); channel"
    )
    return Found(one.channel_id, "books", says, 1, (one.channel_id,))


def _keep_balances(counted: list[Books], now: datetime) -> None:
    rows = [Balance(**asdict(one), checked_at=now) for one in counted]
    Balance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["channel"],
        update_fields=[
            "received", "succeeded", "dead_lettered", "cancelled", "open", "checked_at",
        ],
    )  # fmt: skip


def _keep_findings(found: list[Found], now: datetime) -> None:
    rows = [
        Finding(
            channel_id=one.channel_id,
            code=one.code,
            sentence=one.sentence,
            rows=list(one.rows),
            found_at=now,
            checked_at=now,
        )
        for one in found
    ]
    Finding.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["channel", "code"],
        update_fields=["sentence", "rows", "checked_at"],
    )
    Finding.objects.filter(checked_at__lt=now).delete()
