"""Offering the other stores what one store has brought to the hub: after the gates only."""

from collections.abc import Collection, Iterable, Iterator

from catalogue.domain.gates import Move
from catalogue.enums import HeldAct
from catalogue.models import HeldBatch, Product
from catalogue.models.canonical import Record
from catalogue.services.creation import asks_for, offer
from catalogue.services.gates import Cause, describe, hold, judge


def offer_found(
    products: Iterable[Product], cause: Cause, *, only: Collection[int] | None = None
) -> list[HeldBatch]:
    """Offer products that were made of what a store shows; what the gates object to waits.

    Nothing passed the gates when such a product came to be, because its store had it already.
    `only`: to these stores.
    """
    held: list[HeldBatch] = []
    for product in products:
        moves = list(_moves(product)) if asks_for(product) else []
        if objections := judge(moves):
            details = {"product": product.pk, **({} if only is None else {"stores": list(only)})}
            held.append(hold(HeldAct.OFFER, cause, moves, objections, details=details))
        else:
            offer([product], cause_id=cause.cause_id, only=only)
    return held


def _moves(product: Product) -> Iterator[Move]:
    yield from _of(product, describe(product, None))
    for variant in product.variants.filter(removed_at=None):
        yield from _of(variant, describe(product, variant))


def _of(record: Record, what: str) -> Iterator[Move]:
    for name in record.registers:
        winner = record.register(name).winner
        if winner is not None:
            yield Move(what, name, None, winner.value)


def release_offer(batch: HeldBatch) -> int:
    """Offer what was held, as it stands by now; in how many stores it is created."""
    products = Product.objects.filter(pk=batch.details["product"], removed_at=None)
    return len(offer(products, cause_id=batch.cause_id, only=batch.details.get("stores")))
