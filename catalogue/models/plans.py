"""Plans: what going live would write to a store, value by value, until its owner approves."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalogue.enums import PlanKind, PlanState
from catalogue.models.canonical import Product, Variant
from catalogue.models.listing import Listing
from stores.managers import WorkspaceScoped
from stores.models import Store, Workspace


class Plan(models.Model):
    """A dry run of a store's opt-in, named by the hash of its lines.

    `cursor` is the last listing that was drafted or, after the approval, looked at again.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="plans")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="plans")
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in PlanState],
        default=PlanState.DRAFTING,
        db_default=PlanState.DRAFTING.value,
    )
    reason = models.TextField(blank=True, default="", db_default="")
    hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    counts = models.JSONField(default=dict, help_text="Values by what would become of them.")
    listings = models.PositiveIntegerField(default=0, db_default=0)
    done = models.PositiveIntegerField(default=0, db_default=0)
    cursor = models.PositiveBigIntegerField(default=0, db_default=0)
    dropped = models.PositiveIntegerField(default=0, db_default=0)
    compared = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Listings that are compared since the store is live."
    )
    cause_id = models.UUIDField(db_index=True)
    made_by = models.CharField(max_length=150, blank=True, default="")
    made_at = models.DateTimeField(db_default=Now())
    approved_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    approved_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store"],
                name="plan_is_open_once",
                condition=Q(state__in=["drafting", "ready", "checking"]),
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk} of {self.store}"


class PlanLine(models.Model):
    """One value of a plan. `dropped`: why it is not written, though it was or would have been."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="lines")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    attribute = models.CharField(max_length=64)
    kind = models.CharField(
        max_length=16, choices=[(kind.value, kind.value.title()) for kind in PlanKind]
    )
    shown = models.JSONField(null=True)
    wanted = models.JSONField(null=True)
    dropped = models.TextField(blank=True, default="", db_default="")

    workspace_path = "plan__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index("plan", "kind", "id", name="plan_line_kind")]

    def __str__(self) -> str:
        return f"{self.attribute} of {self.product}"
