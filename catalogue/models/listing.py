"""Canonical records as they stand in one store: its ids, and what was last observed there."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from catalogue.domain.attributes import digest_of
from catalogue.domain.journal import Leaf
from catalogue.enums import ListingState, Stance
from catalogue.models.canonical import LONGEST_MIRROR, Product, Variant
from stores.managers import WorkspaceScoped
from stores.models import Store

KEYS = ("sku", "barcode")


def lane_key(gid: str) -> str:
    """The lane of every read and write of a product in its store."""
    return f"product:{gid.rpartition('/')[2]}"


class Observed(models.Model):
    """What has leaves: per attribute the observed value and its journal of sightings."""

    gid = models.CharField(max_length=255)
    leaves = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def leaf(self, attribute: str) -> Leaf | None:
        stored = self.leaves.get(attribute)
        return Leaf.stored(stored, digest_of(attribute)) if stored else None

    def set_leaf(self, attribute: str, leaf: Leaf) -> None:
        self.leaves[attribute] = leaf.to_json()


class Listing(Observed):
    """A product in a store. `as_of`: the newest second of the store's clock that was absorbed."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="listings")
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="listings"
    )
    title = models.CharField(max_length=255, blank=True, default="")
    handle = models.CharField(max_length=255, blank=True, default="")
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in ListingState],
        default=ListingState.UNMATCHED,
    )
    state_reason = models.TextField(blank=True, default="", db_default="")
    as_of = models.DateTimeField(null=True, blank=True)
    needs_read = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="Why it must be read first.",
    )
    unknown = models.JSONField(
        default=list, blank=True, help_text="Writes whose outcome nobody heard, for a day."
    )
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When its last call was settled, by our clock."
    )
    absent = models.JSONField(
        default=list,
        blank=True,
        help_text="Variants of ours that this store does not have, and is not to be given.",
    )
    gallery = models.JSONField(
        default=list,
        blank=True,
        db_default=Value([], models.JSONField()),
        help_text="Its media as last read: which picture each is, and where to fetch it.",
    )
    read_at = models.DateTimeField(
        null=True, blank=True, help_text="When a read last showed it, by our clock."
    )
    created_at = models.DateTimeField(db_default=Now())

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["store_id", "title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "gid"], name="listing_is_one_per_gid"),
            models.UniqueConstraint(
                F("store"),
                F("product"),
                name="listing_is_one_per_product",
                condition=Q(product__isnull=False),
            ),
            models.CheckConstraint(
                name="listing_linked_has_a_product",
                condition=~Q(state="linked") | Q(product__isnull=False),
            ),
        ]
        indexes = [
            models.Index("store", "state", name="listing_store_state"),
            models.Index("store", "title", "id", name="listing_in_order"),
            models.Index(
                "store",
                "title",
                "id",
                name="listing_waiting",
                condition=Q(state__in=("unmatched", "ambiguous")),
            ),
            models.Index("handle", name="listing_handle", condition=~Q(handle="")),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.gid} in {self.store}"

    @property
    def lane_key(self) -> str:
        """The lane of every read and write of this product in its store."""
        return lane_key(self.gid)


class VariantListing(Observed):
    """A variant in a store."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="variants")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.SET_NULL, related_name="listings"
    )
    inventory_item_gid = models.CharField(max_length=255, blank=True, default="", db_index=True)
    position = models.PositiveIntegerField(default=1)
    options = models.JSONField(default=list, blank=True)
    sku = models.CharField(max_length=255, blank=True, default="", db_default="")
    barcode = models.CharField(max_length=255, blank=True, default="", db_default="")
    stance = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        choices=[(one.value, one.value.title() or "Open") for one in Stance],
        help_text="Linked to no variant of ours: held at the gates, the store's own, or to be "
        "deleted there.",
    )

    workspace_path = "listing__store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["listing_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["listing", "gid"], name="variant_listing_one_per_gid"),
            models.UniqueConstraint(
                F("listing"),
                F("variant"),
                name="variant_listing_one_per_variant",
                condition=Q(variant__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name, name=f"variant_listing_open_{name}", condition=Q(variant=None))
            for name in KEYS
        ]

    def __str__(self) -> str:
        return self.gid

    def set_leaf(self, attribute: str, leaf: Leaf) -> None:
        """Store the leaf, and mirror the keys by which products are matched."""
        super().set_leaf(attribute, leaf)
        if attribute in KEYS:
            setattr(self, attribute, str(leaf.value or "")[:LONGEST_MIRROR])
