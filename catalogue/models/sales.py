"""Sales: what is laid over a store's prices for a time."""

from decimal import Decimal
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from catalogue.enums import SaleState
from catalogue.models.canonical import Product
from catalogue.models.gates import HeldBatch
from stores.managers import WorkspaceScoped
from stores.models import Store


class Sale(models.Model):
    """A percentage off, from one instant to another; it stands from `started_at` to `ended_at`."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="sales")
    name = models.CharField(max_length=100)
    percent = models.DecimalField("per cent off", max_digits=5, decimal_places=2)
    step = models.DecimalField(
        "rounded to", max_digits=10, decimal_places=2, default=Decimal("0.01")
    )
    charm = models.DecimalField(
        "then taken off", max_digits=10, decimal_places=2, default=Decimal(0)
    )
    strike = models.BooleanField(
        default=True, help_text="The compare-at price shows the price before."
    )
    zone = models.CharField("time zone", max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in SaleState],
        default=SaleState.PLANNED,
    )
    reason = models.TextField(blank=True, default="")
    by = models.CharField(max_length=150, blank=True, default="")
    cause_id = models.UUIDField(default=uuid4, help_text="Of the jobs that begin and end it.")
    held = models.ForeignKey(
        HeldBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="sales"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    workspace_path = "store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="sale_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="sale_has_ended_only_once_begun",
                condition=Q(ended_at__isnull=True) | Q(started_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at", "ends_at"],
                name="sale_timed",
                condition=Q(state__in=["planned", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.store}"


class SaleItem(models.Model):
    """A product of a sale."""

    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="sale_items")

    workspace_path = "sale__store__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["sale_id", "product_id"]
        constraints = [
            models.UniqueConstraint(fields=["sale", "product"], name="sale_has_a_product_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.sale}"
