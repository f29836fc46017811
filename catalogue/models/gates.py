"""What was held at the gates: a batch as it was wanted, until a person releases or discards it."""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from catalogue.enums import HeldAct, HeldState, Source
from stores.managers import WorkspaceScoped
from stores.models import Store, Workspace


class HeldBatch(models.Model):
    """A batch of which nothing is merged or queued; what it becomes is decided as a whole.

    A part that is decided about for itself leaves it as a batch of its own (`services/parting.py`).

    `wishes` are those of an edit, with the version that stood; other acts keep theirs in rows of
    their own, or in `details`.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="held_batches")
    act = models.CharField(
        max_length=16, choices=[(act.value, act.value.title()) for act in HeldAct]
    )
    source = models.CharField(
        max_length=16, choices=[(source.value, source.value.title()) for source in Source]
    )
    actor = models.CharField(max_length=150, blank=True, default="")
    cause_id = models.UUIDField(db_index=True)
    store = models.ForeignKey(
        Store,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="held_batches",
        help_text="Where it was seen, or the one store that it is for.",
    )
    reasons = models.JSONField(default=list)
    size = models.PositiveIntegerField(default=0, help_text="How many values it would move.")
    samples = models.JSONField(default=list, blank=True)
    wishes = models.JSONField(default=list, blank=True)
    details = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in HeldState],
        default=HeldState.HELD,
        db_default=HeldState.HELD.value,
    )
    held_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(
        blank=True, default="", db_default="", help_text="Why it was released or discarded."
    )
    applied = models.PositiveIntegerField(default=0, db_default=0)
    dropped = models.JSONField(
        default=list, blank=True, help_text="What had moved since, so that it was left."
    )

    objects = WorkspaceScoped.as_manager()

    class Meta:
        verbose_name_plural = "held batches"
        ordering = ["-id"]
        indexes = [models.Index("workspace", "state", "id", name="held_workspace_state")]

    def __str__(self) -> str:
        return f"{self.size} values held at the gates"

    @property
    def words(self) -> str:
        """Why it is held, in sentences."""
        reasons: list[Any] = self.reasons
        return " ".join(str(reason) for reason in reasons)
