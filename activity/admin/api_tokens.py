"""Tokens of the API: made and shown once, watched, revoked."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from activity.admin.base import LedgerAdmin, may_operate
from activity.admin.terms_forms import operated
from activity.admin.verbs import Verb, VerbAdmin
from stores.enums import Scope
from stores.errors import StoresError
from stores.models import ApiToken, Workspace
from stores.services.api_tokens import make_token, revoke_token

WORDS = {
    Scope.READ_CATALOGUE: "Look at products, listings, own values, changes and conflicts",
    Scope.WRITE_CATALOGUE: "Edit products and own values, send batches, decide conflicts",
    Scope.READ_STOCK: "Look at stock",
    Scope.WRITE_STOCK: "Set, adjust and recount stock",
    Scope.READ_QUEUE: "Look at jobs and dead letters",
    Scope.OPT_IN: "Plan what going live would write to a store, and approve it",
}


class TokenForm(forms.Form):
    """For whom a token is, and what it may do."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), widget=UnfoldAdminSelectWidget)
    name = forms.CharField(
        max_length=100,
        label="Used by",
        help_text="It stands in the ledger beside every change of it.",
        widget=UnfoldAdminTextInputWidget,
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, words) for scope, words in WORDS.items()],
        label="It may",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    expires_at = forms.DateTimeField(
        required=False,
        label="Expires",
        help_text="UTC, as 2027-01-31 00:00; empty: never.",
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces = operated(user)
        if len(workspaces) == 1:
            self.fields["workspace"].initial = workspaces[0]


def _revoke(token: ApiToken, by: str) -> str:
    if revoke_token(token.pk, by=by):
        return f"{token} is revoked: the next call with it is refused."
    return f"{token} was revoked already."


@admin.register(ApiToken)
class ApiTokenAdmin(VerbAdmin, LedgerAdmin):
    """Whoever has the token acts for its workspace; here only its first letters are known."""

    list_display = ["name", "prefix", "workspace", "state", "last_used_at", "expires_at"]
    list_filter = ["workspace", "last_used_at"]
    list_select_related = ["workspace"]
    search_fields = ["name", "prefix"]
    fields = [
        "name", "prefix", "workspace", "scopes", "per_minute", "created_by", "created_at",
        "expires_at", "last_used_at", "revoked_at", "revoked_by",
    ]  # fmt: skip
    readonly_fields = fields
    list_before_template = "activity/terms_list.html"
    change_form_outer_before_template = "activity/api_token.html"
    verbs: Mapping[str, Verb] = {"revoke": _revoke}

    @admin.display(description="State")
    def state(self, token: ApiToken) -> str:
        if token.revoked_at:
            return "revoked"
        expired = token.expires_at and token.expires_at <= timezone.now()
        return "expired" if expired else "stands"

    def get_urls(self) -> list[Any]:
        making = self.admin_site.admin_view(self.make_view)
        return [path("make/", making, name="stores_apitoken_make"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"agree": "admin:stores_apitoken_make", "words": "Make a token"}
        operates = may_operate(request.user, None)
        context = {**(extra_context or {}), **more, "may_operate": operates}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """The form, and after it the token in clear, in this one answer only."""
        if not may_operate(request.user, None):
            raise PermissionDenied
        form = TokenForm(request.user, request.POST or None)
        made: tuple[ApiToken, str] | None = None
        if form.is_valid():
            try:
                made = self._make(request, form.cleaned_data)
            except StoresError as error:
                form.add_error(None, str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": "Make a token",
            "form": form,
            "made": made,
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/api_token_make.html", context)

    def _make(self, request: HttpRequest, wanted: Mapping[str, Any]) -> tuple[ApiToken, str]:
        return make_token(
            workspace_id=wanted["workspace"].pk,
            name=wanted["name"],
            scopes=[Scope(scope) for scope in wanted["scopes"]],
            by=request.user.get_username(),
            expires_at=wanted["expires_at"],
        )
