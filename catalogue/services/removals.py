"""What people make of what is gone from a store, and the deletion of a product in one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from catalogue.enums import IssueKind, IssueState, ListingState
from catalogue.errors import NotAllowedNowError
from catalogue.models import Issue, Listing, Product, Variant
from catalogue.services.access import TOKEN_SECONDS, Access
from catalogue.services.creation import queue_creation
from catalogue.services.gone import remove_product, remove_variant, unlink
from catalogue.services.issues import close_issue
from catalogue.services.spread import converge_job
from stores.models import Store
from stores.services.modes import write_grant
from stores.services.tokens import session_of
from stores.shopify.answers import answer_of
from stores.shopify.creation import delete_product
from stores.shopify.products import read_product
from stores.shopify.types import Reply
from syncqueue.domain.handling import (
    Again,
    Answer,
    Call,
    ErrorClass,
    JobView,
    Parked,
    Planned,
    Refused,
    Settled,
    Verdict,
)
from syncqueue.enums import Outcome
from syncqueue.services.enqueue import enqueue


def unlink_gone(issue_id: int, *, by: str) -> str:
    """Leave it as it is: gone from that store, and standing everywhere else."""

    def decide(asked: _Asked) -> str:
        if asked.variant is None:
            unlink(asked.listing, f"Unlinked by {by}.")
        return "Unlinked: it stays away from there, and stands everywhere else."

    return _decide(issue_id, by, decide)


def recreate_gone(issue_id: int, *, by: str) -> str:
    """Create it again in the store that it is gone from."""

    def decide(asked: _Asked) -> str:
        listing, cause_id = asked.listing, uuid4()
        if asked.variant is None:
            unlink(listing, f"Created again under another id, by {by}.")
            queue_creation(asked.product, asked.store, cause_id=cause_id, draft=False, actor=by)
        else:
            listing.absent = [pk for pk in listing.absent if pk != asked.variant.pk]
            listing.save(update_fields=["absent"])
            channel_id = asked.store.channel_id
            enqueue([converge_job(listing, (), cause_id=cause_id, channel_id=channel_id)])
        return f"It is being created again in {asked.store}."

    return _decide(issue_id, by, decide)


def delete_everywhere(issue_id: int, *, by: str) -> str:
    """Remove it from the hub, and delete it in every live store that has it."""

    def decide(asked: _Asked) -> str:
        if asked.variant is None:
            count = remove_product(asked.product, cause_id=uuid4())
        else:
            living = Variant.objects.filter(product=asked.product, removed_at=None)
            if not living.exclude(pk=asked.variant.pk).exists():
                raise NotAllowedNowError("It is the last variant: delete the product instead.")
            count = remove_variant(asked.variant, cause_id=uuid4())
        return f"Removed from the hub; it is being deleted in {count} stores."

    return _decide(issue_id, by, decide)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an issue is about, locked."""

    product: Product
    variant: Variant | None
    store: Store
    listing: Listing


def _decide(issue_id: int, by: str, decide: Callable[[_Asked], str]) -> str:
    """Carry out a decision and close its issue; raises NotAllowedNowError where it is too late."""
    with transaction.atomic():
        issue = Issue.objects.select_related("variant", "store").get(pk=issue_id)
        kinds = (IssueKind.VARIANT_GONE, IssueKind.PRODUCT_GONE)
        if issue.kind not in kinds or issue.state != IssueState.OPEN or issue.store is None:
            raise NotAllowedNowError("There is nothing of the kind to decide any more.")
        product = Product.objects.select_for_update().get(pk=issue.product_id)
        listing = Listing.objects.select_for_update().filter(store=issue.store, product=product)
        found = listing.first()
        if found is None or product.removed_at is not None:
            raise NotAllowedNowError("The product is not linked there any more.")
        said = decide(_Asked(product, issue.variant, issue.store, found))
        close_issue(issue.pk, by=by, reason=said)
    return said


class Remove:
    """Deletes one product in one store; it looks first, so that doing it twice does it once."""

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        listing = Listing.objects.select_related("store", "product").get(pk=job.payload["listing"])
        product, store = listing.product, listing.store
        if product is None or product.removed_at is None or listing.state == ListingState.GONE:
            return Settled(Outcome.SUPERSEDED, "There is nothing to delete any more.")
        if not store.is_live:
            return Settled(Outcome.HELD, "Nothing is written before the store's owner opted in.")
        session = session_of(store)
        if session is None:
            return Parked("The store's token is being renewed.", TOKEN_SECONDS)
        request = {"op": "delete", "gid": listing.gid}
        return Call(request, Access(session, write_grant(store, now=now)))

    def send(self, request: dict[str, Any], context: object) -> Answer:
        return answer_of(lambda: _delete(request["gid"], Access.of(context)))

    def settle(
        self,
        job: JobView,
        _passengers: Sequence[JobView],
        _call_request: dict[str, Any],
        answer: Answer,
        *,
        now: datetime,
    ) -> Verdict | None:
        if answer.error is not None:
            unknown = answer.error.kind is ErrorClass.UNKNOWN
            return Again("Nobody heard the answer: a read looks first.") if unknown else None
        errors = (answer.body or {})["errors"]
        if errors:
            return Refused("user_error", f"Shopify refused it: {errors[0]['message']}")
        listing = Listing.objects.select_for_update().get(pk=job.payload["listing"])
        listing.state, listing.settled_at = ListingState.GONE, now
        listing.save(update_fields=["state", "settled_at"])
        unlink(listing, "Deleted by us: the product was removed from the hub.")
        return Settled(Outcome.WRITTEN, "Deleted in the store.")


def _delete(gid: str, access: Access) -> Reply:
    found = read_product(access.session, gid, variants=1)
    if found.body["product"] is None:
        return replace(found, body={"errors": []})
    done = delete_product(access.session, access.grant, gid)
    return replace(done, body={"errors": done.body["productDelete"]["userErrors"]})
