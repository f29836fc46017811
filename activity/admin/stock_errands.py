"""What is done to the stock of many variants: how far it has come, and what was left out."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from activity.admin.base import LedgerAdmin, list_url
from activity.admin.errands import ErrandAdmin
from activity.admin.verbs import Verb
from activity.selectors.stock import still_joining
from catalogue.models import StockCount, StockErrand
from catalogue.services.stock import cancel_stock

SAMPLES = 50


def _cancel(errand: StockErrand, by: str) -> str:
    cancel_stock(errand.pk, by=by)
    return "Cancelled: what was done before stands, and levels on their way still join."


@admin.register(StockErrand)
class StockErrandAdmin(ErrandAdmin):
    list_display = [
        *("id", "verb", "place", "location", "state", "changed", "total", "by", "created_at"),
    ]
    list_filter = ["workspace", "state", "verb", "created_at"]
    list_select_related = ["location", "workspace"]
    search_fields = ["place", "by", "cause_id"]
    fields = [
        *("workspace", "by", "source", "place", "location", "store", "choice", "cause_id"),
        *("started_at", "finished_at"),
    ]
    readonly_fields = fields
    change_form_outer_before_template = "activity/stock_errand.html"
    verbs: Mapping[str, Verb] = {"cancel": _cancel}

    def goes_on(self, errand: Any) -> bool:
        """The workers are done before the levels that they have sent on their way."""
        return super().goes_on(errand) or bool(still_joining(errand))

    def panel(self, request: HttpRequest, row: StockErrand) -> dict[str, Any]:
        return {
            **super().panel(request, row),
            "errand": row,
            "joining": still_joining(row),
            "counts": row.counts.select_related("pool__variant__product")[:SAMPLES],
            "movements": list_url("catalogue_stockmovement", cause_id__exact=row.cause_id),
        }


@admin.register(StockCount)
class StockCountAdmin(LedgerAdmin):
    """The numbers of batches that set many stocks."""

    list_display = ["errand", "pool", "kind", "number", "reason"]
    list_filter = ["kind"]
    list_select_related = ["errand", "pool__variant__product"]
    search_fields = ["pool__variant__sku"]
