"""Imports in the admin: a file is uploaded, previewed, started, followed, row by row."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from activity.admin.base import LedgerAdmin, list_url, may_operate
from activity.admin.errands import ErrandAdmin
from activity.admin.terms_forms import operated
from activity.admin.verbs import Verb
from activity.selectors.comparison import text_of
from catalogue.domain.attributes import attribute
from catalogue.domain.feeds import CLEAR, FOLLOW, BadFeedError, exported_stock
from catalogue.enums import RowState, StockMode
from catalogue.models import ImportRow, ImportRun, StockPool
from catalogue.services.feeds import read_file
from catalogue.services.imports import cancel_import, start_import
from catalogue.services.sheets import MOST_BYTES
from stores.models import Store, Workspace

SAMPLES = 50


class FileForm(forms.Form):
    """A file of products, for one workspace."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), widget=UnfoldAdminSelectWidget)
    store = forms.ModelChoiceField(
        Store.objects.none(),
        required=False,
        empty_label="No: it sets the hub's values",
        label="Only in this store",
        help_text="The file then sets this store's own values, not the hub's.",
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(
        label="CSV or XLSX",
        help_text=f"One row a variant, named by SKU or ID. Empty cells change nothing; “{CLEAR}” "
        "empties a value. A column like “price@my-shop” sets that store's own price; there, "
        f"“{FOLLOW}” lets it follow the hub again. A column “Stock@Central” counts the stock of "
        "that shared place or store, “Stock” the only one; what is sold between preview and "
        "import stays sold. The quantities in Shopify's own product files are not read.",
        widget=UnfoldAdminFileFieldWidget,
    )

    def clean_file(self) -> Any:
        """Too large a file is refused before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"It is larger than {MOST_BYTES // 1024**2} MB: divide it.")
        return file

    def clean(self) -> dict[str, Any]:
        """The store is one of the workspace."""
        wanted: dict[str, Any] = super().clean() or {}
        store, workspace = wanted.get("store"), wanted.get("workspace")
        if store is not None and workspace is not None and store.workspace_id != workspace.pk:
            self.add_error("store", f"{store} is no store of {workspace}.")
        return wanted

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        workspaces = operated(user)
        self.fields["workspace"].queryset = workspaces
        self.fields["store"].queryset = Store.objects.filter(workspace__in=workspaces)
        if len(workspaces) == 1:
            self.fields["workspace"].initial = workspaces[0]


def _start(run: ImportRun, by: str) -> str:
    started = start_import(run.pk, by=by)
    if started.held is not None:
        return f"Held at the gates, nothing was changed: {started.held.words}"
    return "The import is under way."


def _cancel(run: ImportRun, by: str) -> str:
    cancel_import(run.pk, by=by)
    return "Cancelled: what was set before stands, and can be rolled back."


@admin.register(ImportRun)
class ImportRunAdmin(ErrandAdmin):
    list_display = [
        "name", "state", "store", "rows_read", "values_wanted", "values_set", "by",
        "created_at",
    ]  # fmt: skip
    list_filter = ["workspace", "state", "created_at"]
    search_fields = ["name", "by"]
    list_before_template = "activity/import_list.html"
    change_form_outer_before_template = "activity/import_run.html"
    list_select_related = ["store"]
    fields = ["workspace", "store", "by", "created_at", "started_at", "finished_at", "cause_id"]
    readonly_fields = fields
    verbs: Mapping[str, Verb] = {"start": _start, "cancel": _cancel}

    def get_urls(self) -> list[Any]:
        upload = self.admin_site.admin_view(self.upload)
        return [path("upload/", upload, name="catalogue_import_upload"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {**(extra_context or {}), "may_operate": may_operate(request.user, None)}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take a file in and show what it would do."""
        if not may_operate(request.user, None):
            raise PermissionDenied
        form = FileForm(request.user, request.POST or None, request.FILES or None)
        if form.is_valid():
            file, store = form.cleaned_data["file"], form.cleaned_data["store"]
            try:
                run = read_file(
                    form.cleaned_data["workspace"].pk,
                    file.name,
                    file.read(),
                    by=request.user.get_username(),
                    store_id=store.pk if store else None,
                )
            except BadFeedError as error:
                form.add_error("file", str(error))
            else:
                messages.success(request, "Nothing is changed yet: this is what it would do.")
                return HttpResponseRedirect(
                    reverse("admin:catalogue_importrun_change", args=[run.pk])
                )
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a file",
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/import_upload.html", context)

    def panel(self, request: HttpRequest, row: ImportRun) -> dict[str, Any]:
        counted = row.rows.values_list("state").annotate(Count("pk")).order_by("state")
        rows = [
            (RowState(state).value, count, list_url("catalogue_importrow", run=row.pk, state=state))
            for state, count in counted
        ]
        last = row.rows.order_by("-number").values_list("number", flat=True).first()
        return {
            **super().panel(request, row),
            "run": row,
            "rows": rows,
            "last": last or 0,
            "samples": _samples(row),
            "bad": row.rows.exclude(reason="").exclude(state=RowState.SAME)[:SAMPLES],
            "exported": exported_stock(row.ignored),
            "movements": list_url("catalogue_stockmovement", q=row.cause_id),
            "counts": row.rows.exclude(stocks=[]).exists(),
            "changes": list_url("catalogue_change", cause_id__exact=row.cause_id),
            "undo": f"{reverse('admin:catalogue_change_rollback')}?cause_id={row.cause_id}",
        }


def _samples(run: ImportRun) -> list[dict[str, Any]]:
    rows = list(run.rows.filter(state=RowState.READY).select_related("product")[:SAMPLES])
    return [*_values_of(run, rows), *_counts_of(rows)][:SAMPLES]


def _counts_of(rows: Sequence[ImportRow]) -> list[dict[str, Any]]:
    wanted = [(row, one) for row in rows for one in row.stocks]
    pools = StockPool.objects.prefetch_related("members__store", "members__location")
    known = pools.in_bulk([one["pool"] for _, one in wanted])
    return [
        {
            "row": row,
            "label": "Stock",
            "where": _where(known.get(one["pool"])),
            "stands": str(one["stands"]),
            "wanted": str(one["counted"]),
        }
        for row, one in wanted
    ]


def _where(pool: StockPool | None) -> str:
    """The place as people know it: of stock of its own, the store and its location."""
    if pool is None:
        return "gone"
    members = pool.members.all() if pool.mode == StockMode.OWN else ()
    return ", ".join(str(one) for one in members) or pool.name


def _values_of(run: ImportRun, rows: Sequence[ImportRow]) -> list[dict[str, Any]]:
    stores = {store.pk: str(store) for store in Store.objects.filter(workspace=run.workspace_id)}
    return [
        {
            "row": row,
            "label": attribute(one["attribute"]).label,
            "where": stores.get(one["store"], "hub"),
            "stands": text_of(one["stands"]),
            "wanted": "follows the hub" if one["clear"] else text_of(one["value"]),
        }
        for row in rows
        for one in row.wishes
    ]


@admin.register(ImportRow)
class ImportRowAdmin(LedgerAdmin):
    """What became of each row of a file."""

    list_display = ["run", "number", "key", "state", "reason", "product"]
    list_filter = ["state", "run"]
    list_select_related = ["run", "product"]
    search_fields = ["key"]
    exclude = ["wishes", "stocks"]

    def has_module_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False  # they are reached from their import
