"""On what terms stores keep attributes: periods that end, and are never altered."""

from decimal import Decimal
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from catalogue.enums import NewProducts, Ownership, Removals
from stores.managers import WorkspaceScoped
from stores.models import Store, Workspace


class Period(models.Model):
    """Something agreed for a time. `cause_id` is that of the jobs which carried it out."""

    attribute = models.CharField(max_length=190)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=150, blank=True, default="")
    ended_by = models.CharField(max_length=150, blank=True, default="")
    cause_id = models.UUIDField(default=uuid4)

    class Meta:
        abstract = True


class OwnershipPolicy(Period):
    """Whose word counts for an attribute: in one store, or in every store without its own."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="policies")
    store = models.ForeignKey(
        Store,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="policies",
        help_text="Empty: the default of all stores.",
    )
    ownership = models.CharField(
        max_length=16,
        choices=[(one.value, one.value.replace("_", " ").capitalize()) for one in Ownership],
    )

    objects = WorkspaceScoped.as_manager()

    class Meta:
        verbose_name_plural = "ownership policies"
        ordering = [F("ended_at").desc(nulls_first=True), "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "store", "attribute"],
                name="policy_is_one_at_a_time",
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} in {self.store or 'every store'}: {self.get_ownership_display()}"


class PriceRule(Period):
    """How a store's prices are made of the canonical ones; `domain.pricing` has the arithmetic."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="price_rules")
    currency = models.CharField(max_length=3, help_text="Of the canonical prices it starts from.")
    rate = models.DecimalField(
        max_digits=18,
        decimal_places=8,
        default=Decimal(1),
        help_text="Pinned: so many of the store's currency for one of the canonical prices'.",
    )
    factor = models.DecimalField(max_digits=10, decimal_places=6, default=Decimal(1))
    step = models.DecimalField(
        "rounded to",
        max_digits=10,
        decimal_places=2,
        default=Decimal("0.01"),
        help_text="0.05 for Switzerland, 1 for whole amounts.",
    )
    charm = models.DecimalField(
        "then taken off",
        max_digits=10,
        decimal_places=2,
        default=Decimal(0),
        help_text="Rounded to 1 and 0.01 taken off, prices end in .99.",
    )
    floor = models.DecimalField(
        max_digits=18, decimal_places=2, null=True, blank=True, help_text="Never below this."
    )

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = [F("ended_at").desc(nulls_first=True), "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "attribute"],
                name="price_rule_is_one_at_a_time",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} in {self.store}"


class HighValue(models.Model):
    """Whether collisions over an attribute are put before a person, where not as declared."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="high_values")
    attribute = models.CharField(max_length=190)
    on = models.BooleanField()

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["attribute"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "attribute"], name="high_value_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {'yes' if self.on else 'no'}"


class NewProductPolicy(models.Model):
    """What becomes of the hub's new products in a store; without a row, nothing."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="new_products")
    choice = models.CharField(
        "new products",
        max_length=8,
        default=NewProducts.NO,
        choices=[
            (NewProducts.NO, "Not created here"),
            (NewProducts.ASK, "Ask somebody, product by product"),
            (NewProducts.DRAFT, "Created as drafts, published nowhere"),
            (NewProducts.CREATE, "Created with the hub's status, published nowhere"),
        ],
    )

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        verbose_name_plural = "new product policies"
        ordering = ["store_id"]

    def __str__(self) -> str:
        return f"{self.store}: {self.get_choice_display()}"


class RemovalPolicy(models.Model):
    """What a deletion in one store means for the others; without a row, somebody is asked."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="removals")
    choice = models.CharField(
        "deletions",
        max_length=12,
        default=Removals.ASK,
        choices=[
            (Removals.ASK, "Ask somebody; nothing is deleted anywhere else"),
            (Removals.EVERYWHERE, "Deleted in every store, once a full read has confirmed it"),
        ],
    )

    objects = WorkspaceScoped.as_manager()

    class Meta:
        verbose_name_plural = "removal policies"
        ordering = ["workspace_id"]

    def __str__(self) -> str:
        return f"{self.workspace}: {self.get_choice_display()}"
