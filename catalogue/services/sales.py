"""Sales: planned with a preview, judged at the gates, begun and ended by the clock, once each."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalogue.domain.attributes import BadValueError
from catalogue.domain.gates import Move
from catalogue.domain.layers import HUNDRED
from catalogue.domain.pricing import PriceRule, check_rule
from catalogue.enums import HeldAct, ListingState, SaleState, Source
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import HeldBatch, Listing, Sale, SaleItem
from catalogue.selectors.layers import layer_of
from catalogue.selectors.prices import Priced, prices
from catalogue.services.gates import Cause, hold, judge
from catalogue.services.spread import converge_job
from stores.models import Store
from syncqueue.enums import Priority
from syncqueue.services.enqueue import enqueue

SAMPLES = 20
AHEAD = (SaleState.HELD, SaleState.PLANNED, SaleState.RUNNING)
MISSED = "Its end had passed before it could begin, so it never did."


@dataclass(frozen=True, slots=True)
class Asked:
    """An unsaved sale of one store, and its products."""

    sale: Sale
    product_ids: Collection[int]


@dataclass(frozen=True, slots=True)
class SalePreview:
    """What a sale would show if it began now: every price of it, and why the gates object.

    `unpriced` of its prices are not ours to write, so the sale leaves them as they are.
    """

    sale: Sale
    product_ids: frozenset[int]
    moves: tuple[Move, ...]
    unpriced: int
    objections: tuple[str, ...]

    @property
    def samples(self) -> Sequence[Move]:
        return self.moves[:SAMPLES]

    @property
    def products(self) -> int:
        return len(self.product_ids)

    @property
    def before(self) -> Decimal:
        """What one of each variant costs without the sale."""
        return sum((Decimal(str(one.before)) for one in self.moves if one.before), Decimal(0))

    @property
    def after(self) -> Decimal:
        return sum((Decimal(str(one.after)) for one in self.moves if one.after), Decimal(0))

    @property
    def less(self) -> Decimal:
        return self.before - self.after

    @property
    def mark(self) -> str:
        """Names exactly these products and prices."""
        told = repr((self.sale.store_id, sorted(self.product_ids), self.moves))
        return hashlib.sha256(told.encode()).hexdigest()


def preview_sale(asked: Asked) -> SalePreview:
    """Compute, for every product, the prices under an unsaved sale.

    Raises BadValueError or NotAllowedNowError where it can't be planned like this.
    """
    sale, ids = asked.sale, frozenset(asked.product_ids)
    _check(sale)
    _refuse_overlap(sale, ids)
    known = list(prices(sale.store, "price", products=ids))
    moves = tuple(_moves(sale, known))
    objections = tuple(one.reason for one in judge(moves))
    return SalePreview(sale, ids, moves, len(known) - len(moves), objections)


def plan_sale(asked: Asked, *, by: str) -> Sale:
    """Store a sale that begins by itself, or that waits at the gates for a person."""
    sale = asked.sale
    with transaction.atomic():
        store = _lock_store(sale.store_id)
        ids = _of_workspace(store, asked.product_ids)
        preview = preview_sale(Asked(sale, ids))
        sale.by, sale.state = by, SaleState.PLANNED
        sale.save()
        SaleItem.objects.bulk_create(SaleItem(sale=sale, product_id=pk) for pk in sorted(ids))
        if preview.objections:
            _hold(sale, preview.moves)
    return sale


@transaction.atomic
def plan_sales(asked: Sequence[Asked], *, by: str) -> list[Sale]:
    """Plan a sale in several stores: in all of them, or in none."""
    return [plan_sale(one, by=by) for one in sorted(asked, key=lambda one: one.sale.store_id)]


def end_sale(sale_id: int, *, by: str) -> Sale:
    """Call a sale off, or end it now. Raises NotAllowedNowError where it is over, or held."""
    with transaction.atomic():
        sale = _locked(sale_id)
        if sale.state == SaleState.HELD:
            raise NotAllowedNowError("It waits at the gates: discard it there.")
        if sale.state not in AHEAD:
            raise NotAllowedNowError(f"The sale is {sale.get_state_display().lower()} already.")
        if sale.state == SaleState.RUNNING:
            _end(sale, f"Ended by {by}.")
        else:
            _set(sale, SaleState.CANCELLED, f"Called off by {by}.")
    return sale


def release_sale(batch: HeldBatch) -> int:
    """Let a held sale begin at its time: at once, where that has come."""
    sale = _locked(Sale.objects.get(held=batch, state=SaleState.HELD).pk)
    _set(sale, SaleState.PLANNED)
    return batch.size


def discard_sale(batch: HeldBatch) -> None:
    sale = _locked(Sale.objects.get(held=batch, state=SaleState.HELD).pk)
    _set(sale, SaleState.CANCELLED, f"Discarded by {batch.decided_by}: {batch.decision}")


def any_due() -> bool:
    return _due(timezone.now()).exists()


def run_sales() -> None:
    """Begin and end what is due, each in a transaction of its own, the earliest first."""
    for sale_id in _due(timezone.now()).order_by("ends_at", "id").values_list("pk", flat=True):
        with transaction.atomic():
            _turn(_locked(sale_id), timezone.now())


def _due(now: datetime) -> QuerySet[Sale]:
    return Sale.objects.filter(
        Q(state=SaleState.PLANNED, starts_at__lte=now)
        | Q(state=SaleState.RUNNING, ends_at__lte=now)
    )


def _turn(sale: Sale, now: datetime) -> None:
    """A late start after a downtime still starts; what is over never does."""
    if sale.state == SaleState.RUNNING and sale.ends_at <= now:
        _end(sale, "Its time was over.")
    elif sale.state == SaleState.PLANNED and sale.ends_at <= now:
        _set(sale, SaleState.MISSED, MISSED)
    elif sale.state == SaleState.PLANNED and sale.starts_at <= now:
        _begin(sale, now)


def _begin(sale: Sale, now: datetime) -> None:
    if sale.held is None:
        moves = tuple(_moves(sale, prices(sale.store, "price", products=_products(sale))))
        if judge(moves):
            _hold(sale, moves)
            return
    sale.started_at = now
    _set(sale, SaleState.RUNNING)
    _compare(sale)


def _end(sale: Sale, reason: str) -> None:
    """The layer goes; whatever was edited beneath it meanwhile shows."""
    sale.ended_at = timezone.now()
    _set(sale, SaleState.ENDED, reason)
    _compare(sale)


def _compare(sale: Sale) -> None:
    """Queue a comparison of every listing that the sale touches, under its cause."""
    if sale.store.is_live:
        enqueue(
            [
                converge_job(
                    listing,
                    (),
                    cause_id=sale.cause_id,
                    channel_id=sale.store.channel_id,
                    priority=Priority.BULK,
                )
                for listing in _listings(sale.store_id, _products(sale))
            ]
        )


def _hold(sale: Sale, moves: Sequence[Move]) -> None:
    cause = Cause(sale.store.workspace_id, Source.SCHEDULE, sale.by, sale.cause_id, sale.store_id)
    sale.held = hold(HeldAct.SALE, cause, moves, judge(moves), details={"sale": sale.name})
    _set(sale, SaleState.HELD, sale.held.words)


def _moves(sale: Sale, known: Iterable[Priced]) -> Iterator[Move]:
    """Every price of the sale beside what would show without it."""
    layer = layer_of(sale, timezone.now())
    for one in known:
        if one.wanted.managed:
            yield Move(one.what, "price", one.wanted.value, layer.price(one.wanted.value))


def _products(sale: Sale) -> list[int]:
    return list(sale.items.values_list("product_id", flat=True))


def _listings(store_id: int, product_ids: Collection[int]) -> QuerySet[Listing]:
    rows = Listing.objects.filter(
        store=store_id, product__in=product_ids, state=ListingState.LINKED
    )
    return rows.order_by("id")


def _check(sale: Sale) -> None:
    if not 0 < sale.percent < HUNDRED:
        raise BadValueError("A sale takes more than 0 and less than 100 per cent off.")
    if sale.ends_at <= sale.starts_at:
        raise BadValueError("A sale ends after it starts.")
    if sale.ends_at <= timezone.now():
        raise BadValueError("A sale that is over already never starts.")
    rounding = PriceRule(
        attribute="price",
        currency=sale.store.currency,
        since=sale.starts_at,
        step=sale.step,
        charm=sale.charm,
    )
    check_rule(rounding, sale.store.currency)


def _refuse_overlap(sale: Sale, product_ids: Collection[int]) -> None:
    """Two sales never lie over one product of a store: nobody could say which price is right."""
    met = SaleItem.objects.filter(
        sale__store=sale.store_id,
        sale__state__in=AHEAD,
        sale__starts_at__lt=sale.ends_at,
        sale__ends_at__gt=sale.starts_at,
        product__in=product_ids,
    ).select_related("sale", "product")
    if first := met.exclude(sale=sale.pk).first():
        raise NotAllowedNowError(
            f"“{first.sale.name}” prices {met.count()} of these products in that time, as "
            f"“{first.product}”."
        )


def _of_workspace(store: Store, product_ids: Collection[int]) -> set[int]:
    ids = set(product_ids)
    linked = set(_listings(store.pk, ids).values_list("product_id", flat=True))
    if not ids or linked != ids:
        raise NotFoundHereError("A sale is for products that are linked in its store.")
    return ids


def _lock_store(store_id: int) -> Store:
    """Wait for other plans of the store, and for edits that spread by what they have seen."""
    store: Store = Store.objects.select_for_update(no_key=True).get(pk=store_id)
    return store


def _locked(sale_id: int) -> Sale:
    """The store first, so that edits of it that are spreading are done."""
    _lock_store(Sale.objects.values_list("store_id", flat=True).get(pk=sale_id))
    rows = Sale.objects.select_for_update(of=("self",)).select_related("store", "held")
    sale: Sale = rows.get(pk=sale_id)
    return sale


def _set(sale: Sale, state: SaleState, reason: str = "") -> None:
    sale.state, sale.reason = state, reason
    sale.save(update_fields=["state", "reason", "held", "started_at", "ended_at"])
