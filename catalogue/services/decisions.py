"""What people decide about conflicts and tugs of war: one at a time, or many at once."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from django.db import transaction
from django.utils import timezone

from catalogue.domain.attributes import STOCK
from catalogue.domain.diff import LeafKey
from catalogue.domain.values import Value
from catalogue.enums import ChangeScope, ConflictState, IssueKind, IssueState, OverrideKind, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import Change, Conflict, Issue, Override, Product
from catalogue.services.edit import Edited, SetValue, edit
from catalogue.services.stock.collisions import revert_stock, separate_stock

CHUNK = 200
EVERYWHERE = tuple(ChangeScope)
Place: TypeAlias = tuple[int, LeafKey, int | None]
"""A product, one of its leaves, and the store whose own value it is (None: the canonical one)."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How many were decided, and how many were left: closed already, nothing to decide, or held.

    What is held at the gates stays open, and is closed by the edit of its release.
    """

    done: int
    left: int

    def plus(self, more: Sequence[bool]) -> "Decided":
        return Decided(self.done + sum(more), self.left + len(more) - sum(more))


@dataclass(frozen=True, slots=True)
class _Verb:
    state: ConflictState
    source: Source
    wishes: Callable[[Conflict], Sequence[SetValue]]
    scopes: Collection[ChangeScope] = EVERYWHERE


def keep(conflict_ids: Collection[int], *, workspace_id: int, by: str) -> Decided:
    """Let the values that stand stand."""
    return _decide(_KEEP, conflict_ids, workspace_id, by)


def revert(conflict_ids: Collection[int], *, workspace_id: int, by: str) -> Decided:
    """Go back to the losers' values, by an edit that goes where the winners went."""
    stock, others = _apart(conflict_ids, workspace_id)
    return _decide(_REVERT, others, workspace_id, by).plus(
        [revert_stock(pk, by=by) for pk in stock]
    )


def make_override(conflict_ids: Collection[int], *, workspace_id: int, by: str) -> Decided:
    """Let the store keep its value for itself; everywhere else the other party's stands.

    Of two stores the loser keeps its own. What was over a store's own value already is left. Of
    stock the location goes on as its own.
    """
    stock, others = _apart(conflict_ids, workspace_id)
    decided = _decide(_OVERRIDE, others, workspace_id, by)
    return decided.plus([separate_stock(pk, by=by) for pk in stock])


def _apart(ids: Collection[int], workspace_id: int) -> tuple[list[int], set[int]]:
    """Conflicts over stock, which adds up and is no attribute, and the others."""
    rows = Conflict.objects.filter(pk__in=ids, workspace=workspace_id, attribute=STOCK)
    stock = list(rows.order_by("id").values_list("pk", flat=True))
    return stock, set(ids) - set(stock)


def _decide(verb: _Verb, conflict_ids: Collection[int], workspace_id: int, by: str) -> Decided:
    ids, done = sorted(conflict_ids), 0
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            chosen = _lock(verb, ids[start : start + CHUNK], workspace_id)
            # closed before the edit, so that it finds only the others to supersede
            Conflict.objects.filter(pk__in=[one.pk for one in chosen]).update(
                state=verb.state, decided_by=by, decided_at=timezone.now()
            )
            wishes = [wish for conflict in chosen for wish in verb.wishes(conflict)]
            if wishes:
                made = edit(workspace_id=workspace_id, wishes=wishes, source=verb.source, actor=by)
                if made.held is not None:
                    _leave_open(chosen)
                    continue
                _link(chosen, made)
            done += len(chosen)
    return Decided(done, len(ids) - done)


def _leave_open(chosen: Sequence[Conflict]) -> None:
    Conflict.objects.filter(pk__in=[one.pk for one in chosen]).update(
        state=ConflictState.OPEN, decided_by="", decided_at=None
    )


def _lock(verb: _Verb, ids: Sequence[int], workspace_id: int) -> list[Conflict]:
    """The open ones. Where values move, one for each: the newest; the edit closes the others."""
    rows = Conflict.objects.filter(
        pk__in=ids, workspace=workspace_id, state=ConflictState.OPEN, scope__in=verb.scopes
    )
    products = sorted(set(rows.values_list("product_id", flat=True)))
    list(Product.objects.select_for_update().filter(pk__in=products).order_by("pk").values("pk"))
    locked = list(
        rows.select_for_update(of=("self",)).select_related("loser_change").order_by("id")
    )
    if verb.state is ConflictState.KEPT:
        return locked
    return list({_place(one): one for one in locked}.values())


def _place(conflict: Conflict) -> Place:
    own = conflict.scope == ChangeScope.OVERRIDE
    key = (conflict.variant_id, conflict.attribute)
    return conflict.product_id, key, conflict.store_id if own else None


def _link(chosen: Sequence[Conflict], made: Edited) -> None:
    """Name the change that carried each decision out."""
    for conflict in chosen:
        conflict.decision = next(filter(_carries_out(conflict), made.changes), None)
    Conflict.objects.bulk_update(chosen, ["decision"])


def _carries_out(conflict: Conflict) -> Callable[[Change], bool]:
    product_id, key, store_id = _place(conflict)
    return lambda change: (
        (change.product_id, (change.variant_id, change.attribute)) == (product_id, key)
        and store_id in (None, change.store_id)
    )


def _to_loser(conflict: Conflict) -> Sequence[SetValue]:
    return [_wish(conflict, conflict.loser, _place(conflict)[2])]


def _to_own_value(conflict: Conflict) -> Sequence[SetValue]:
    loser = conflict.loser_change
    if loser is not None and loser.store_id is not None:
        return [_wish(conflict, conflict.loser, loser.store_id)]
    return [_wish(conflict, conflict.winner, conflict.store_id), _wish(conflict, conflict.loser)]


def _wish(conflict: Conflict, value: object, store_id: int | None = None) -> SetValue:
    return SetValue(
        product_id=conflict.product_id,
        variant_id=conflict.variant_id,
        attribute=conflict.attribute,
        value=value,
        store_id=store_id,
    )


_KEEP = _Verb(ConflictState.KEPT, Source.MANUAL, lambda _: ())
_REVERT = _Verb(ConflictState.REVERTED, Source.ROLLBACK, _to_loser)
_OVERRIDE = _Verb(ConflictState.OVERRIDDEN, Source.MANUAL, _to_own_value, (ChangeScope.CANONICAL,))


def follow_hub(issue_id: int, *, by: str) -> Edited:
    """End a tug of war, or a question of a sale: the hub's value goes to whoever held its own."""
    return _end(issue_id, by, keep_own=False)


def keep_own(issue_id: int, *, by: str) -> Edited:
    """End a tug of war, or a question of a sale: each store keeps what it held as its own.

    What is kept in sight of a sale shows as it is; only later sales lie over it.
    """
    return _end(issue_id, by, keep_own=True)


def _end(issue_id: int, by: str, *, keep_own: bool) -> Edited:
    """The edit closes the issue. Raises NotAllowedNowError where nothing is held any more."""
    issue = Issue.objects.get(pk=issue_id)
    held = Override.objects.filter(
        product=issue.product_id,
        variant=issue.variant_id,
        attribute=issue.attribute,
        kind=OverrideKind.HELD,
        stands=True,
    )
    if issue.store_id is not None:
        held = held.filter(store=issue.store_id)
    wishes = [
        SetValue(
            product_id=row.product_id,
            variant_id=row.variant_id,
            attribute=row.attribute,
            store_id=row.store_id,
            value=_last_of(row) if keep_own else None,
            clear=not keep_own,
            kind=OverrideKind.KEPT if issue.kind == IssueKind.SALE else OverrideKind.PINNED,
        )
        for row in held.order_by("store_id")
    ]
    if (
        issue.kind not in (IssueKind.TUG_OF_WAR, IssueKind.SALE)
        or issue.state != IssueState.OPEN
        or not wishes
    ):
        raise NotAllowedNowError("Nothing of it is held any more.")
    made = edit(workspace_id=issue.workspace_id, wishes=wishes, source=Source.MANUAL, actor=by)
    if made.held is not None:
        raise NotAllowedNowError(f"Held at the gates until it is released: {made.held.words}")
    return made


def _last_of(held: Override) -> Value:
    """What was set in the store last, though it is held."""
    edits = held.read_timeline().held()
    return edits[-1].value if edits else held.value
