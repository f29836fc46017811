"""Linking products of a store to canonical ones: by keys, by our own id, or by a person."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from catalogue.domain.matching import Match, match, match_variants
from catalogue.enums import ListingState, Stance
from catalogue.errors import NotAllowedNowError, NotFoundHereError
from catalogue.models import Change, Listing, Product
from catalogue.selectors.matching import field_of, our_items, remote_items
from catalogue.selectors.picture import Picture, picture, pictures
from catalogue.services.adopting import has_links, keep_differences, keep_links
from catalogue.services.stock.pull import follow_stock
from stores.models import Store

CUSTOM_ID = "store-sync"  # with a product's number behind it: what we create it under in stores
_SAY = """
UPDATE catalogue_listing AS l SET state = r.state, state_reason = r.reason
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS r(id, state, reason) WHERE l.id = r.id
"""
_LINK = """
UPDATE catalogue_listing AS l SET product_id = r.product, state = %s, state_reason = r.reason
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS r(id, product, reason) WHERE l.id = r.id
"""
_PAIR = """
UPDATE catalogue_variantlisting AS host SET variant_id = r.variant,
  stance = CASE WHEN r.variant IS NULL THEN %s ELSE %s END
FROM catalogue_variantlisting AS one LEFT JOIN unnest(%s::bigint[], %s::text[], %s::bigint[])
  AS r(listing, gid, variant) ON r.listing = one.listing_id AND r.gid = one.gid
WHERE one.listing_id = ANY(%s) AND host.id = one.id
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A listing that belongs to a canonical product; `pairs`: our variants by the store's."""

    listing_id: int
    product_id: int
    pairs: Mapping[str, int]
    reason: str


def link_ours(pic: Picture, custom_id: str, *, cause_id: UUID, now: datetime) -> bool:
    """Link a product that carries our id: we made it, whether or not its answer ever came."""
    prefix, _, number = custom_id.rpartition("-")
    if prefix != CUSTOM_ID or not number.isdecimal():
        return False
    store = pic.store
    mine = Product.objects.filter(workspace_id=store.workspace_id, removed_at=None)
    product = mine.filter(pk=int(number)).first()
    if product is None:
        return False
    Listing.objects.filter(store=store, product=product, state=ListingState.GONE).update(
        product=None, state_reason="Another product of the store has taken its place."
    )
    if Listing.objects.filter(store=store, product=product).exists():
        return False
    one = _link_of(pic, product, "Created by us.")
    link([one], cause_id=cause_id, now=now, ours=store.is_live)
    return True


@dataclass(frozen=True, slots=True)
class Linked:
    """What was linked, what it keeps as its own, and which lead to other products."""

    listing_ids: Sequence[int] = ()
    kept: list[Change] = field(default_factory=list)
    leading: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """How many listings had which outcome, and which of the linked ones lead to other products."""

    counts: Mapping[str, int]
    leading: Sequence[int]


def match_listings(
    store: Store, listing_ids: Collection[int], *, cause_id: UUID, now: datetime
) -> Matched:
    """Compare listings that stand alone with the canonical products."""
    scene = field_of(store, listing_ids)
    ids = {item.gid: pk for pk, item in scene.mine.items()}
    found = match([*scene.mine.values(), *scene.rivals.values()], scene.ours)[: len(ids)]
    links = [
        Link(ids[one.gid], one.product_id, one.variants, one.reason)
        for one in found
        if one.product_id is not None
    ]
    _say([(ids[one.gid], one) for one in found if one.product_id is None])
    linked = link(links, cause_id=cause_id, now=now)
    keep_links(linked.leading, cause_id=cause_id, now=now)
    return Matched(Counter(one.outcome for one in found), linked.leading)


def _say(found: Sequence[tuple[int, Match]]) -> None:
    """Say why listings could not be linked."""
    rows = [(pk, one.outcome, one.reason) for pk, one in found]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_SAY, [list(column) for column in zip(*rows, strict=True)])


@transaction.atomic
def link(
    wanted: Sequence[Link], *, cause_id: UUID, now: datetime, actor: str = "", ours: bool = False
) -> Linked:
    """Link listings of a store to canonical products; what differs stays its own, as `found`.

    Nothing is written to any store. What is linked by now, or has another listing there, is left.
    `ours`: we have created it there, so that what differs or lacks is still on its way.
    """
    links = _still_free(wanted)
    if not links:
        return Linked()
    ids = [one.listing_id for one in links]
    pairs = [(one.listing_id, *pair) for one in links for pair in one.pairs.items()]
    with connection.cursor() as cursor:
        products, reasons = [one.product_id for one in links], [one.reason for one in links]
        cursor.execute(_LINK, [ListingState.LINKED.value, ids, products, reasons])
        columns = [list(column) for column in zip(*pairs, strict=True)] or [[], [], []]
        cursor.execute(_PAIR, [Stance.OWN.value, Stance.OPEN.value, *columns, ids])
    if ours:
        return Linked(ids)
    pics = pictures(ids)
    lacking = [pic.listing for pic in pics if _lacks(pic)]
    Listing.objects.bulk_update(lacking, ["absent"])
    kept = keep_differences(pics, cause_id=cause_id, now=now, actor=actor)
    return Linked(ids, kept, [pic.listing.pk for pic in pics if has_links(pic)])


def _still_free(wanted: Sequence[Link]) -> list[Link]:
    """Those that nobody has linked meanwhile; products and listings are locked, in this order."""
    products = Product.objects.filter(pk__in={one.product_id for one in wanted})
    list(products.select_for_update().order_by("pk").values("pk"))
    listings = Listing.objects.filter(pk__in=[one.listing_id for one in wanted], product=None)
    free = dict(listings.select_for_update().order_by("pk").values_list("pk", "store"))
    others = Listing.objects.filter(product__in=products, store__in=set(free.values()))
    taken = set(others.values_list("store", "product"))
    return [
        one
        for one in wanted
        if one.listing_id in free and (free[one.listing_id], one.product_id) not in taken
    ]


def _lacks(pic: Picture) -> bool:
    """Note which variants of ours the store does not have; whether there are any."""
    pic.listing.absent = [pk for pk in pic.variants if pk not in pic.hosts]
    return bool(pic.listing.absent)


def link_chosen(listing_id: int, product_id: int, *, actor: str, now: datetime) -> list[Change]:
    """Link a listing to the product that a person chose; variants pair by SKU, else by options."""
    pic = picture(listing_id)
    mine = Product.objects.filter(workspace_id=pic.store.workspace_id, pk=product_id)
    product = mine.first()
    if product is None:
        raise NotFoundHereError("This product does not exist in this workspace.")
    if Listing.objects.filter(store=pic.store, product=product).exists():
        raise NotAllowedNowError(f"“{product}” is already linked in {pic.store}.")
    cause_id = uuid4()
    one = _link_of(pic, product, f"Linked by {actor}.")
    linked = link([one], cause_id=cause_id, now=now, actor=actor)
    if not linked.listing_ids:
        raise NotAllowedNowError(f"“{pic.listing}” is already linked.")
    follow_stock(pic.store, [listing_id], cause_id=cause_id)
    return linked.kept


def _link_of(pic: Picture, product: Product, reason: str) -> Link:
    (item,) = remote_items([pic.listing.pk]).values()
    (target,) = our_items(pic.store, [product.pk])
    return Link(pic.listing.pk, product.pk, match_variants(item, target), reason)
