"""What the workers carry out step by step, whoever of them dies."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from catalogue.enums import ErrandState
from stores.managers import WorkspaceScoped
from stores.models import Workspace


class Errand(models.Model):
    """Everything up to `cursor` is done; `cause_id` is that of all its changes."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="%(class)ss")
    by = models.CharField(max_length=150, blank=True, default="")
    state = models.CharField(
        max_length=16,
        choices=[(state.value, state.value.title()) for state in ErrandState],
        default=ErrandState.PREVIEW,
    )
    reason = models.TextField(blank=True, default="")
    cursor = models.PositiveBigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Beginnings of the present step that nobody has finished."
    )
    cause_id = models.UUIDField(default=uuid4, db_index=True)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = WorkspaceScoped.as_manager()

    class Meta:
        abstract = True
