"""The gates before other terms: what they would make of a store's prices is judged first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalogue.domain.attributes import attribute
from catalogue.domain.gates import Move
from catalogue.domain.terms import Terms
from catalogue.domain.values import Value
from catalogue.enums import HeldAct, HeldState, SaleState
from catalogue.errors import NotAllowedNowError
from catalogue.models import HeldBatch, Sale
from catalogue.selectors.prices import Priced, prices
from catalogue.services.gates import Cause, hold, judge
from stores.models import Store


@dataclass(frozen=True, slots=True)
class Agreement:
    """Other terms for one attribute, as they were asked for, and the rows that they replace."""

    attribute: str
    change: Callable[[Terms], Terms]
    asked: Mapping[str, Any]
    stands: Sequence[int]


def pass_or_hold(
    agreement: Agreement, stores: Sequence[Store], cause: Cause, released: int | None
) -> HeldBatch | None:
    """Hold terms to whose prices the checks object, but for what a person has released as it is.

    Other attributes than prices only choose among values that have passed the gates.
    """
    if released is not None:
        _check_pass(agreement, cause, released)
        return None
    if not attribute(agreement.attribute).money:
        return None
    for store in stores:
        _refuse_in_sale(agreement, store)
    moves = [move for store in stores for move in _moves(agreement, store)]
    objections = judge(moves)
    if not objections:
        return None
    details = {"asked": dict(agreement.asked), "stands": list(agreement.stands)}
    return hold(HeldAct.TERMS, cause, moves, objections, details=details)


def _moves(agreement: Agreement, store: Store) -> Iterator[Move]:
    """Every price that would be written and is not now, beside what stands there.

    In a live store that is what was agreed so far: a sale over it, or a write that is still on its
    way, is nothing to judge by.
    """
    for one in prices(store, agreement.attribute, change=agreement.change):
        moves = one.other.managed and one.other.value not in (one.shown, one.wanted.value)
        if moves:
            stands = one.wanted.value if store.is_live and one.wanted.managed else one.shown
            base = one.base if _gives_way(one, stands) else None
            what = f"{one.what} in {store}"
            yield Move(what, agreement.attribute, stands, one.other.value, base)


def _gives_way(one: Priced, stands: Value) -> bool:
    """Whether a rule's price goes back to what it was made of, or towards that."""
    if one.other.source == "canonical":
        return True
    if not isinstance(one.base, str) or not isinstance(one.other.value, str):
        return False
    base, other = Decimal(one.base), Decimal(one.other.value)
    start = Decimal(stands) if isinstance(stands, str) else other
    return min(start, base) <= other <= max(start, base)


def _refuse_in_sale(agreement: Agreement, store: Store) -> None:
    """A price that is ours no more would stay at what a sale made of it, for good."""
    sales = Sale.objects.filter(store=store, state=SaleState.RUNNING)
    for sale in sales if agreement.attribute in ("price", "compare_at_price") else ():
        ids = list(sale.items.values_list("product_id", flat=True))
        found = prices(store, agreement.attribute, products=ids, change=agreement.change)
        if any(one.wanted.managed and not one.other.managed for one in found):
            raise NotAllowedNowError(
                f"“{sale.name}” runs in {store}, and its prices would stay there: end it first."
            )


def _check_pass(agreement: Agreement, cause: Cause, released: int) -> None:
    batch = HeldBatch.objects.filter(
        pk=released, workspace=cause.workspace_id, act=HeldAct.TERMS, state=HeldState.RELEASED
    ).first()
    if batch is None or batch.details["asked"] != dict(agreement.asked):
        raise NotAllowedNowError("This is not what was released at the gates.")
    if batch.details["stands"] != list(agreement.stands):
        raise NotAllowedNowError("Other terms were agreed since: discard it, and agree anew.")
