"""What was changed, what it was told to whom, and what came in: read-only."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from activity.admin.base import LedgerAdmin, LedgerInline, may_operate, row_link
from activity.admin.rollbacks import apply_view, choose_view, preview_page, preview_view
from activity.selectors.comparison import text_of
from catalogue.models import Change, ChangeDelivery, Override
from catalogue.selectors.changes import Choice
from stores.models import Delivery, WebhookSubscription


class ChangeDeliveryInline(LedgerInline):
    model = ChangeDelivery
    fields = ["store", "fate", "reason", "job", "sent_at", "accepted_at", "echoed_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("store", "job")


@admin.register(Change)
class ChangeAdmin(LedgerAdmin):
    list_display = [
        "created_at",
        "product",
        "variant",
        "attribute",
        "old",
        "new",
        "fate",
        "scope",
        "source",
        "store",
        "actor",
        "reason",
    ]
    list_filter = ["store", "attribute", "source", "fate", "scope", "time_uncertain", "created_at"]
    list_select_related = ["product", "variant", "store"]
    search_fields = ["product__title", "cause_id"]
    readonly_fields = ["replaced", "replaced_since"]
    inlines = [ChangeDeliveryInline]
    actions = ["roll_back_them"]
    list_before_template = "activity/change_list.html"
    change_form_outer_before_template = "activity/change_panel.html"

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"catalogue_change_{name}")

        return [
            page("rollback/", choose_view, "rollback"),
            page("rollback/preview/", preview_view, "rollback_preview"),
            page("rollback/apply/", require_POST(apply_view), "rollback_apply"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {**(extra_context or {}), "may_operate": may_operate(request.user, None)}
        page: HttpResponse = super().changelist_view(request, more)
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        change: Change | None = self.get_object(request, object_id)
        more = dict(extra_context or {})
        if change:
            operates = may_operate(request.user, change.workspace_id)
            more |= {"row": change, "may_operate": operates}
        page: HttpResponse = super().change_view(request, object_id, form_url, more)
        return page

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    @admin.action(description="Roll back: preview", permissions=["operate"])
    def roll_back_them(self, request: HttpRequest, rows: QuerySet[Change]) -> HttpResponse | None:
        owners = set(rows.values_list("workspace", flat=True))
        if len(owners) != 1:
            messages.error(request, "Choose changes of one workspace.")
            return None
        ids = tuple(sorted(rows.values_list("pk", flat=True)))
        return preview_page(request, owners.pop(), Choice(change_ids=ids))

    @admin.display(description="What stood when it came")
    def replaced(self, change: Change) -> str:
        return _link(change.stood())

    @admin.display(description="Replaced by")
    def replaced_since(self, change: Change) -> str:
        return _link(change.replaced_by())


def _link(change: Change | None) -> str:
    if change is None:
        return "-"
    who = change.actor or change.store or change.get_source_display()
    return row_link("catalogue_change", change.pk, f"{text_of(change.new) or '-'} ({who})")


@admin.register(ChangeDelivery)
class ChangeDeliveryAdmin(LedgerAdmin):
    list_display = [
        "change",
        "store",
        "fate",
        "reason",
        "created_at",
        "sent_at",
        "accepted_at",
        "echoed_at",
    ]
    list_filter = ["store", "fate", "created_at"]
    list_select_related = ["change__product", "store"]


@admin.register(Override)
class OverrideAdmin(LedgerAdmin):
    list_display = [
        "store",
        "product",
        "variant",
        "attribute",
        "value",
        "kind",
        "stands",
        "updated_at",
    ]
    list_filter = ["store", "attribute", "kind", "stands"]
    list_select_related = ["store", "product", "variant"]
    search_fields = ["product__title"]
    exclude = ["timeline"]


@admin.register(Delivery)
class DeliveryAdmin(LedgerAdmin):
    list_display = [
        "id",
        "store",
        "topic",
        "triggered_at",
        "received_at",
        "outcome",
        "closed_reason",
    ]
    list_filter = ["store", "topic", "received_at"]
    list_select_related = ["store", "job"]
    search_fields = ["webhook_id", "event_id"]
    exclude = ["body"]
    readonly_fields = ["body_text"]

    @admin.display(description="Outcome")
    def outcome(self, delivery: Delivery) -> str:
        job = delivery.job
        return f"{job.outcome or job.state}" if job else ""

    @admin.display(description="Body")
    def body_text(self, delivery: Delivery) -> str:
        return bytes(delivery.body).decode("utf-8", "replace")


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(LedgerAdmin):
    list_display = ["store", "topic", "state", "uri", "checked_at"]
    list_filter = ["store", "state", "topic"]
    list_select_related = ["store"]
