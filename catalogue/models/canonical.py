"""Products and variants as the hub holds them, and what single stores show instead."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper

from catalogue.domain.attributes import OPTION_VALUES
from catalogue.domain.registers import CanonicalRegister, Timeline
from catalogue.domain.values import Value
from catalogue.enums import OverrideKind
from stores.managers import WorkspaceScoped
from stores.models import Store, Workspace

LONGEST_MIRROR = 255


class Record(models.Model):
    """What has attributes: each one's candidates stand in `registers`, the newest wins."""

    registers = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    def register(self, attribute: str) -> CanonicalRegister:
        """The candidates for a value; read again only when they were stored anew."""
        stored = self.registers.get(attribute, ())
        read: dict[str, tuple[object, CanonicalRegister]] = vars(self).setdefault("_read", {})
        if attribute not in read or read[attribute][0] is not stored:
            read[attribute] = stored, CanonicalRegister.from_json(stored)
        return read[attribute][1]

    def value(self, attribute: str) -> Value:
        winner = self.register(attribute).winner
        return winner.value if winner else None

    def set_register(self, attribute: str, register: CanonicalRegister) -> None:
        """Store the register, and the winner where a column mirrors it for lists and searches."""
        self.registers[attribute] = register.to_json()
        winner = register.winner
        if attribute in self.mirrored and winner is not None:
            setattr(self, attribute, str(winner.value or "")[:LONGEST_MIRROR])

    mirrored: tuple[str, ...] = ()


class Product(Record):
    """A canonical product. `currency` is that of its canonical prices."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="products")
    founder = models.ForeignKey(
        Store,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="founded",
        help_text="The store whose import created this record.",
    )
    title = models.CharField(max_length=255, blank=True, default="")
    status = models.CharField(max_length=16, blank=True, default="")
    vendor = models.CharField(max_length=255, blank=True, default="")
    currency = models.CharField(max_length=3)
    edit_version = models.PositiveBigIntegerField(
        default=1,
        db_default=1,
        help_text="Grows with every change; a form sends back the one it showed.",
    )
    updated_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when a person or a policy has removed it."
    )

    mirrored = ("title", "status", "vendor")
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["title", "id"]
        indexes = [
            models.Index("workspace", "title", "id", name="product_in_order"),
            models.Index(Upper("title"), name="product_title_upper"),
            models.Index(fields=["workspace", "-updated_at"], name="product_updated"),
        ]

    def __str__(self) -> str:
        return self.title or f"product {self.pk}"


class Variant(Record):
    """A canonical variant; `options` mirrors its values, as a list of {name, value}."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    position = models.PositiveIntegerField(default=1)
    options = models.JSONField(default=list, blank=True)
    removed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when a person or a policy has removed it.",
    )
    sku = models.CharField(max_length=255, blank=True, default="")
    barcode = models.CharField(max_length=255, blank=True, default="", db_default="")

    mirrored = ("sku", "barcode")
    workspace_path = "product__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["product_id", "position", "id"]
        indexes = [
            models.Index("sku", "product", name="variant_sku"),
            models.Index("barcode", name="variant_barcode", condition=~Q(barcode="")),
        ]

    def set_register(self, attribute: str, register: CanonicalRegister) -> None:
        super().set_register(attribute, register)
        winner = register.winner
        if attribute == OPTION_VALUES and winner is not None and isinstance(winner.value, list):
            self.options = [{"name": "", "value": value} for value in winner.value]

    def __str__(self) -> str:
        return self.name or self.sku or f"variant {self.pk}"

    @property
    def name(self) -> str:
        return " / ".join(option["value"] for option in self.options)


class Override(models.Model):
    """A store's own value of one attribute; cleared, it stays as a tombstone."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="overrides")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="overrides")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides"
    )
    attribute = models.CharField(max_length=190)
    kind = models.CharField(
        max_length=16,
        blank=True,
        choices=[(kind.value, kind.value.title()) for kind in OverrideKind],
    )
    value = models.JSONField(null=True, blank=True)
    stands = models.BooleanField(
        default=False, help_text="Off: cleared, the canonical value shows."
    )
    timeline = models.JSONField(default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["product_id", "variant_id", "attribute", "store_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "product", "variant", "attribute"],
                name="override_is_one_per_leaf",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index("store", "attribute", name="override_store_attribute")]

    def __str__(self) -> str:
        return f"{self.attribute} in {self.store}"

    def set_timeline(self, timeline: Timeline) -> None:
        """Store the timeline and mirror what stands, for lists and filters."""
        standing = timeline.standing()
        self.timeline = timeline.to_json()
        self.stands = bool(standing and standing.stands)
        self.kind = standing.kind or "" if standing and self.stands else ""
        self.value = standing.value if standing and self.stands else None

    @property
    def leaf_key(self) -> tuple[int | None, str]:
        return (self.variant_id, self.attribute)

    def read_timeline(self) -> Timeline:
        entries: list[dict[str, Any]] = self.timeline
        return Timeline.from_json(entries)
