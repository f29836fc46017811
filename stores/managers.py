"""Query sets that know which workspace a row belongs to."""

from typing import Any, Self

from django.db import models


class WorkspaceScoped(models.QuerySet[Any]):
    """Rows of a model that names, as `workspace_path`, the way to its workspace."""

    def of_workspace(self, workspace_id: int) -> Self:
        return self.filter(**{self._path: workspace_id})

    def for_user(self, user: Any) -> Self:
        """What this person may see: their workspaces' rows; a superuser sees all."""
        if user.is_superuser:
            return self
        return self.filter(**{f"{self._path}__memberships__user": user})

    @property
    def _path(self) -> str:
        return getattr(self.model, "workspace_path", "workspace")


class WorkspaceQuerySet(models.QuerySet[Any]):
    """The workspaces themselves."""

    def for_user(self, user: Any) -> Self:
        return self if user.is_superuser else self.filter(memberships__user=user)
