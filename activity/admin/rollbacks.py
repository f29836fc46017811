"""Rollback in the admin: choose by cause, person or time, see what would go back, then do it."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from activity.admin.base import list_url, may_operate
from activity.admin.errands import ErrandAdmin
from activity.admin.terms_forms import operated
from activity.admin.verbs import Verb
from activity.selectors.comparison import text_of
from catalogue.domain.attributes import attribute
from catalogue.enums import ChangeFate, Source
from catalogue.errors import CatalogueError
from catalogue.models import Change, Rollback
from catalogue.selectors.changes import Choice
from catalogue.services.rollback import (
    RollbackPlan,
    cancel_rollback,
    plan_rollback,
    start_rollback,
)
from stores.models import Workspace

SAMPLES = 50
CHOSEN = {
    "cause_id": "of the cause",
    "actor": "by",
    "source": "from",
    "store_id": "in the store of number",
    "since": "since",
    "until": "until",
}


class ChoiceForm(forms.Form):
    """Everything of one cause, one person or one time."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), widget=UnfoldAdminSelectWidget)
    cause_id = forms.UUIDField(
        required=False,
        label="Cause",
        help_text="Of one import or batch.",
        widget=UnfoldAdminTextInputWidget,
    )
    actor = forms.CharField(required=False, label="Person", widget=UnfoldAdminTextInputWidget)
    source = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), *((one.value, one.value.capitalize()) for one in Source)],
        widget=UnfoldAdminSelectWidget,
    )
    since = forms.DateTimeField(
        required=False, help_text="UTC, as 2026-11-24 13:00", widget=UnfoldAdminTextInputWidget
    )
    until = forms.DateTimeField(required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workspaces = operated(user)
        self.fields["workspace"].queryset = workspaces
        if len(workspaces) == 1:
            self.fields["workspace"].initial = workspaces[0]

    @property
    def choice(self) -> Choice:
        given = self.cleaned_data
        return Choice(
            cause_id=given["cause_id"],
            actor=given["actor"],
            source=Source(given["source"]) if given["source"] else None,
            since=given["since"],
            until=given["until"],
        )


def choose_view(request: HttpRequest) -> HttpResponse:
    """The form on which changes are chosen."""
    if not may_operate(request.user, None):
        raise PermissionDenied
    form = ChoiceForm(request.user, request.POST or None, initial=request.GET.dict())
    if form.is_valid():
        try:
            return preview_page(request, form.cleaned_data["workspace"].pk, form.choice)
        except CatalogueError as error:
            form.add_error(None, str(error))
    return _page(request, {"form": form})


def preview_view(request: HttpRequest) -> HttpResponse:
    """What taking one change, or everything of its cause, back would do."""
    pk = request.GET.get("change", "")
    rows = Change.objects.for_user(request.user)
    change = get_object_or_404(rows, pk=int(pk) if pk.isdecimal() else 0)
    one, all_ = Choice(change_ids=(change.pk,)), Choice(cause_id=change.cause_id)
    return preview_page(request, change.workspace_id, all_ if "cause" in request.GET else one)


def preview_page(request: HttpRequest, workspace_id: int, choice: Choice) -> HttpResponse:
    """What would go back, what would not and why, and the button that does it."""
    if not may_operate(request.user, workspace_id):
        raise PermissionDenied
    plan = plan_rollback(workspace_id, choice)
    asked = json.dumps({"workspace": workspace_id, "choice": choice.to_json()})
    return _page(request, {"plan": plan, "asked": asked, **_words(plan)})


def apply_view(request: HttpRequest) -> HttpResponse:
    """Roll back what was previewed; what has moved since the preview is skipped too."""
    try:
        asked = json.loads(request.POST["asked"])
        workspace_id, choice = int(asked["workspace"]), Choice.from_json(asked["choice"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest("This is no choice of changes.") from error
    if not may_operate(request.user, workspace_id):
        raise PermissionDenied
    run = start_rollback(workspace_id, choice, by=request.user.get_username())
    return HttpResponseRedirect(reverse("admin:catalogue_rollback_change", args=[run.pk]))


def _cancel(run: Rollback, by: str) -> str:
    cancel_rollback(run.pk, by=by)
    return "Cancelled: what went back before stands."


@admin.register(Rollback)
class RollbackAdmin(ErrandAdmin):
    """How far rollbacks have come."""

    list_display = ["id", "state", "restored", "skipped", "held", "by", "created_at"]
    list_filter = ["workspace", "state", "created_at"]
    fields = ["workspace", "by", "meant", "cause_id", "started_at", "finished_at"]
    readonly_fields = fields
    change_form_outer_before_template = "activity/rollback_run.html"
    verbs: Mapping[str, Verb] = {"cancel": _cancel}

    @admin.display(description="Of which changes")
    def meant(self, run: Rollback) -> str:
        """What was chosen, in words."""
        given = {name: value for name, value in run.choice.items() if value}
        if numbers := given.get("change_ids"):
            return "number " + ", ".join(map(str, numbers))
        told = [f"{CHOSEN[name]} {value}" for name, value in given.items() if name in CHOSEN]
        return ", ".join(told) or "all"

    def panel(self, request: HttpRequest, row: Rollback) -> dict[str, Any]:
        def changes(fate: ChangeFate) -> str:
            return list_url("catalogue_change", cause_id__exact=row.cause_id, fate__exact=fate)

        held = list_url("catalogue_heldbatch", cause_id__exact=row.cause_id)
        return {
            **super().panel(request, row),
            "run": row,
            "restored": changes(ChangeFate.WON),
            "skipped": changes(ChangeFate.REJECTED),
            "batches": held,
        }


def _words(plan: RollbackPlan) -> dict[str, Any]:
    """What a preview shows of the first rows; a store's own value may be given up."""
    restores = [
        {
            "change": one.change,
            "label": attribute(one.change.attribute).label,
            "store": one.change.store if one.register[3] else "every store",
            "stands": text_of(one.change.new),
            "target": "the hub's value" if one.wish().clear else text_of(one.target.value),
        }
        for one in plan.restores[:SAMPLES]
    ]
    skipped = [
        {
            "change": one.change,
            "label": attribute(one.change.attribute).label,
            "reason": one.reason,
        }
        for one in plan.skipped[:SAMPLES]
    ]
    return {"restores": restores, "skipped": skipped}


def _page(request: HttpRequest, more: dict[str, Any]) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Roll back",
        "opts": Change._meta,  # noqa: SLF001  as every page of the admin takes it
        **more,
    }
    return TemplateResponse(request, "activity/rollback.html", context)
