"""Taking in products that a store shows: new listings, first canonical records, links."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from catalogue.domain.metafields import is_link
from catalogue.domain.terms import Terms
from catalogue.enums import ListingState, Source
from catalogue.models import Listing, Product, Variant, VariantListing
from catalogue.models.listing import Observed
from catalogue.selectors.picture import Picture, picture
from catalogue.selectors.terms import terms_of
from catalogue.services.adopting import adopt_links, adopt_values
from catalogue.services.answers import absorb_newborn, absorb_read
from catalogue.services.inbound import ask_for_read, call_is_open
from catalogue.services.linking import link_ours
from catalogue.services.locking import Locked, with_listing
from stores.models import Store
from stores.shopify.products import parse_product
from stores.shopify.types import ProductSnapshot
from syncqueue.enums import Kind
from syncqueue.services.wake import make_due

MADE = "The canonical product was made from it."
_PAIR = """
UPDATE catalogue_variantlisting AS host SET variant_id = pair.variant
FROM unnest(%s::bigint[], %s::bigint[]) AS pair(host, variant) WHERE host.id = pair.host
"""
_LINK = """
UPDATE catalogue_listing AS l SET product_id = pair.product, state = %s, state_reason = %s
FROM unnest(%s::bigint[], %s::bigint[]) AS pair(listing, product) WHERE l.id = pair.listing
"""


def take_in_nodes(
    store: Store,
    nodes: Iterable[Mapping[str, object]],
    *,
    asked_at: datetime,
    cause_id: UUID,
    now: datetime,
    source: Source,
) -> list[Picture]:
    """Absorb products that a page or a read has shown; the pictures of those that are new."""
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
) -> list[Picture]:
    """Listings of products that nobody knew, all of a page in a few statements."""
    by_gid = {snapshot.gid: snapshot for snapshot in snapshots}
    if not by_gid:
        return []
    terms = terms_of([store.pk])[store.pk]
    born = [_newborn(store, terms, one, cause_id=cause_id, now=now) for one in by_gid.values()]
    Listing.objects.bulk_create([pic.listing for pic in born])
    VariantListing.objects.bulk_create([host for pic in born for host in pic.shown.values()])
    make_due(store.channel_id, Kind.IN, [pic.listing.lane_key for pic in born])
    return [_known(pic, by_gid[pic.listing.gid], cause_id=cause_id, now=now) for pic in born]


def _newborn(
    store: Store, terms: Terms, snapshot: ProductSnapshot, *, cause_id: UUID, now: datetime
) -> Picture:
    said = "Not compared with the canonical products yet."
    listing = Listing(
        store=store, gid=snapshot.gid, state=ListingState.UNMATCHED, state_reason=said
    )
    pic = Picture(store, listing, None, {}, {}, terms=terms)
    absorb_newborn(pic, snapshot, cause_id=cause_id, now=now)
    return pic


def _known(pic: Picture, snapshot: ProductSnapshot, *, cause_id: UUID, now: datetime) -> Picture:
    """The newborn, linked where it carries our id."""
    linked = link_ours(pic, snapshot.custom_id, cause_id=cause_id, now=now)
    return picture(pic.listing.pk) if linked else pic


def is_founder(store: Store) -> bool:
    """Whether this is its workspace's first store, whose products become the canonical ones."""
    mine = Product.objects.filter(workspace_id=store.workspace_id)
    others = Store.objects.filter(workspace_id=store.workspace_id).exclude(pk=store.pk)
    if mine.filter(founder__in=list(others.values_list("pk", flat=True))).exists():
        return False
    return mine.filter(founder=store).exists() or not mine.exists()  # else made in the hub


def known_skus(store: Store, found: Iterable[Picture]) -> bool:
    """Whether any of these shows a SKU that the hub has already."""
    leaves = (host.leaf("sku") for pic in found for host in pic.shown.values())
    skus = {str(leaf.value) for leaf in leaves if leaf and leaf.value}
    ours = Variant.objects.filter(product__workspace=store.workspace_id, removed_at=None)
    return ours.filter(sku__in=skus).exists()


def found_products(found: Iterable[Picture]) -> list[Product]:
    """Make canonical products of a first store's listings that stand alone."""
    alone = [pic for pic in found if pic.product is None]
    products = _create_products(alone)
    adopt_links([pic.listing.pk for pic in alone if _has_links(pic)])
    return products


def _has_links(pic: Picture) -> bool:
    hosts: Iterable[Observed] = (pic.listing, *pic.shown.values())
    return any(is_link(leaf["value"]) for host in hosts for leaf in host.leaves.values())


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
        pic.listing.product, pic.listing.state = product, ListingState.LINKED
        pic.listing.state_reason = MADE
    variants = Variant.objects.bulk_create([host.variant for host in hosts if host.variant])
    with connection.cursor() as cursor:
        ids = [pic.listing.pk for pic in alone], [product.pk for product in products]
        cursor.execute(_LINK, [ListingState.LINKED.value, MADE, *ids])
        cursor.execute(_PAIR, [[host.pk for host in hosts], [one.pk for one in variants]])
    return products


def _product_of(pic: Picture) -> Product:
    store = pic.store
    product = Product(workspace_id=store.workspace_id, founder=store, currency=store.currency)
    adopt_values(product, pic.listing, store)
    return product
