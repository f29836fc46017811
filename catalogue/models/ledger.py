"""The ledger: every attribute-level write that somebody attempted, and where it went."""

from django.db import models
from django.db.models.functions import Now

from catalogue.enums import ChangeFate, ChangeScope, DeliveryFate, Source
from catalogue.models.canonical import Product, Variant
from stores.managers import WorkspaceScoped
from stores.models import Delivery, Store, Workspace
from syncqueue.models import Attempt, Job


class Change(models.Model):
    """One attempted write of one attribute, won or lost; never altered once stored."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="changes")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="changes")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="changes"
    )
    attribute = models.CharField(max_length=190)
    scope = models.CharField(
        max_length=16, choices=[(scope.value, scope.value.title()) for scope in ChangeScope]
    )
    store = models.ForeignKey(
        Store,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="changes",
        help_text="Where the edit was made, or whose override it moved.",
    )
    source = models.CharField(
        max_length=16, choices=[(source.value, source.value.title()) for source in Source]
    )
    actor = models.CharField(max_length=150, blank=True, default="")
    fate = models.CharField(
        max_length=16, choices=[(fate.value, fate.value.title()) for fate in ChangeFate]
    )
    reason = models.TextField(blank=True, default="")
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    old_kind = models.CharField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        help_text="Of which kind the store's own value was before; empty: it had none.",
    )
    new_kind = models.CharField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        help_text="Of which kind the store's own value is since; empty: it has none.",
    )
    version_time = models.DateTimeField()
    version_id = models.CharField(max_length=100)
    stood_version = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="The version of what stood when it came: what it replaced, or lost to.",
    )
    edit_version = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="The version of the product that it made."
    )
    time_uncertain = models.BooleanField(default=False)
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="changes"
    )
    cause_id = models.UUIDField(db_index=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["product", "variant", "attribute", "-id"], name="change_leaf"),
            models.Index(fields=["workspace", "-created_at"], name="change_workspace_created"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} of {self.product}"

    def same_register(self) -> "models.QuerySet[Change]":
        """All changes that competed with it: for the canonical value, or one store's own."""
        rows = Change.objects.filter(
            product=self.product_id,
            variant=self.variant_id,
            attribute=self.attribute,
            scope=self.scope,
        )
        return rows.filter(store=self.store_id) if self.scope == ChangeScope.OVERRIDE else rows

    def stood(self) -> "Change | None":
        """The change that it replaced, or lost to; none where an import had set the value."""
        if not self.stood_version:
            return None
        earlier = self.same_register().filter(id__lt=self.pk, version_id=self.stood_version)
        return earlier.first()

    def replaced_by(self) -> "Change | None":
        """The change that took its place: at once where it lost, else later or not at all."""
        if self.fate == ChangeFate.LOST:
            return self.stood()
        later = self.same_register().filter(stood_version=self.version_id, fate=ChangeFate.WON)
        return later.filter(id__gt=self.pk).order_by("id").first()


class ChangeDelivery(models.Model):
    """What became of one change in one store: exactly one row for each store that is live."""

    change = models.ForeignKey(
        Change, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, related_name="change_deliveries", db_index=False
    )
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="change_deliveries"
    )
    attempt = models.ForeignKey(
        Attempt,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="change_deliveries",
        db_index=False,
    )
    fate = models.CharField(
        max_length=16,
        choices=[(fate.value, fate.value.replace("_", " ").title()) for fate in DeliveryFate],
    )
    reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    echoed_at = models.DateTimeField(null=True, blank=True)

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        verbose_name_plural = "change deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["change", "store"], name="change_goes_once_to_a_store"),
        ]
        indexes = [
            models.Index("store", "accepted_at", name="change_delivery_accepted"),
            models.Index(
                "attempt", name="change_delivery_attempt", condition=models.Q(attempt__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.change_id} to {self.store}"
