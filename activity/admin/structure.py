"""What stores and workspaces want of new products, and of deletions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from activity.admin.base import ScopedAdmin, may_operate
from activity.admin.terms_forms import operated
from catalogue.models import NewProductPolicy, RemovalPolicy
from stores.models import Store


class PolicyAdmin(ScopedAdmin):
    """One row for each store or workspace, which its operators choose."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def formfield_for_foreignkey(self, field: Any, request: HttpRequest, **more: Any) -> Any:
        workspaces = operated(request.user)
        of_stores = field.remote_field.model is Store
        rows = Store.objects.filter(workspace__in=workspaces) if of_stores else workspaces
        return super().formfield_for_foreignkey(field, request, **{**more, "queryset": rows})


@admin.register(NewProductPolicy)
class NewProductPolicyAdmin(PolicyAdmin):
    list_display = ["store", "choice"]
    list_filter = ["store__workspace", "choice"]
    list_select_related = ["store"]


@admin.register(RemovalPolicy)
class RemovalPolicyAdmin(PolicyAdmin):
    list_display = ["workspace", "choice"]
    list_filter = ["choice"]
    list_select_related = ["workspace"]
