"""Plans: what going live, or a batch, would write to stores, value by value, until approved."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalogue.enums import PlanAct, PlanKind, PlanState
from catalogue.models.canonical import Product, Variant
from catalogue.models.gates import HeldBatch
from catalogue.models.listing import Listing
from stores.managers import WorkspaceScoped
from stores.models import Store, Workspace


class Plan(models.Model):
    """A dry run of a store's opt-in or of a batch, named by the hash of its lines.

    `cursor` is the last listing (of a batch: the last edit) that was drafted or, after the
    approval, looked at again; `done` of `size` are behind it.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="plans")
    act = models.CharField(
        max_length=16,
        choices=[(act.value, act.value.replace("_", " ").capitalize()) for act in PlanAct],
        default=PlanAct.OPT_IN,
        db_default=PlanAct.OPT_IN.value,
    )
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.CASCADE, related_name="plans"
    )
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in PlanState],
        default=PlanState.DRAFTING,
        db_default=PlanState.DRAFTING.value,
    )
    reason = models.TextField(blank=True, default="", db_default="")
    hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    counts = models.JSONField(default=dict, help_text="Values by what would become of them.")
    size = models.PositiveIntegerField(default=0, db_default=0)
    done = models.PositiveIntegerField(default=0, db_default=0)
    cursor = models.PositiveBigIntegerField(default=0, db_default=0)
    dropped = models.PositiveIntegerField(default=0, db_default=0)
    compared = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Listings that are compared since the store is live."
    )
    objections = models.JSONField(default=list, help_text="Why the gates would hold the batch.")
    held = models.ForeignKey(
        HeldBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    applied = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Values that a batch has set."
    )
    unchanged = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Values of a batch that stood already."
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
        indexes = [models.Index("workspace", "hash", name="plan_by_hash")]
        constraints = [
            models.CheckConstraint(
                name="opt_in_has_a_store",
                condition=Q(act=PlanAct.BATCH) | Q(store__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["store"],
                name="plan_is_open_once",
                condition=Q(state__in=["drafting", "ready", "checking"]),
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk} of {self.store or f'a batch of {self.size}'}"


class PlanEdit(models.Model):
    """One value that a batch wants, with the version that stood, and what it would become where.

    `mark` names all of that; `dropped`: why it was not set after all.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="edits")
    number = models.PositiveIntegerField()
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    attribute = models.CharField(max_length=190)
    value = models.JSONField(null=True)
    clear = models.BooleanField(default=False)
    stands = models.JSONField(null=True, help_text="What it would replace.")
    base = models.CharField(max_length=255, blank=True, default="")
    mark = models.CharField(max_length=64, blank=True, default="", db_default="")
    changed = models.BooleanField(
        default=True, db_default=True, help_text="Whether it is another value than the one before."
    )
    dropped = models.TextField(blank=True, default="", db_default="")

    workspace_path = "plan__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_edit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} of {self.product}"


class PlanLine(models.Model):
    """One value of a plan. `dropped`: why it is not written, though it was or would have been."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="lines")
    edit = models.ForeignKey(
        PlanEdit, null=True, blank=True, on_delete=models.CASCADE, related_name="lines"
    )
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    attribute = models.CharField(max_length=190)
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
