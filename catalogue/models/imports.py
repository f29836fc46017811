"""Imports of files: each row with what it wants and what became of it, and how far they are."""

from django.db import models
from django.db.models import Value

from catalogue.enums import RowState
from catalogue.models.canonical import Product
from catalogue.models.errands import Errand
from catalogue.models.gates import HeldBatch
from stores.managers import WorkspaceScoped
from stores.models import Store


class ImportRun(Errand):
    """One file: read and compared first, then carried out row by row by the workers."""

    name = models.CharField(max_length=255)
    store = models.ForeignKey(
        Store,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="imports",
        help_text="Whose own values are set where a column names no store.",
    )
    ignored = models.JSONField(
        default=list, blank=True, help_text="Columns that mean nothing here."
    )
    objections = models.JSONField(default=list, blank=True)
    unreadable = models.JSONField(default=dict, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    values_wanted = models.PositiveIntegerField(default=0)
    values_set = models.PositiveIntegerField(default=0)
    held = models.ForeignKey(
        HeldBatch, null=True, blank=True, on_delete=models.SET_NULL, related_name="imports"
    )

    class Meta:
        verbose_name = "import"
        ordering = ["-id"]
        indexes = [
            models.Index("state", name="import_running", condition=models.Q(state="running")),
            models.Index("workspace", "name", name="import_workspace_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """One row of a file, what it wants set (with the versions that stood), and what came of it."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="As a person counts: the header is row 1.")
    key = models.CharField(max_length=255, blank=True, default="")
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    wishes = models.JSONField(default=list, blank=True)
    stocks = models.JSONField(
        default=list,
        blank=True,
        db_default=Value([], models.JSONField()),
        help_text="The stock that it counts, with the numbers that stood.",
    )
    state = models.CharField(
        max_length=16, choices=[(state.value, state.value.title()) for state in RowState]
    )
    reason = models.TextField(blank=True, default="")

    workspace_path = "run__workspace"
    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["run_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="import_row_is_one"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"
