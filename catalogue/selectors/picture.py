"""A product in one store as a whole: what it should show, what it shows, and the difference."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from catalogue.domain.attributes import (
    ATTRIBUTES,
    PICTURES,
    VALUE_ORDER,
    VARIANT_ORDER,
    VARIANT_PICTURE,
    attribute,
    digest_of,
    of_owner,
)
from catalogue.domain.diff import LeafKey, difference
from catalogue.domain.effective import Effective, effective
from catalogue.domain.gallery import keys_in, renamed
from catalogue.domain.journal import Leaf
from catalogue.domain.layers import Layer, lay_over
from catalogue.domain.metafields import is_link, retarget, targets
from catalogue.domain.order import in_order
from catalogue.domain.registers import Entry
from catalogue.domain.terms import PLAIN, Terms
from catalogue.domain.value_order import arranged
from catalogue.domain.values import Value
from catalogue.enums import Owner
from catalogue.models import Listing, Override, Product, Variant, VariantListing
from catalogue.models.canonical import Record
from catalogue.models.listing import Observed
from catalogue.selectors.galleries import addresses_among, contents_of
from catalogue.selectors.layers import LAYERS, read_layers
from catalogue.selectors.references import gids_of
from catalogue.selectors.terms import TERMS, read_terms, terms_of
from stores.models import Store


@dataclass
class Picture:
    """One listing with its canonical product (None while unlinked), variants and overrides."""

    store: Store
    listing: Listing
    shown: dict[str, VariantListing]
    terms: Terms = PLAIN
    layers: tuple[Layer, ...] = ()
    known: dict[str, str | None] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)

    # An echo needs none of these: they are loaded when asked for, or by `pictures` for many.
    @cached_property
    def product(self) -> Product | None:
        product_id = self.listing.product_id
        return _products([product_id])[product_id] if product_id else None

    @cached_property
    def variants(self) -> dict[int, Variant]:
        product_id = self.listing.product_id
        return _variants([product_id])[product_id] if product_id else {}

    @cached_property
    def overrides(self) -> dict[LeafKey, Override]:
        product_id, store_id = self.listing.product_id, self.store.pk
        return _overrides([product_id], [store_id])[store_id, product_id] if product_id else {}

    @property
    def is_linked(self) -> bool:
        return self.listing.product_id is not None

    def leaf_keys(self) -> Iterator[LeafKey]:
        """Every leaf that stands on both sides."""
        if self.product is None:
            return
        extra = self.terms.metafields
        yield from ((None, declared.name) for declared in of_owner(Owner.PRODUCT, extra))
        names = [declared.name for declared in of_owner(Owner.VARIANT, extra)]
        for linked in self.shown.values():
            if linked.variant_id is not None:
                yield from ((linked.variant_id, name) for name in names)

    def record(self, key: LeafKey) -> Record:
        if self.product is None:
            raise LookupError(f"{self.listing} is not linked.")
        return self.product if key[0] is None else self.variants[key[0]]

    def host(self, variant_id: int | None) -> Observed:
        """Where the observed leaves of the product or of one variant stand."""
        if variant_id is None:
            return self.listing
        return self.hosts[variant_id]

    @property
    def hosts(self) -> dict[int, VariantListing]:
        return {v.variant_id: v for v in self.shown.values() if v.variant_id is not None}

    def standing(self, key: LeafKey) -> Entry | None:
        override = self.overrides.get(key)
        return override.read_timeline().standing() if override else None

    def effective(self, key: LeafKey) -> Effective:
        """What the store should show for one leaf, and why: sales lie over all else."""
        beneath = self.beneath(key)
        if not any(layer.covers(key[1]) for layer in self.layers):
            return beneath
        return lay_over(self.layers, key[1], beneath, self.beneath((key[0], "price")))

    def beneath(self, key: LeafKey) -> Effective:
        """What it would show without any sale."""
        winner = self.record(key).register(key[1]).winner
        currency = self.product.currency if self.product else ""
        override = self.standing(key)
        found = effective(attribute(key[1]), winner, override, terms=self.terms, currency=currency)
        if key[1] == VARIANT_ORDER and isinstance(found.value, list):
            return replace(found, value=in_order(self.ids_shown(), found.value))
        if key[1] == VALUE_ORDER and (leaf := self.listing.leaf(VALUE_ORDER)):
            return replace(found, value=arranged(leaf.value, found.value))
        if found.managed and is_link(found.value):
            return self._led(found)
        if key[1] == VARIANT_PICTURE and found.managed and found.value:
            return self._pictured(found)
        return replace(found, value=self.alike(found.value)) if key[1] == PICTURES else found

    def _pictured(self, found: Effective) -> Effective:
        """A variant's picture; not managed where the product does not show it in this store."""
        (key,) = keys_in(self.alike([str(found.value)]))
        here = key in keys_in(self.effective((None, PICTURES)).value)
        return replace(found, value=key) if here else Effective(None, "pictureless")

    def alike(self, value: Value) -> Value:
        """Pictures by what their contents are called: one content may have several addresses."""
        given = set(addresses_among(keys_in(value)))
        if new := given - self.contents.keys():
            found = contents_of(self.store.workspace_id, new)
            self.contents |= {address: found.get(address, address) for address in new}
        return renamed(value, self.contents) if given else value

    def standing_order(self) -> list[str]:
        """The order that the store's variants should have, by our ids; empty where none is set."""
        standing = self.effective((None, VARIANT_ORDER))
        return standing.value if standing.managed and isinstance(standing.value, list) else []

    def variant_of(self, gid: str) -> int | None:
        """Our id of a linked variant; None for the product itself."""
        host = self.shown.get(gid)
        return host.variant_id if host else None

    def ids_shown(self) -> list[str]:
        """Our ids of the linked variants, in the order of the store."""
        linked = sorted(self.hosts.values(), key=lambda host: (host.position, host.pk))
        return [str(host.variant_id) for host in linked]

    def _led(self, found: Effective) -> Effective:
        """A link by the ids of this store; not managed where it leads to nothing there."""
        ends = targets(found.value)
        if not self.known.keys() >= set(ends):
            known = gids_of(self.store.pk, ends)
            self.known |= {end: known.get(end) for end in ends}
        value = retarget(found.value, {end: gid for end in ends if (gid := self.known[end])})
        return Effective(None, "reference") if value is None else replace(found, value=value)

    def wanted(self, name: str = "") -> dict[LeafKey, Effective]:
        """Every leaf that we write (or those of one attribute), with the value it should have."""
        found = ((key, self.effective(key)) for key in self.leaf_keys() if name in ("", key[1]))
        return {key: effect for key, effect in found if effect.managed}

    def observed(self, name: str = "") -> dict[LeafKey, Leaf]:
        leaves = self._leaves(self.listing, None, name)
        for linked in self.shown.values():
            if linked.variant_id is not None:
                leaves |= self._leaves(linked, linked.variant_id, name)
        return leaves

    def to_write(self, name: str = "") -> dict[LeafKey, Value]:
        """The effective values that the store does not show. Only what it was seen to have."""
        observed = self.observed(name)
        wanted = {key: effect.value for key, effect in self.wanted(name).items() if key in observed}
        return difference(wanted, observed)

    def _leaves(self, host: Observed, variant_id: int | None, wanted: str) -> dict[LeafKey, Leaf]:
        return {
            (variant_id, name): Leaf.stored(stored, digest_of(name))
            for name, stored in host.leaves.items()
            if wanted in ("", name) and (name in ATTRIBUTES or name in self.terms.metafields)
        }


# Every job loads pictures, up to three times: as SQL, because the ORM needs three times as long to
# compile these queries as the database to answer them.
_LISTINGS = f"SELECT l.*, {LAYERS} FROM catalogue_listing AS l WHERE l.id = ANY(%s) ORDER BY l.id"  # noqa: S608
_STORES = f"SELECT s.*, {TERMS} FROM stores_store AS s WHERE s.id = ANY(%s)"  # noqa: S608
_PRODUCTS = "SELECT * FROM catalogue_product WHERE id = ANY(%s)"
_SHOWN = "SELECT * FROM catalogue_variantlisting WHERE listing_id = ANY(%s) ORDER BY id"
_VARIANTS = """
SELECT * FROM catalogue_variant WHERE product_id = ANY(%s) AND removed_at IS NULL
ORDER BY position, id
"""
_OVERRIDES = "SELECT * FROM catalogue_override WHERE product_id = ANY(%s) AND store_id = ANY(%s)"


def pictures(listing_ids: Iterable[int], *, lock: bool = False) -> list[Picture]:
    """Load listings with all that decides about them, in a fixed number of queries.

    `lock` keeps the listings' rows until the end of the transaction.
    """
    found = _seen(listing_ids, lock=lock)
    product_ids = list({pic.listing.product_id for pic in found if pic.listing.product_id})
    products, variants = _products(product_ids), _variants(product_ids)
    overrides = _overrides(product_ids, list({pic.store.pk for pic in found}))
    for pic in found:
        pic.product = pic.listing.product = products.get(pic.listing.product_id or 0)
        pic.variants = variants[pic.listing.product_id or 0]
        pic.overrides = overrides[pic.store.pk, pic.listing.product_id or 0]
    return found


def _seen(listing_ids: Iterable[int], *, lock: bool) -> list[Picture]:
    locking = f"{_LISTINGS} FOR UPDATE OF l" if lock else _LISTINGS
    listings = list(Listing.objects.raw(locking, [list(listing_ids)]))
    terms = _join(listings)
    shown: dict[int, dict[str, VariantListing]] = defaultdict(dict)
    for linked in VariantListing.objects.raw(_SHOWN, [[listing.pk for listing in listings]]):
        shown[linked.listing_id][linked.gid] = linked
    return [
        Picture(
            listing.store,
            listing,
            shown[listing.pk],
            terms[listing.store_id],
            read_layers(vars(listing)["layers"]),
        )
        for listing in listings
    ]


def _products(product_ids: Sequence[int]) -> dict[int, Product]:
    return {product.pk: product for product in Product.objects.raw(_PRODUCTS, [product_ids])}


def _variants(product_ids: Sequence[int]) -> Mapping[int, dict[int, Variant]]:
    found: dict[int, dict[int, Variant]] = defaultdict(dict)
    for variant in Variant.objects.raw(_VARIANTS, [product_ids]):
        found[variant.product_id][variant.pk] = variant
    return found


def _overrides(
    product_ids: Sequence[int], store_ids: Sequence[int]
) -> Mapping[tuple[int, int], dict[LeafKey, Override]]:
    found: dict[tuple[int, int], dict[LeafKey, Override]] = defaultdict(dict)
    for override in Override.objects.raw(_OVERRIDES, [product_ids, store_ids]):
        found[override.store_id, override.product_id][override.leaf_key] = override
    return found


def _join(listings: Sequence[Listing]) -> dict[int, Terms]:
    """Give the listings their stores; the terms of those."""
    store_ids = list({listing.store_id for listing in listings})
    stores = {store.pk: store for store in Store.objects.raw(_STORES, [store_ids])}
    for listing in listings:
        listing.store = stores[listing.store_id]
    return {pk: read_terms(vars(store)["terms"], store.currency) for pk, store in stores.items()}


def picture_without_listing(store: Store, product: Product) -> Picture:
    """What a product should show in a store that does not have it."""
    listing = Listing(store=store, product=product)
    found = Picture(store, listing, {}, terms_of([store.pk])[store.pk])
    found.product = product
    return found


def picture(listing_id: int, *, lock: bool = False) -> Picture:
    """Load one listing with all that decides about it."""
    (found,) = _seen([listing_id], lock=lock)
    return found
