"""Offering the other stores what one store has brought to the hub: after the gates only."""

from collections.abc import Collection, Iterable, Iterator
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from catalogue.domain.gates import Move
from catalogue.enums import HeldAct, Source
from catalogue.errors import NotAllowedNowError
from catalogue.models import HeldBatch, Listing, Product
from catalogue.models.canonical import Record
from catalogue.selectors.picture import picture
from catalogue.services.adopting import adopt_links, adopt_links_to
from catalogue.services.creation import asks_for, offer
from catalogue.services.gates import Cause, describe, hold, judge
from catalogue.services.importing import create_product
from catalogue.services.stock.pull import follow_stock


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


def make_canonical(listing_id: int, *, by: str) -> list[HeldBatch]:
    """Make a product of what waits for a match, with its links, and offer it; what is held of it.

    Raises NotAllowedNowError where it waits no more.
    """
    cause_id, now = uuid4(), timezone.now()
    with transaction.atomic():
        waiting = Listing.objects.select_for_update().filter(pk=listing_id, product=None)
        if not waiting.exists():
            raise NotAllowedNowError("It is linked already.")
        pic = picture(listing_id)
        product = create_product(pic)
        adopt_links([listing_id])
        adopt_links_to(pic.listing, cause_id=cause_id, now=now)
        follow_stock(pic.store, [listing_id], cause_id=cause_id)
        cause = Cause(pic.store.workspace_id, Source.MANUAL, by, cause_id, pic.store.pk)
        return offer_found([product], cause)


def release_offer(batch: HeldBatch) -> int:
    """Offer what was held, as it stands by now; in how many stores it is created."""
    products = Product.objects.filter(pk=batch.details["product"], removed_at=None)
    return len(offer(products, cause_id=batch.cause_id, only=batch.details.get("stores")))
