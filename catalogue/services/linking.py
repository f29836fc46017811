"""Linking products of a store to canonical ones: by keys, by our own id, or by a person."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from catalogue.domain.matching import (
    CanonicalItem,
    CanonicalVariant,
    Match,
    RemoteItem,
    RemoteVariant,
    match,
    match_variants,
)
from catalogue.enums import ListingState, Stance
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import Change, Listing, Product, Variant, VariantListing
from catalogue.selectors.picture import Picture, picture, pictures
from catalogue.services.adopting import keep_differences, keep_links
from catalogue.services.stock.pull import follow_stock
from stores.models import Store

CUSTOM_ID = "store-sync"  # with a product's number behind it: what we create it under in stores


def link_ours(pic: Picture, custom_id: str, *, cause_id: UUID, now: datetime) -> bool:
    """Link a product that carries our id: we made it, whether or not its answer ever came."""
    prefix, _, number = custom_id.rpartition("-")
    if prefix != CUSTOM_ID or not number.isdecimal():
        return False
    store = pic.store
    mine = Product.objects.filter(workspace_id=store.workspace_id, removed_at=None)
    product = mine.prefetch_related("variants").filter(pk=int(number)).first()
    if product is None:
        return False
    Listing.objects.filter(store=store, product=product, state=ListingState.GONE).update(
        product=None, state_reason="Another product of the store has taken its place."
    )
    if Listing.objects.filter(store=store, product=product).exists():
        return False
    paired = match_variants(_remote(pic), _canonical_item(product, taken=False))
    link(
        pic.listing.pk,
        product.pk,
        {pic.shown[gid].pk: variant_id for gid, variant_id in paired.items()},
        reason="Created by us.",
        cause_id=cause_id,
        now=now,
        ours=store.is_live,
    )
    return True


def match_listings(store: Store, *, cause_id: UUID, now: datetime) -> dict[str, int]:
    """Compare listings that stand alone with the canonical products; counts by outcome."""
    open_ones = Listing.objects.filter(
        store=store, product=None, state__in=[ListingState.UNMATCHED, ListingState.AMBIGUOUS]
    )
    alone = pictures(open_ones.values_list("pk", flat=True))
    by_gid = {pic.listing.gid: pic for pic in alone}
    counts: dict[str, int] = {}
    for found in match([_remote(pic) for pic in alone], _canonical_items(store)):
        counts[found.outcome] = counts.get(found.outcome, 0) + 1
        _apply(by_gid[found.gid], found, cause_id=cause_id, now=now)
    linked = Listing.objects.filter(pk__in=[pic.listing.pk for pic in alone], product__isnull=False)
    keep_links(linked.values_list("pk", flat=True), cause_id=cause_id, now=now)
    return counts


def _apply(pic: Picture, found: Match, *, cause_id: UUID, now: datetime) -> None:
    listing = pic.listing
    if found.outcome == "linked" and found.product_id is not None:
        pairs = {pic.shown[gid].pk: variant_id for gid, variant_id in found.variants.items()}
        link(listing.pk, found.product_id, pairs, reason=found.reason, cause_id=cause_id, now=now)
        return
    listing.state = ListingState(found.outcome)
    listing.state_reason = found.reason
    listing.save(update_fields=["state", "state_reason"])


def link(
    listing_id: int,
    product_id: int,
    pairs: Mapping[int, int],
    *,
    reason: str,
    cause_id: UUID,
    now: datetime,
    actor: str = "",
    ours: bool = False,
) -> list[Change]:
    """Link a listing to a canonical product; what differs stays the store's own, as `found`.

    `pairs` gives the canonical variant of each variant listing. Nothing is written to any store.
    `ours`: we have created it there, so that what differs or lacks is still on its way.
    """
    with transaction.atomic():
        Product.objects.select_for_update().get(pk=product_id)
        listing = Listing.objects.select_for_update().select_related("store").get(pk=listing_id)
        if listing.product_id is not None:
            raise NotAllowedNowError(f"“{listing}” is already linked.")
        listing.product_id = product_id
        listing.state, listing.state_reason = ListingState.LINKED, reason
        listing.save(update_fields=["product", "state", "state_reason"])
        for host in VariantListing.objects.filter(listing=listing):
            host.variant_id = pairs.get(host.pk)
            host.stance = Stance.OPEN if host.variant_id else Stance.OWN
            host.save(update_fields=["variant", "stance"])
        if ours:
            return []
        lacking = Variant.objects.filter(product=product_id, removed_at=None)
        listing.absent = list(lacking.exclude(pk__in=pairs.values()).values_list("pk", flat=True))
        listing.save(update_fields=["absent"])
        return keep_differences(picture(listing_id), cause_id=cause_id, now=now, actor=actor)


def link_chosen(listing_id: int, product_id: int, *, actor: str, now: datetime) -> list[Change]:
    """Link a listing to the product that a person chose; variants pair by SKU, else by options."""
    pic = picture(listing_id)
    mine = Product.objects.filter(workspace_id=pic.store.workspace_id, pk=product_id)
    product = mine.prefetch_related("variants").first()
    if product is None:
        raise NotFoundHereError("This product does not exist in this workspace.")
    if Listing.objects.filter(store=pic.store, product=product).exists():
        raise NotAllowedNowError(f"“{product}” is already linked in {pic.store}.")
    paired = match_variants(_remote(pic), _canonical_item(product, taken=False))
    cause_id = uuid4()
    kept = link(
        listing_id,
        product.pk,
        {pic.shown[gid].pk: variant_id for gid, variant_id in paired.items()},
        reason=f"Linked by {actor}.",
        cause_id=cause_id,
        now=now,
        actor=actor,
    )
    follow_stock(pic.store, [listing_id], cause_id=cause_id)
    return kept


def _remote(pic: Picture) -> RemoteItem:
    variants = tuple(
        RemoteVariant(host.gid, _key(host, "sku"), _options(host.options), _key(host, "barcode"))
        for host in pic.shown.values()
    )
    return RemoteItem(pic.listing.gid, pic.listing.title, variants)


def _key(host: VariantListing, name: str) -> str:
    leaf = host.leaf(name)
    return str(leaf.value or "") if leaf else ""


def _canonical_items(store: Store) -> list[CanonicalItem]:
    taken = set(Listing.objects.filter(store=store).values_list("product_id", flat=True))
    mine = Product.objects.filter(workspace_id=store.workspace_id, removed_at=None)
    products = mine.prefetch_related("variants")
    return [_canonical_item(product, taken=product.pk in taken) for product in products]


def _canonical_item(product: Product, *, taken: bool) -> CanonicalItem:
    there = (variant for variant in product.variants.all() if variant.removed_at is None)
    variants = (
        CanonicalVariant(v.pk, v.sku, _options(v.options), str(v.value("barcode") or ""))
        for v in there
    )
    return CanonicalItem(product.pk, product.title, tuple(variants), taken=taken)


def _options(options: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(option["value"] for option in options)
