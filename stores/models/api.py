"""Tokens of the API, and its answers that are kept for a repeated request."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from stores.enums import Scope
from stores.managers import WorkspaceScoped
from stores.models.workspace import Workspace


class ApiToken(models.Model):
    """A program's key to one workspace. Only a hash of it is kept; `prefix` tells it from others.

    `window_*` count its calls of the present minute.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="Who uses it; it stands in the ledger.")
    prefix = models.CharField(max_length=16)
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(
        models.CharField(max_length=32, choices=[(scope.value, scope.value) for scope in Scope])
    )
    per_minute = models.PositiveIntegerField(
        default=600, db_default=600, help_text="Calls a minute before it is asked to wait."
    )
    created_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    window_at = models.DateTimeField(db_default=Now())
    window_calls = models.PositiveIntegerField(default=0, db_default=0)

    objects = WorkspaceScoped.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class ApiAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered, stored with what it changed."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="api_answer_is_one_per_key"),
        ]

    def __str__(self) -> str:
        return f"answer to {self.key}"
