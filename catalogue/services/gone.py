"""What a full fresh read no longer finds: put before a person once, or spread by the policy."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from catalogue.enums import IssueKind, ListingState, Removals, Stance
from catalogue.models import Listing, Product, RemovalPolicy, Variant, VariantListing
from catalogue.selectors.picture import Picture
from catalogue.services.issues import Subject, raise_issue
from catalogue.services.locking import Locked
from catalogue.services.spread import converge_job
from stores.shopify.types import ProductSnapshot
from syncqueue.enums import Kind, Priority
from syncqueue.services.enqueue import NewJob, enqueue

REMOVE = "catalogue.remove"


def spreads(workspace_id: int) -> bool:
    """Whether this workspace wants what is deleted in one store deleted in all.

    A store that is emptied must not empty the others: beyond some an hour people are asked again.
    """
    chosen = RemovalPolicy.objects.filter(workspace=workspace_id, choice=Removals.EVERYWHERE)
    if not chosen.exists():
        return False
    lately = timezone.now() - timedelta(hours=1)
    products = Product.objects.filter(workspace=workspace_id, removed_at__gte=lately)
    variants = Variant.objects.filter(product__workspace=workspace_id, removed_at__gte=lately)
    most: int = settings.MOST_REMOVALS_AN_HOUR
    return products.count() + variants.count() < most


def product_subject(listing: Listing) -> Subject:
    return Subject(
        name=f"product {listing.product_id} gone from store {listing.store_id}",
        product_id=listing.product_id,
        store_id=listing.store_id,
    )


def variant_subject(listing: Listing, variant_id: int) -> Subject:
    return Subject(
        name=f"variant {variant_id} gone from store {listing.store_id}",
        product_id=listing.product_id,
        variant_id=variant_id,
        store_id=listing.store_id,
    )


def product_is_gone(locked: Locked, *, cause_id: UUID) -> None:
    """A read did not find a linked product in a live store."""
    pic = locked.picture
    product = pic.product
    if product is None or not pic.store.is_live or product.removed_at is not None:
        return
    if spreads(product.workspace_id):
        locked.demand_canonical()
        remove_product(product, cause_id=cause_id)
        return
    said = (
        f"“{product}” is gone from {pic.store}. It stays in the hub and in the other stores, and "
        "is not created there again, until somebody decides."
    )
    raise_issue(product.workspace_id, IssueKind.PRODUCT_GONE, product_subject(pic.listing), said)


def forget_gone(locked: Locked, snapshot: ProductSnapshot, *, cause_id: UUID) -> None:
    """Take out of the listing what a full fresh read doesn't show; of ours somebody is asked."""
    pic = locked.picture
    told = {shown.gid for shown in snapshot.variants}
    gone = [host for gid, host in pic.shown.items() if gid not in told]
    ours = [host.variant_id for host in gone if host.variant_id is not None]
    everywhere = bool(ours) and pic.store.is_live and spreads(pic.store.workspace_id)
    if everywhere:
        locked.demand_canonical()
    for host in gone:
        pic.shown.pop(host.gid)
        host.delete()
    pic.listing.absent = [*pic.listing.absent, *ours]
    for variant_id in ours if pic.store.is_live else ():
        if everywhere and len(pic.variants) > 1 and spreads(pic.store.workspace_id):
            remove_variant(pic.variants.pop(variant_id), cause_id=cause_id)
        else:
            _ask(pic, variant_id)


def _ask(pic: Picture, variant_id: int) -> None:
    said = (
        f"The variant “{pic.variants[variant_id]}” of “{pic.product}” is gone from {pic.store}. It "
        "stays in the hub and in the other stores, and is not created there again, until somebody "
        "decides."
    )
    subject = variant_subject(pic.listing, variant_id)
    raise_issue(pic.store.workspace_id, IssueKind.VARIANT_GONE, subject, said)


def remove_product(product: Product, *, cause_id: UUID) -> int:
    """Remove a product from the hub and queue its deletion in every live store; in how many.

    Elsewhere it is unlinked and stays. The product is locked; its ledger stays for ever.
    """
    _stamp(product)
    listings = Listing.objects.filter(product=product).select_related("store").order_by("pk")
    jobs = []
    for listing in listings:
        if listing.store.is_live and listing.state == ListingState.LINKED:
            jobs.append(_removal(listing, cause_id))
        else:
            unlink(listing, "The product was removed from the hub.")
    return len(enqueue(jobs))


def _stamp(record: Product | Variant) -> None:
    record.removed_at = timezone.now()
    record.save(update_fields=["removed_at"])


def _removal(listing: Listing, cause_id: UUID) -> NewJob:
    return NewJob(
        channel_id=listing.store.channel_id,
        kind=Kind.CALL,
        key=listing.lane_key,
        handler=REMOVE,
        payload={"listing": listing.pk},
        cause_id=cause_id,
        priority=Priority.INTERACTIVE,
        dedupe_key="remove",
    )


def unlink(listing: Listing, reason: str) -> None:
    """Let a listing stand alone; its store keeps whatever it shows."""
    VariantListing.objects.filter(listing=listing).update(variant=None, stance=Stance.OWN)
    listing.product = None
    if listing.state != ListingState.GONE:
        listing.state = ListingState.UNMATCHED
    listing.state_reason = reason
    listing.save(update_fields=["product", "state", "state_reason"])


def remove_variant(variant: Variant, *, cause_id: UUID) -> int:
    """Remove a variant from the hub and queue its deletion in every live store; in how many.

    The product is locked; a product keeps at least one variant.
    """
    _stamp(variant)
    hosts = VariantListing.objects.filter(variant=variant)
    hosts.exclude(listing__store__mode="live").update(variant=None, stance=Stance.OWN)
    listings = Listing.objects.filter(variants__in=hosts).select_related("store").order_by("pk")
    jobs = [
        converge_job(listing, (), cause_id=cause_id, channel_id=listing.store.channel_id)
        for listing in listings
    ]
    hosts.update(variant=None, stance=Stance.DOOMED)
    return len(enqueue(jobs))
