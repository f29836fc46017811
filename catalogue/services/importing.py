"""Taking in products that a store shows: new listings, first canonical records, links."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from catalogue.domain.matching import (
    CanonicalItem,
    CanonicalVariant,
    Match,
    RemoteItem,
    RemoteVariant,
    match,
    match_variants,
)
from catalogue.enums import ListingState, Source, Stance
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import Change, Listing, Product, Variant, VariantListing
from catalogue.selectors.picture import Picture, picture, pictures
from catalogue.services.adopting import adopt_links, adopt_values, keep_differences, keep_links
from catalogue.services.answers import absorb_read
from catalogue.services.inbound import ask_for_read, call_is_open
from catalogue.services.locking import Locked, with_listing
from catalogue.services.stock.pull import follow_stock
from stores.models import Store
from stores.shopify.products import parse_product
from stores.shopify.types import ProductSnapshot

_PAIR = """
UPDATE catalogue_variantlisting AS host SET variant_id = pair.variant
FROM unnest(%s::bigint[], %s::bigint[]) AS pair(host, variant) WHERE host.id = pair.host
"""
CUSTOM_ID = "store-sync"  # with a product's number behind it: what we create it under in stores


def take_in_nodes(
    store: Store,
    nodes: Iterable[Mapping[str, object]],
    *,
    asked_at: datetime,
    cause_id: UUID,
    now: datetime,
    source: Source,
) -> list[int]:
    """Absorb products that a page or a read has shown; says which listings are new."""
    found = list(nodes)
    gids = [str(node["id"]) for node in found]
    known = dict(Listing.objects.filter(store=store, gid__in=gids).values_list("gid", "pk"))
    for node in found:
        if listing_id := known.get(str(node["id"])):
            _absorb_known(
                listing_id, node, asked_at=asked_at, cause_id=cause_id, now=now, source=source
            )
    new = [parse_product(node) for node in found if str(node["id"]) not in known]
    return _create(store, new, cause_id=cause_id, now=now)


def _absorb_known(
    listing_id: int,
    node: Mapping[str, object],
    *,
    asked_at: datetime,
    cause_id: UUID,
    now: datetime,
    source: Source,
) -> None:
    """Absorb what a page shows of a product, unless a call of it came between.

    A page is asked for outside the product's lane: then it proves nothing, and a read follows.
    """

    def decide(locked: Locked) -> None:
        listing = locked.picture.listing
        settled = listing.settled_at
        if call_is_open(locked.picture) or (settled and settled >= asked_at):
            ask_for_read(listing_id, "A page met a call of the same product.", cause_id=cause_id)
            return
        absorb_read(locked, node, cause_id=cause_id, now=now, source=source)

    with_listing(listing_id, decide)


@transaction.atomic
def _create(
    store: Store, snapshots: Iterable[ProductSnapshot], *, cause_id: UUID, now: datetime
) -> list[int]:
    by_gid = {snapshot.gid: snapshot for snapshot in snapshots}
    listings = Listing.objects.bulk_create(
        Listing(
            store=store,
            gid=snapshot.gid,
            title=snapshot.title[:255],
            state=ListingState.UNMATCHED,
            state_reason="Not compared with the canonical products yet.",
        )
        for snapshot in by_gid.values()
    )
    new = [listing.pk for listing in listings]
    for pic in pictures(new):
        node = by_gid[pic.listing.gid].node
        absorb_read(Locked.newborn(pic), node, cause_id=cause_id, now=now)
    for listing in listings:
        _link_ours(listing, by_gid[listing.gid], cause_id=cause_id, now=now)
    return new


def _link_ours(
    listing: Listing, snapshot: ProductSnapshot, *, cause_id: UUID, now: datetime
) -> None:
    """Link a product that carries our id: we made it, whether or not its answer ever came."""
    prefix, _, number = snapshot.custom_id.rpartition("-")
    if prefix != CUSTOM_ID or not number.isdecimal():
        return
    store = listing.store
    mine = Product.objects.filter(workspace_id=store.workspace_id, removed_at=None)
    product = mine.prefetch_related("variants").filter(pk=int(number)).first()
    if product is None:
        return
    Listing.objects.filter(store=store, product=product, state=ListingState.GONE).update(
        product=None, state_reason="Another product of the store has taken its place."
    )
    if Listing.objects.filter(store=store, product=product).exists():
        return
    pic = picture(listing.pk)
    paired = match_variants(_remote(pic), _canonical_item(product, taken=False))
    link(
        listing.pk,
        product.pk,
        {pic.shown[gid].pk: variant_id for gid, variant_id in paired.items()},
        reason="Created by us.",
        cause_id=cause_id,
        now=now,
        ours=store.is_live,
    )


def is_founder(store: Store) -> bool:
    """Whether this is its workspace's first store, whose products become the canonical ones."""
    mine = Product.objects.filter(workspace_id=store.workspace_id)
    founders = set(mine.order_by().values_list("founder", flat=True).distinct())
    return founders <= {store.pk} or founders == {store.pk, None}  # None: made in the hub


def known_skus(store: Store, listing_ids: Iterable[int]) -> bool:
    """Whether any of these listings shows a SKU that the hub has already."""
    hosts = VariantListing.objects.filter(listing__in=list(listing_ids), variant=None)
    skus = {_key(host, "sku") for host in hosts} - {""}
    ours = Variant.objects.filter(product__workspace=store.workspace_id, removed_at=None)
    return ours.filter(sku__in=skus).exists()


def found_products(listing_ids: Iterable[int]) -> int:
    """Make canonical products of a first store's listings."""
    alone = [pic for pic in pictures(listing_ids) if pic.product is None]
    _create_products(alone)
    adopt_links([pic.listing.pk for pic in alone])
    return len(alone)


def create_product(pic: Picture) -> Product:
    """A canonical product that says what this listing shows, linked to it."""
    (product,) = _create_products([pic])
    return product


def _create_products(alone: Sequence[Picture]) -> list[Product]:
    products = Product.objects.bulk_create([_product_of(pic) for pic in alone])
    hosts: list[VariantListing] = []
    for pic, product in zip(alone, products, strict=True):
        for host in sorted(pic.shown.values(), key=lambda host: (host.position, host.pk)):
            host.variant = Variant(product=product, position=host.position, options=host.options)
            adopt_values(host.variant, host, pic.store)
            hosts.append(host)
        _set_linked(pic.listing, product, "The canonical product was made from it.")
    variants = Variant.objects.bulk_create([host.variant for host in hosts if host.variant])
    _pair({host.pk: variant.pk for host, variant in zip(hosts, variants, strict=True)})
    return products


def _product_of(pic: Picture) -> Product:
    store = pic.store
    product = Product(workspace_id=store.workspace_id, founder=store, currency=store.currency)
    adopt_values(product, pic.listing, store)
    return product


def _pair(variants: Mapping[int, int]) -> None:
    """Say of hosts, by id, of which variants they are."""
    with connection.cursor() as cursor:
        cursor.execute(_PAIR, [list(variants), list(variants.values())])


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
        _set_linked(listing, Product.objects.get(pk=product_id), reason)
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


def _set_linked(listing: Listing, product: Product, reason: str) -> None:
    listing.product = product
    listing.state, listing.state_reason = ListingState.LINKED, reason
    listing.save(update_fields=["product", "state", "state_reason"])


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
