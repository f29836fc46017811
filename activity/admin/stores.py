"""Workspaces and stores, with the verbs: connect, opt in, pause, resume, pull, hold, release."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path

from activity.admin.base import ScopedAdmin, may_operate
from activity.admin.errands import REFRESH_SECONDS
from activity.admin.verbs import Verb, VerbAdmin
from activity.selectors.home import store_row
from activity.selectors.plans import plan_page
from activity.selectors.walks import walks_of
from catalogue.errors import CatalogueError
from catalogue.models import Plan
from catalogue.services.opt_in import resume
from catalogue.services.plans import approve, make_plan
from stores.domain.scopes import lacking
from stores.enums import READABLE
from stores.errors import ModeRefusedError
from stores.models import Membership, Organization, Store, Workspace
from stores.services.modes import pause
from stores.services.pulls import enqueue_pull
from syncqueue.services.channel import hold, release


@admin.register(Workspace)
class WorkspaceAdmin(ScopedAdmin):
    list_display = ["name", "slug", "created_at"]
    prepopulated_fields = {"slug": ["name"]}

    def path(self) -> str:
        return ""

    def workspace_of(self, row: Any) -> int | None:
        return int(row.pk) if row.pk else None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    list_display = ["user", "workspace", "role"]
    list_filter = ["workspace", "role"]
    list_select_related = ["user", "workspace"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin):
    list_display = ["name", "workspace", "client_id", "created_at"]
    list_filter = ["workspace"]
    exclude = ["client_secret", "previous_client_secret"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)


def _pull(store: Store, by: str) -> str:  # noqa: ARG001  every verb takes both
    return f"A pull is queued as job {_read(store, 'import')}."


def _reconcile(store: Store, by: str) -> str:  # noqa: ARG001
    return f"A reconciliation is queued as job {_read(store, 'reconcile')}."


def _read(store: Store, purpose: str) -> int:
    if store.mode not in READABLE:
        raise ModeRefusedError(f"{store} is {store.mode}: nothing is read from it.")
    return enqueue_pull(store, purpose)


def _pause(store: Store, by: str) -> str:
    pause(store.pk, by=by)
    return f"{store} is paused: what comes in is stored and decided later."


def _resume(store: Store, by: str) -> str:
    return f"{store} goes on: it is {resume(store, by=by).mode}."


def _hold(store: Store, by: str) -> str:
    hold(store.channel_id, reason="Held by a person.", by=by)
    return f"Nothing is sent to {store} until somebody releases it."


def _release(store: Store, by: str) -> str:
    release(store.channel_id, by=by)
    return f"Calls to {store} go out again."


VERBS: Mapping[str, Verb] = {
    "pause": _pause,
    "resume": _resume,
    "pull": _pull,
    "reconcile": _reconcile,
    "hold": _hold,
    "release": _release,
}
SHOWN = [
    "workspace", "domain", "name", "mode", "mode_reason", "currency", "plan", "scopes",
    "installed_at", "opted_in_at", "opted_in_by", "opted_in_plan", "pull_done", "pull_total",
    "pull_started_at", "pull_finished_at",
]  # fmt: skip


@admin.register(Store)
class StoreAdmin(VerbAdmin):
    """Fields are facts; whatever can be done is a button."""

    list_display = [
        "__str__",
        "domain",
        "workspace",
        "mode",
        "health",
        "currency",
        "plan",
        "pulled",
    ]
    list_filter = ["workspace", "mode", "channel__health"]
    list_select_related = ["workspace", "channel"]
    search_fields = ["domain", "name"]
    fields = SHOWN
    readonly_fields = SHOWN
    verbs = VERBS
    change_form_outer_before_template = "activity/store_panel.html"
    list_before_template = "activity/connect.html"

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  shops are connected
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description="Channel", ordering="channel__health")
    def health(self, store: Store) -> str:
        return str(store.channel.get_health_display())

    @admin.display(description="Pulled")
    def pulled(self, store: Store) -> str:
        return (
            f"{store.pull_done} of {store.pull_total or '?'}"
            if store.pull_started_at
            else "not yet"
        )

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/opt-in/", wrap(self.opt_in_view), name="stores_store_opt_in"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        workspaces = Workspace.objects.for_user(request.user)
        operated = [w for w in workspaces if may_operate(request.user, w.pk)]
        page: HttpResponse = super().changelist_view(
            request, {**(extra_context or {}), "operated": operated}
        )
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Reloads the page while the store is read or walked over."""
        page = super().change_view(request, object_id, form_url, extra_context)
        context: Any = getattr(page, "context_data", None) or {}
        if any(not walk.waits for walk in context.get("walks", ())) or context.get("reading"):
            page["Refresh"] = REFRESH_SECONDS
        return page

    def panel(self, request: HttpRequest, row: Store) -> dict[str, Any]:
        reading = bool(row.pull_started_at and not row.pull_finished_at)
        own = {
            "store": row,
            "row": store_row(row),
            "walks": list(walks_of(row)),
            "reading": reading,
        }
        return {**super().panel(request, row), **own, "lacking": lacking(row.scopes)}

    def opt_in_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The plan of what going live would write, and the approval that names its hash."""
        store = self.row_or_404(request, pk)
        if request.method == "POST":
            if not may_operate(request.user, store.workspace_id):
                raise PermissionDenied
            try:
                messages.success(request, self._plan(request, store))
            except CatalogueError as error:
                messages.error(request, str(error))
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            **super().panel(request, store),
            "title": f"Opt in: {store}",
            "store": store,
            "page": plan_page(store),
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/opt_in.html", context)

    def _plan(self, request: HttpRequest, store: Store) -> str:
        """Make a plan, or carry out the one that was looked at; in words, what became of it."""
        by, asked = request.user.get_username(), request.POST.get("plan", "")
        if not asked:
            return f"{make_plan(store, by=by)} is made."
        mine = Plan.objects.filter(store=store, pk=int(asked) if asked.isdecimal() else 0)
        plan = approve(get_object_or_404(mine).pk, request.POST.get("hash", ""), by=by)
        return f"{plan} is approved."
