"""A product in one store as a whole: what it should show, what it shows, and the difference."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from catalogue.domain.attributes import ATTRIBUTES, attribute, of_owner
from catalogue.domain.diff import LeafKey, difference
from catalogue.domain.effective import UNMANAGED, Effective, effective, managed
from catalogue.domain.journal import Leaf
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.enums import Owner
from catalogue.models import Listing, Override, Product, Variant, VariantListing
from catalogue.models.canonical import Record
from catalogue.models.listing import Observed
from stores.models import Store


@dataclass(slots=True)
class Picture:
    """One listing with its canonical product (None while unlinked), variants and overrides."""

    store: Store
    listing: Listing
    product: Product | None
    variants: Mapping[int, Variant]
    shown: Mapping[str, VariantListing]
    overrides: dict[LeafKey, Override] = field(default_factory=dict)

    def leaf_keys(self) -> Iterator[LeafKey]:
        """Every leaf that stands on both sides."""
        if self.product is None:
            return
        yield from ((None, declared.name) for declared in of_owner(Owner.PRODUCT))
        names = [declared.name for declared in of_owner(Owner.VARIANT)]
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
        """What the store should show for one leaf, and why."""
        override = self.standing(key)
        product = self.product
        if product is None or not managed(
            attribute(key[1]), product.currency, self.store.currency, override
        ):
            return UNMANAGED
        return effective(self.record(key).register(key[1]).winner, override)

    def wanted(self) -> dict[LeafKey, Effective]:
        """Every leaf that we write, with the value that it should have."""
        found = ((key, self.effective(key)) for key in self.leaf_keys())
        return {key: effect for key, effect in found if effect.managed}

    def observed(self) -> dict[LeafKey, Leaf]:
        leaves = self._leaves(self.listing, None)
        for linked in self.shown.values():
            if linked.variant_id is not None:
                leaves |= self._leaves(linked, linked.variant_id)
        return leaves

    def to_write(self) -> dict[LeafKey, Value]:
        """The effective values that the store does not show. Only what it was seen to have."""
        observed = self.observed()
        wanted = {key: effect.value for key, effect in self.wanted().items() if key in observed}
        return difference(wanted, observed)

    @staticmethod
    def _leaves(host: Observed, variant_id: int | None) -> dict[LeafKey, Leaf]:
        return {
            (variant_id, name): Leaf.from_json(stored)
            for name, stored in host.leaves.items()
            if name in ATTRIBUTES
        }


def pictures(listing_ids: Iterable[int]) -> list[Picture]:
    """Load listings with all that decides about them, in a fixed number of queries."""
    listings = list(
        Listing.objects.filter(pk__in=list(listing_ids)).select_related("store", "product")
    )
    shown: dict[int, dict[str, VariantListing]] = defaultdict(dict)
    for linked in VariantListing.objects.filter(listing__in=listings).order_by("id"):
        shown[linked.listing_id][linked.gid] = linked
    products = {listing.product_id for listing in listings if listing.product_id}
    variants: dict[int, dict[int, Variant]] = defaultdict(dict)
    for variant in Variant.objects.filter(product__in=products).order_by("position", "id"):
        variants[variant.product_id][variant.pk] = variant
    overrides: dict[tuple[int, int], dict[LeafKey, Override]] = defaultdict(dict)
    for override in Override.objects.filter(
        product__in=products, store__in={listing.store_id for listing in listings}
    ):
        overrides[override.store_id, override.product_id][override.leaf_key] = override
    return [
        Picture(
            listing.store,
            listing,
            listing.product,
            variants[listing.product_id or 0],
            shown[listing.pk],
            overrides[listing.store_id, listing.product_id or 0],
        )
        for listing in sorted(listings, key=lambda listing: listing.pk)
    ]


def picture(listing_id: int) -> Picture:
    (found,) = pictures([listing_id])
    return found
