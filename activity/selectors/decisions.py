"""What waits for people, in numbers with their rows; and a conflict's two sides in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from activity.selectors.comparison import text_of
from catalogue.domain.attributes import STOCK
from catalogue.domain.values import Value
from catalogue.enums import ConflictState, HeldState, IssueState, ListingState
from catalogue.models import (
    Change,
    Conflict,
    HeldBatch,
    Issue,
    Listing,
    StockMovement,
    StockPool,
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two values: whose it is, since when, and what the ledger says of it."""

    word: str
    value: str
    who: str
    source: str
    since: datetime | None
    change: Change | None
    movement: StockMovement | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many rows of one sort wait for a person."""

    words: str
    count: int
    address: str


def sides(conflict: Conflict) -> tuple[Side, Side]:
    if conflict.attribute == STOCK:
        return (
            _moved(conflict.winner, conflict.winner_movement),
            _moved(conflict.loser, conflict.loser_movement),
        )
    return (
        _side("Stands", conflict.winner, conflict.winner_change),
        _side("Lost", conflict.loser, conflict.loser_change),
    )


def stock_of_conflict(conflict: Conflict) -> StockPool | None:
    """The stock that a conflict is about, as it is now."""
    movement = conflict.loser_movement
    return None if movement is None else movement.pool


def waiting(user: Any) -> list[Waiting]:
    """What this person may decide; every count is that of the rows behind its address."""
    listings = Listing.objects.for_user(user)
    return [
        _waiting("conflicts", Conflict.objects.for_user(user), ConflictState.OPEN),
        _waiting("batches at the gates", HeldBatch.objects.for_user(user), HeldState.HELD),
        _waiting("issues", Issue.objects.for_user(user), IssueState.OPEN),
        _waiting("listings without a match", listings, ListingState.UNMATCHED),
        _waiting("ambiguous listings", listings, ListingState.AMBIGUOUS),
    ]


def _waiting(words: str, rows: Any, state: str) -> Waiting:
    address = reverse(f"admin:catalogue_{rows.model._meta.model_name}_changelist")  # noqa: SLF001
    count = rows.filter(state=state).count()
    return Waiting(words, count, f"{address}?{urlencode({'state__exact': str(state)})}")


def _moved(value: Value, movement: StockMovement | None) -> Side:
    text = text_of(value)
    if movement is None:
        return Side("", text, "", "", None, None)
    store = movement.member.store if movement.member else ""
    word = f"In {store}" if store else "In the hub"
    who, source = movement.actor or str(store), movement.get_source_display()
    since = movement.as_of or movement.created_at
    return Side(word, text, who, source, since, None, movement)


def _side(word: str, value: Value, change: Change | None) -> Side:
    text = text_of(value)
    if change is None:
        return Side(word, text, "", "import", None, None)
    who = change.actor or str(change.store or "")
    return Side(word, text, who, change.get_source_display(), change.version_time, change)
