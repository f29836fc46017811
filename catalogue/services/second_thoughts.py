"""Taking a discarded batch up again: what it was is judged anew, as it stands by now."""

from uuid import uuid4

from django.db import transaction

from catalogue.enums import HeldAct, HeldState, Source, Stance
from catalogue.errors import NotAllowedNowError
from catalogue.models import HeldBatch, Product, VariantListing
from catalogue.services.gates import Cause
from catalogue.services.inbound import ask_for_read
from catalogue.services.offering import offer_found

AGAIN = (HeldAct.OFFER, HeldAct.VARIANTS)


@transaction.atomic
def take_up(batch_id: int, *, by: str) -> str:
    """Offer a discarded product, or look at discarded variants, again; what becomes of it.

    The gates judge it anew. Raises NotAllowedNowError where there is nothing to take up.
    """
    batch = HeldBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state != HeldState.DISCARDED or batch.act not in AGAIN:
        raise NotAllowedNowError("Only discarded offers and variants are taken up again.")
    return _offer(batch, by) if batch.act == HeldAct.OFFER else _variants(batch, by)


def _offer(batch: HeldBatch, by: str) -> str:
    product = Product.objects.filter(pk=batch.details["product"], removed_at=None).first()
    if product is None:
        raise NotAllowedNowError("The product is gone from the hub.")
    waiting = HeldBatch.objects.filter(
        act=HeldAct.OFFER, state=HeldState.HELD, details__product=product.pk
    )
    if first := waiting.first():
        raise NotAllowedNowError(f"An offer of it waits at the gates already, as batch {first.pk}.")
    cause = Cause(batch.workspace_id, Source.MANUAL, by, uuid4(), batch.store_id)
    held = offer_found([product], cause, only=batch.details.get("stores"))
    if held:
        return f"The gates hold it again, as batch {held[0].pk}: {held[0].words}"
    return "It is offered to the stores that asked for it."


def _variants(batch: HeldBatch, by: str) -> str:
    """The next read meets them as if they were new."""
    hosts = VariantListing.objects.filter(
        listing=batch.details["listing"],
        gid__in={wish["variant"] for wish in batch.wishes},
        stance=Stance.OWN,
        variant=None,
    )
    if not hosts.update(stance=Stance.OPEN):
        raise NotAllowedNowError("None of them is there any more.")
    ask_for_read(batch.details["listing"], f"{by} takes variants up again.", cause_id=uuid4())
    return "The product is being read; the gates look at its variants again."
