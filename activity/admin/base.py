"""Who sees and does what: roles come from memberships, rows from their workspaces."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from stores.enums import Role
from stores.models import Membership


def is_member(user: Any) -> bool:
    """Whether this person belongs to any workspace at all."""
    if not (user.is_active and user.is_staff):
        return False
    return bool(user.is_superuser or Membership.objects.filter(user=user).exists())


def may_operate(user: Any, workspace_id: int | None) -> bool:
    """Whether this person may act in a workspace (in any, where none is named)."""
    if not (user.is_active and user.is_staff):
        return False
    if user.is_superuser:
        return True
    rows = Membership.objects.filter(user=user, role=Role.OPERATOR)
    if workspace_id is not None:
        rows = rows.filter(workspace_id=workspace_id)
    return bool(rows.exists())


class ScopedAdmin(ModelAdmin):
    """Rows of the person's workspaces; operators change, viewers look."""

    workspace_path = ""
    list_filter_submit = True
    list_fullwidth = True
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        path = self.path()
        return rows.filter(
            **{f"{path}__memberships__user" if path else "memberships__user": request.user}
        )

    def path(self) -> str:
        """The way from a row to its workspace."""
        return self.workspace_path or getattr(self.model, "workspace_path", "workspace")

    def workspace_of(self, row: Model) -> int | None:
        found: Any = row
        for step in self.path().split("__"):
            found = getattr(found, step, None)
        return found.pk if found is not None else None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_member(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return is_member(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_operate(request.user, self.workspace_of(obj) if obj is not None else None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)


class LedgerAdmin(ScopedAdmin):
    """A record of what happened: nobody adds, changes or deletes."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


def list_url(name: str, **filters: Any) -> str:
    """The address of a filtered list, as `catalogue_change`."""
    address = reverse(f"admin:{name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def row_link(name: str, pk: int, text: object) -> SafeString:
    return format_html(
        '<a class="underline" href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text
    )
