"""What waits for a person: conflicts over values of high worth, and issues of every kind."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from catalogue.enums import ChangeScope, ConflictState, IssueKind, IssueState
from catalogue.models.canonical import Product, Variant
from catalogue.models.ledger import Change
from catalogue.models.stock import StockMovement
from stores.managers import WorkspaceScoped
from stores.models import Store, Workspace


class Conflict(models.Model):
    """Two parties set one attribute, and neither had seen the other's value.

    The later one stands. `difference` is what reverting would move a unit, in `currency`; `units`
    what the store was known to have then (null: its stock is not followed). Of stock the movements
    are named, `units` are the pieces that reverting would move, and both were counted.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="conflicts")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="conflicts")
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="conflicts"
    )
    attribute = models.CharField(max_length=190)
    scope = models.CharField(
        max_length=16, choices=[(scope.value, scope.value.title()) for scope in ChangeScope]
    )
    store = models.ForeignKey(
        Store,
        on_delete=models.CASCADE,
        related_name="conflicts",
        help_text="Where the edit was made that met another party's value.",
    )
    ancestor = models.JSONField(null=True, help_text="What the store's editor saw and replaced.")
    winner = models.JSONField(null=True)
    loser = models.JSONField(null=True)
    winner_change = models.ForeignKey(
        Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="won_conflicts"
    )
    loser_change = models.ForeignKey(
        Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="lost_conflicts"
    )
    winner_movement = models.ForeignKey(
        StockMovement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    loser_movement = models.ForeignKey(
        StockMovement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    uncertain = models.BooleanField(
        default=False, help_text="Of one side it is only known between which instants it was made."
    )
    difference = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    units = models.IntegerField(null=True, blank=True)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in ConflictState],
        default=ConflictState.OPEN,
    )
    decided_by = models.CharField(max_length=150, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.ForeignKey(
        Change,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="decided_conflicts",
        help_text="The change that closed it.",
    )
    opened_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index("product", name="conflict_open", condition=Q(state="open")),
            models.Index("workspace", "state", "id", name="conflict_workspace_state"),
        ]

    def __str__(self) -> str:
        return f"conflict over {self.attribute} of {self.product}"

    @property
    def money(self) -> Decimal | None:
        """What reverting would move: all known units, else one."""
        if self.difference is None:
            return None
        return self.difference * (1 if self.units is None else self.units)


class Issue(models.Model):
    """Something that only a person can decide; one is open for a subject and kind at a time."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="issues")
    kind = models.CharField(
        max_length=32,
        choices=[(kind.value, kind.value.replace("_", " ").title()) for kind in IssueKind],
    )
    subject = models.CharField(max_length=255, help_text="What it is about: its stable name.")
    reason = models.TextField()
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.CASCADE, related_name="issues"
    )
    variant = models.ForeignKey(
        Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="issues"
    )
    attribute = models.CharField(max_length=190, blank=True, default="")
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.CASCADE, related_name="issues"
    )
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in IssueState],
        default=IssueState.OPEN,
        db_default=IssueState.OPEN.value,
    )
    times = models.PositiveIntegerField(
        default=1, db_default=1, help_text="How often it was seen while open."
    )
    opened_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    closed_reason = models.TextField(blank=True, default="", db_default="")

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "subject"],
                name="issue_is_open_once",
                condition=Q(state="open"),
            ),
        ]
        indexes = [models.Index("workspace", "state", "id", name="issue_workspace_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
