"""What every view of the API shares: rows of the token's workspace, and nobody else's."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.viewsets import GenericViewSet

from stores.enums import Scope
from stores.models import ApiToken


class ScopedViewSet(GenericViewSet[Any]):
    """Looks only where the token's workspace is; `workspace_path` is the way there from a row."""

    workspace_path = ""
    read_scope: Scope = Scope.READ_CATALOGUE
    write_scope: Scope | None = Scope.WRITE_CATALOGUE
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        path = self.workspace_path or getattr(rows.model, "workspace_path", "workspace")
        return rows.filter(**{path: self.workspace_id})

    @property
    def token(self) -> ApiToken:
        token = self.request.auth
        if not isinstance(token, ApiToken):
            raise TypeError("Only tokens reach a view.")
        return token

    @property
    def workspace_id(self) -> int:
        return int(self.token.workspace_id)

    @property
    def actor(self) -> str:
        """How the ledger names the caller."""
        return f"API: {self.token.name}"
