"""Workspaces, who works in them, and the organizations that stores belong to."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from stores.enums import Role
from stores.fields import EncryptedTextField
from stores.managers import WorkspaceQuerySet, WorkspaceScoped


class Workspace(models.Model):
    """A tenant: it owns everything below, and nothing crosses it."""

    name = models.CharField(max_length=150)
    slug = models.SlugField(max_length=150, unique=True)
    metafield_namespaces = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Whose metafields the webhooks of its stores' products show.",
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(
        max_length=16, choices=[(role.value, role.value.title()) for role in Role]
    )

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["workspace_id", "user_id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"


class Organization(models.Model):
    """A Plus organisation's own app, through which its stores are connected."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="organizations")
    name = models.CharField(max_length=150)
    client_id = models.CharField(max_length=150)
    client_secret = EncryptedTextField()
    previous_client_secret = EncryptedTextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "id"], name="organization_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name
