"""Workspaces and stores, with the verbs: connect, opt in, pause, resume, pull, hold, release."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from activity.admin.base import ScopedAdmin, may_operate
from activity.selectors.home import store_row
from catalogue.services.opt_in import opt_in, preview
from stores.enums import READABLE
from stores.errors import ModeRefusedError, StoresError
from stores.models import Membership, Organization, Store, Workspace
from stores.services.handlers import enqueue_pull
from stores.services.modes import pause, resume
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


def _opt_in(store: Store, by: str) -> str:
    return f"{store} is live; {opt_in(store, by=by)} listings are being compared."


def _pause(store: Store, by: str) -> str:
    pause(store.pk, by=by)
    return f"{store} is paused: what comes in is stored and decided later."


def _resume(store: Store, by: str) -> str:
    return f"{store} goes on: it is {resume(store.pk, by=by).mode}."


def _hold(store: Store, by: str) -> str:
    hold(store.channel_id, reason="Held by a person.", by=by)
    return f"Nothing is sent to {store} until somebody releases it."


def _release(store: Store, by: str) -> str:
    release(store.channel_id, by=by)
    return f"Calls to {store} go out again."


VERBS: dict[str, Callable[[Store, str], str]] = {
    "opt-in": _opt_in,
    "pause": _pause,
    "resume": _resume,
    "pull": _pull,
    "reconcile": _reconcile,
    "hold": _hold,
    "release": _release,
}
SHOWN = [
    "workspace", "domain", "name", "mode", "mode_reason", "currency", "plan", "scopes",
    "installed_at", "opted_in_at", "opted_in_by", "pull_done", "pull_total", "pull_started_at",
    "pull_finished_at",
]  # fmt: skip


@admin.register(Store)
class StoreAdmin(ScopedAdmin):
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
    change_form_before_template = "activity/store_panel.html"
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
            path("<int:pk>/do/<slug:verb>/", wrap(require_POST(self.do)), name="stores_store_do"),
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
        store = self.get_object(request, object_id)
        panel = {
            "store": store,
            "row": store_row(store) if store else None,
            "may_operate": store and may_operate(request.user, store.workspace_id),
            "title": str(store),
            "show_save": False,
            "show_save_and_continue": False,
        }
        page: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **panel}
        )
        return page

    def opt_in_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What going live would write, before anybody confirms it."""
        store = self._store(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Opt in: {store}",
            "store": store,
            "preview": preview(store),
            "may_operate": may_operate(request.user, store.workspace_id),
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/opt_in.html", context)

    def do(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Carry out one verb; only operators of the store's workspace."""
        store = self._store(request, pk)
        if verb not in VERBS:
            raise Http404
        if not may_operate(request.user, store.workspace_id):
            raise PermissionDenied
        try:
            messages.success(request, VERBS[verb](store, request.user.get_username()))
        except StoresError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:stores_store_change", args=[pk]))

    def _store(self, request: HttpRequest, pk: int) -> Store:
        store: Store | None = self.get_queryset(request).filter(pk=pk).first()
        if store is None:
            raise Http404
        return store
