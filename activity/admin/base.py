"""Who sees and does what: roles come from memberships, rows from their workspaces."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import CharField, Model, QuerySet, TextField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from activity.admin.large import BoundedPaginator, NewestValuesFilter, search_by_id
from stores.enums import Role
from stores.models import Membership, Store


def is_member(user: Any) -> bool:
    """Whether this person belongs to any workspace at all."""
    if not (user.is_active and user.is_staff):
        return False
    return bool(user.is_superuser or roles_of(user))


def may_operate(user: Any, workspace_id: int | None) -> bool:
    """Whether this person may act in a workspace (in any, where none is named)."""
    if not (user.is_active and user.is_staff):
        return False
    if user.is_superuser:
        return True
    roles = roles_of(user)
    held = roles.values() if workspace_id is None else [roles.get(workspace_id)]
    return Role.OPERATOR in held


def roles_of(user: Any) -> dict[int, str]:
    """A person's role in each of their workspaces, read once a request."""
    if not hasattr(user, "roles_by_workspace"):
        rows = Membership.objects.filter(user=user)
        user.roles_by_workspace = dict(rows.values_list("workspace_id", "role"))
    known: dict[int, str] = user.roles_by_workspace
    return known


def operated_channels(user: Any) -> set[int]:
    """The channels of the stores in whose workspaces this person may act."""
    rows = Store.objects.for_user(user).values_list("workspace_id", "channel_id")
    return {channel_id for workspace_id, channel_id in rows if may_operate(user, workspace_id)}


class ScopedFilter(RelatedFieldListFilter):
    """Offers only what the person may see: names of other workspaces stay theirs."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        related = model_admin.admin_site.get_model_admin(field.remote_field.model)
        return [(row.pk, str(row)) for row in related.get_queryset(request)]


class ScopedAdmin(ModelAdmin):
    """Rows of the person's workspaces; operators change, viewers look."""

    workspace_path = ""
    list_filter_submit = True
    list_fullwidth = True
    show_full_result_count = False
    paginator = BoundedPaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        path = self.path()
        return rows.filter(
            **{f"{path}__memberships__user" if path else "memberships__user": request.user}
        )

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._filter(name) for name in super().get_list_filter(request)]

    def _filter(self, name: Any) -> Any:
        field: Any = get_fields_from_path(self.model, name)[-1]
        if field.remote_field:
            return name, ScopedFilter
        is_text = isinstance(field, CharField | TextField) and not field.choices
        return (name, NewestValuesFilter) if is_text else name

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Text is looked for in texts; an id of a cause is looked up as what it is."""
        return [name for name in super().get_search_fields(request) if name != "cause_id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found = search_by_id(queryset, search_term, [*self.search_fields])
        if found is not None:
            return found, False
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        return rows, bool(may_repeat)

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


class LedgerInline(TabularInline):
    """The rows under a record of what happened, for whoever may see that record."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return is_member(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    has_change_permission = has_delete_permission = has_add_permission


def list_url(name: str, **filters: Any) -> str:
    """The address of a filtered list, as `catalogue_change`."""
    address = reverse(f"admin:{name}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def row_link(name: str, pk: int, text: object) -> SafeString:
    return format_html(
        '<a class="underline" href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text
    )
