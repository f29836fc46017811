"""Taking in products that a store shows: new listings, first canonical records, links."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from catalogue.domain.terms import Terms
from catalogue.enums import ListingState, Source
from catalogue.models import Listing, Product, Variant, VariantListing
from catalogue.selectors.picture import Picture, picture
from catalogue.selectors.terms import terms_of
from catalogue.services.adopting import adopt_links, adopt_values, has_links
from catalogue.services.answers import absorb_newborn, absorb_read
from catalogue.services.bulk import Columns, give_ids, jsonb, plain, text
from catalogue.services.inbound import ask_for_read, call_is_open
from catalogue.services.linking import link_ours
from catalogue.services.locking import Locked, with_listing
from catalogue.services.looking import has_unseen, queue_looks
from catalogue.services.spread import queue_read
from stores.models import Store, Workspace
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
_LISTING: Columns = {
    "store_id": ("bigint", plain("store_id")),
    "product_id": ("bigint", plain("product_id")),
    "gid": ("text", plain("gid")),
    "leaves": ("jsonb", jsonb("leaves")),
    "title": ("text", plain("title")),
    "handle": ("text", plain("handle")),
    "state": ("text", text("state")),
    "state_reason": ("text", plain("state_reason")),
    "as_of": ("timestamptz", plain("as_of")),
    "needs_read": ("text", plain("needs_read")),
    "unknown": ("jsonb", jsonb("unknown")),
    "absent": ("jsonb", jsonb("absent")),
    "gallery": ("jsonb", jsonb("gallery")),
    "read_at": ("timestamptz", plain("read_at")),
}
_HOST: Columns = {
    "listing_id": ("bigint", plain("listing.pk")),
    "variant_id": ("bigint", plain("variant_id")),
    "gid": ("text", plain("gid")),
    "leaves": ("jsonb", jsonb("leaves")),
    "inventory_item_gid": ("text", plain("inventory_item_gid")),
    "position": ("int", plain("position")),
    "options": ("jsonb", jsonb("options")),
    "sku": ("text", plain("sku")),
    "barcode": ("text", plain("barcode")),
}
_PRODUCT: Columns = {
    "workspace_id": ("bigint", plain("workspace_id")),
    "founder_id": ("bigint", plain("founder_id")),
    "title": ("text", plain("title")),
    "status": ("text", plain("status")),
    "vendor": ("text", plain("vendor")),
    "currency": ("text", plain("currency")),
    "registers": ("jsonb", jsonb("registers")),
}
_VARIANT: Columns = {
    "product_id": ("bigint", plain("product.pk")),
    "position": ("int", plain("position")),
    "options": ("jsonb", jsonb("options")),
    "sku": ("text", plain("sku")),
    "barcode": ("text", plain("barcode")),
    "registers": ("jsonb", jsonb("registers")),
}


def take_in_nodes(
    store: Store,
    nodes: Iterable[Mapping[str, object]],
    *,
    asked_at: datetime,
    cause_id: UUID,
    now: datetime,
    source: Source,
    found: bool = False,
) -> list[Picture]:
    """Absorb products that a page or a read has shown; the pictures of those that are new.

    `found`: where the store is its workspace's first, they become canonical products at once.
    """
    shown = list(nodes)
    gids = [str(node["id"]) for node in shown]
    known = dict(Listing.objects.filter(store=store, gid__in=gids).values_list("gid", "pk"))
    for node in shown:
        if listing_id := known.get(str(node["id"])):
            _absorb_known(
                listing_id, node, asked_at=asked_at, cause_id=cause_id, now=now, source=source
            )
    new = {str(node["id"]): parse_product(node) for node in shown if str(node["id"]) not in known}
    return _create(store, new, cause_id=cause_id, now=now, found=found) if new else []


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
        absorb_read(locked, node, asked=asked_at, cause_id=cause_id, now=now, source=source)
        if listing.needs_read:
            queue_read(locked.picture, cause_id=cause_id)

    with_listing(listing_id, decide)


@transaction.atomic
def _create(
    store: Store,
    snapshots: Mapping[str, ProductSnapshot],
    *,
    cause_id: UUID,
    now: datetime,
    found: bool,
) -> list[Picture]:
    """Listings of products that nobody knew, all of a page in a few statements."""
    terms = terms_of([store.pk])[store.pk]
    born = [_newborn(store, terms, one, cause_id=cause_id, now=now) for one in snapshots.values()]
    first = found and is_first(store)
    if first:
        _make_products([pic for pic in born if not snapshots[pic.listing.gid].custom_id])
    give_ids("catalogue_listing", _LISTING, [pic.listing for pic in born])
    hosts = [host for pic in born for host in pic.shown.values()]
    give_ids("catalogue_variantlisting", _HOST, hosts)
    make_due(store.channel_id, Kind.IN, [pic.listing.lane_key for pic in born])
    queue_looks([pic.listing for pic in born if has_unseen(pic.listing)], cause_id=cause_id)
    adopt_links([pic.listing.pk for pic in born if pic.product and has_links(pic)])
    known = [_known(pic, snapshots[pic.listing.gid], cause_id=cause_id, now=now) for pic in born]
    found_products(known if first else ())
    return known


def is_first(store: Store) -> bool:
    """As `is_founder`; of two stores that both come, the workspace's row says which is first."""
    Workspace.objects.select_for_update(no_key=True).get(pk=store.workspace_id)
    return is_founder(store)


def _newborn(
    store: Store, terms: Terms, snapshot: ProductSnapshot, *, cause_id: UUID, now: datetime
) -> Picture:
    said = "Not compared with the canonical products yet."
    listing = Listing(
        store=store, gid=snapshot.gid, state=ListingState.UNMATCHED, state_reason=said
    )
    pic = Picture(store, listing, {}, terms)
    absorb_newborn(pic, snapshot, cause_id=cause_id, now=now)
    return pic


def _known(pic: Picture, snapshot: ProductSnapshot, *, cause_id: UUID, now: datetime) -> Picture:
    """The newborn, linked where it carries our id."""
    linked = not pic.is_linked and link_ours(pic, snapshot.custom_id, cause_id=cause_id, now=now)
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
    skus = {host.sku for pic in found for host in pic.shown.values()} - {""}
    ours = Variant.objects.filter(product__workspace=store.workspace_id, removed_at=None)
    return ours.filter(sku__in=skus).exists()


def found_products(stored: Iterable[Picture]) -> list[Product]:
    """Make canonical products of a first store's listings that stand alone."""
    alone = [pic for pic in stored if not pic.is_linked]
    if not alone:
        return []
    products = _make_products(alone)
    hosts = [host for pic in alone for host in pic.shown.values()]
    with connection.cursor() as cursor:
        ids = [pic.listing.pk for pic in alone], [product.pk for product in products]
        cursor.execute(_LINK, [ListingState.LINKED.value, MADE, *ids])
        cursor.execute(_PAIR, [[host.pk for host in hosts], [host.variant_id for host in hosts]])
    adopt_links([pic.listing.pk for pic in alone if has_links(pic)])
    return products


def create_product(pic: Picture) -> Product:
    """A canonical product that says what this listing shows, linked to it."""
    (product,) = found_products([pic])
    return product


def _make_products(alone: Sequence[Picture]) -> list[Product]:
    """Canonical products that say what listings show; these are linked in memory."""
    products = [_product_of(pic) for pic in alone]
    give_ids("catalogue_product", _PRODUCT, products)
    variants: list[Variant] = []
    for pic, product in zip(alone, products, strict=True):
        pic.product = pic.listing.product = product
        pic.listing.state, pic.listing.state_reason = ListingState.LINKED, MADE
        shown = sorted(pic.shown.values(), key=lambda host: host.position)
        variants += [_variant_of(host, product, pic.store) for host in shown]
    give_ids("catalogue_variant", _VARIANT, variants)
    for pic in alone:
        for host in pic.shown.values():
            host.variant = host.variant  # its id is known by now
    return products


def _variant_of(host: VariantListing, product: Product, store: Store) -> Variant:
    host.variant = Variant(product=product, position=host.position, options=host.options)
    adopt_values(host.variant, host, store)
    return host.variant


def _product_of(pic: Picture) -> Product:
    store = pic.store
    product = Product(workspace_id=store.workspace_id, founder=store, currency=store.currency)
    adopt_values(product, pic.listing, store)
    return product
