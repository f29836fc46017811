"""Which metafields a workspace keeps in step."""

from django.db import models
from django.db.models.functions import Now

from catalogue.domain.metafields import name_of
from catalogue.enums import Owner
from stores.managers import WorkspaceScoped
from stores.models import Workspace


class SyncedMetafield(models.Model):
    """A metafield of products or of variants that is an attribute like any other.

    Stores may hold other metafields, and this one with another type: these are left alone.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="metafields")
    owner = models.CharField(
        max_length=16,
        choices=[(owner.value, f"{owner.value}s") for owner in Owner],
        default=Owner.PRODUCT,
    )
    namespace = models.CharField(max_length=150, default="custom")
    key = models.CharField(max_length=64)
    type = models.CharField(max_length=64)
    by = models.CharField(max_length=150, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    objects = WorkspaceScoped.as_manager()

    class Meta:
        ordering = ["owner", "namespace", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "owner", "namespace", "key"],
                name="synced_metafield_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}.{self.key} of {self.owner}s"

    @property
    def name(self) -> str:
        """The attribute that it is."""
        return name_of(Owner(self.owner), self.namespace, self.key)
