"""Sales in the admin: planned exactly as they were previewed, ended by a button."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from activity.admin.base import list_url
from activity.admin.sale_form import SaleForm
from activity.admin.terms import TermsAdmin, form_mark
from activity.admin.verbs import Verb, VerbAdmin
from catalogue.domain.values import BadValueError
from catalogue.enums import SaleState
from catalogue.models import Sale
from catalogue.services.sales import SalePreview, end_sale, plan_sales, preview_sale
from syncqueue.enums import OPEN_STATES, JobState
from syncqueue.models import Job


def _end(sale: Sale, by: str) -> str:
    return f"The sale is {end_sale(sale.pk, by=by).get_state_display().lower()}."


@admin.register(Sale)
class SaleAdmin(VerbAdmin, TermsAdmin):
    form_class = SaleForm
    form_template = "activity/sale_form.html"
    words = "Plan a sale"
    list_display = ["name", "store", "state", "percent", "begins", "ends", "products", "by"]
    list_filter = ["store", "state", "starts_at"]
    list_select_related = ["store"]
    search_fields = ["name"]
    fields = ["name", "store", "step", "charm", "strike", "by", "created_at", "cause_id"]
    readonly_fields = fields
    change_form_outer_before_template = "activity/sale.html"
    verbs: Mapping[str, Verb] = {"end": _end}

    @admin.display(description="Starts", ordering="starts_at")
    def begins(self, sale: Sale) -> str:
        return _on_the_wall(sale.starts_at, sale.zone)

    @admin.display(description="Ends", ordering="ends_at")
    def ends(self, sale: Sale) -> str:
        return _on_the_wall(sale.ends_at, sale.zone)

    @admin.display(description="Products")
    def products(self, sale: Sale) -> int:
        return sale.items.count()

    def panel(self, request: HttpRequest, row: Sale) -> dict[str, Any]:
        jobs = Counter(Job.objects.filter(cause_id=row.cause_id).values_list("state", flat=True))
        return {
            **super().panel(request, row),
            "sale": row,
            "on_the_way": sum(jobs[state] for state in OPEN_STATES),
            "failed": jobs[JobState.DEAD_LETTERED],
            "products": list_url("catalogue_product", sale_items__sale__id__exact=row.pk),
            "failures": list_url(
                "syncqueue_job", cause_id__exact=row.cause_id, state__exact=JobState.DEAD_LETTERED
            ),
            "begins": self.begins(row),
            "ends": self.ends(row),
            "open": row.state in (SaleState.PLANNED, SaleState.RUNNING),
            "jobs": list_url("syncqueue_job", cause_id__exact=row.cause_id),
        }

    def mark(self, form: SaleForm) -> str:
        """Of what is asked for, and of the products and prices that it comes to."""
        return ":".join([form_mark(form), *(one.mark for one in self._previews(form))])

    def previews(self, form: SaleForm) -> list[dict[str, Any]]:
        return [
            {"of": one, "begins": self.begins(one.sale), "ends": self.ends(one.sale)}
            for one in self._previews(form)
        ]

    def _previews(self, form: SaleForm) -> list[SalePreview]:
        """Computed once a request. Raises BadValueError where no store has such a product."""
        if not hasattr(form, "seen_sales"):
            form.seen_sales = [preview_sale(one) for one in form.asked if one.product_ids]
        found: list[SalePreview] = form.seen_sales
        if not found:
            raise BadValueError("None of these stores has a linked product like that.")
        return found

    def _agree(self, request: HttpRequest, form: SaleForm) -> HttpResponse:
        asked = [one for one in form.asked if one.product_ids]
        planned = plan_sales(asked, by=request.user.get_username())
        for sale in planned:
            if sale.held is not None:
                said = f"{sale.store}: held at the gates until it is released: {sale.reason}"
                messages.warning(request, said)
            else:
                messages.success(request, f"{sale.store}: planned, it starts {self.begins(sale)}.")
        one = reverse("admin:catalogue_sale_change", args=[planned[0].pk])
        alone = len(planned) == 1
        return HttpResponseRedirect(one if alone else list_url("catalogue_sale"))


def _on_the_wall(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
