"""What pictures show, by the bytes that they are: the same everywhere, whatever they are called."""

from django.db import models
from django.db.models.functions import Now

from stores.managers import WorkspaceScoped
from stores.models import Workspace


class PictureContent(models.Model):
    """One content. `key` is what it is called in every value: its first name or address here."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="contents")
    digest = models.CharField(max_length=64)
    key = models.TextField()

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "digest"], name="picture_content_is_one_per_digest"
            )
        ]

    def __str__(self) -> str:
        return self.key


class PictureAddress(models.Model):
    """An address that somebody gave a picture by, and what was found there."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="addresses")
    address = models.TextField()
    content = models.ForeignKey(
        PictureContent, null=True, blank=True, on_delete=models.CASCADE, related_name="addresses"
    )
    failure = models.TextField(blank=True, default="", db_default="")
    asked_at = models.DateTimeField(db_default=Now())
    asked_by = models.BigIntegerField(null=True, blank=True, help_text="The job that fetches it.")

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "address"], name="picture_address_is_one_per_workspace"
            )
        ]

    def __str__(self) -> str:
        return self.address
