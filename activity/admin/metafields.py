"""Which metafields a workspace keeps in step: declared and taken off here, never altered."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from activity.admin.base import ScopedAdmin, may_operate
from activity.admin.terms_forms import operated
from catalogue.domain.metafields import KINDS
from catalogue.enums import Owner
from catalogue.errors import CatalogueError
from catalogue.models import SyncedMetafield
from catalogue.services.metafields import check_declarable, declare, undeclare

WORDS = (
    "What each product's first store has goes to every live store that has none; a store's other "
    "value stays its own. Files, metaobjects, collections and pages belong to one store, so "
    "metafields that refer to them can't be carried to another."
)


class MetafieldForm(forms.ModelForm):
    type = forms.ChoiceField(
        choices=[(kind, kind.replace("_", " ")) for kind in KINDS],
        help_text=WORDS,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = SyncedMetafield
        fields = ["workspace", "owner", "namespace", "key", "type"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            names = ("owner", "namespace", "key", "type")
            owner, namespace, key, kind = (given[name] for name in names)
            try:
                check_declarable(given["workspace"], Owner(owner), namespace, key, kind)
            except CatalogueError as error:
                raise forms.ValidationError(str(error)) from error
        return given


@admin.register(SyncedMetafield)
class SyncedMetafieldAdmin(ScopedAdmin):
    form = MetafieldForm
    list_display = ["__str__", "type", "workspace", "by", "created_at"]
    list_filter = ["workspace", "owner", "namespace"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_operate(request.user, self.workspace_of(obj) if obj is not None else None)

    def formfield_for_foreignkey(self, field: Any, request: HttpRequest, **more: Any) -> Any:
        return super().formfield_for_foreignkey(
            field, request, **{**more, "queryset": operated(request.user)}
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001
        made = declare(
            obj.workspace_id,
            Owner(obj.owner),
            obj.namespace,
            obj.key,
            obj.type,
            by=request.user.get_username(),
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002
        undeclare(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)
