"""What was changed, what it was told to whom, and what came in: read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from activity.admin.base import LedgerAdmin, LedgerInline, row_link
from activity.selectors.comparison import text_of
from catalogue.models import Change, ChangeDelivery, Override
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
