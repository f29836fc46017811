"""Sales in the admin: planned exactly as they were previewed, ended by a button."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from activity.admin.base import list_url
from activity.admin.terms import TermsAdmin
from activity.admin.terms_forms import decimal_field, operated
from activity.admin.verbs import Verb, VerbAdmin
from catalogue.domain.layers import instant
from catalogue.enums import ListingState, SaleState
from catalogue.models import Product, Sale
from catalogue.selectors.terms_preview import Sample, StorePreview
from catalogue.services.sales import end_sale, plan_sale, preview_sale
from stores.models import Store


def _when(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text="By the store's clock, as 2026-11-27 00:00",
        widget=UnfoldAdminTextInputWidget,
    )


class SaleForm(forms.Form):
    """What is taken off, of which products, from when to when by the store's own clock."""

    store = forms.ModelChoiceField(Store.objects.none(), widget=UnfoldAdminSelectWidget)
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    percent = decimal_field("Per cent off", "20")
    vendor = forms.CharField(
        required=False, help_text="Only of this vendor.", widget=UnfoldAdminTextInputWidget
    )
    skus = forms.CharField(
        required=False,
        label="SKUs",
        help_text="Only the products of these, one a line. Neither given: all of the store.",
        widget=UnfoldAdminTextareaWidget,
    )
    starts = _when("Starts")
    ends = _when("Ends")
    zone = forms.CharField(
        required=False,
        label="Time zone",
        help_text="Empty: the store's own, else UTC.",
        widget=UnfoldAdminTextInputWidget,
    )
    step = decimal_field("Rounded to", "0.01")
    charm = decimal_field("Then taken off", "0")
    strike = forms.BooleanField(
        required=False,
        initial=True,
        label="The compare-at price shows the price before",
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = Store.objects.filter(workspace__in=operated(user))

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        if zone and zone not in available_timezones():
            raise forms.ValidationError(f"There is no time zone “{zone}”; one is Europe/Berlin.")
        return zone

    @property
    def sale(self) -> Sale:
        given = self.cleaned_data
        store: Store = given["store"]
        zone = given["zone"] or store.timezone or "UTC"
        names = ("store", "name", "percent", "step", "charm", "strike")
        return Sale(
            **{name: given[name] for name in names},
            zone=zone,
            starts_at=_instant(given["starts"], zone, last=False),
            ends_at=_instant(given["ends"], zone, last=True),
        )

    @property
    def product_ids(self) -> set[int]:
        given = self.cleaned_data
        rows: QuerySet[Product] = Product.objects.filter(
            listings__store=given["store"], listings__state=ListingState.LINKED
        )
        if given["vendor"].strip():
            rows = rows.filter(vendor=given["vendor"].strip())
        if skus := [line.strip() for line in given["skus"].splitlines() if line.strip()]:
            rows = rows.filter(variants__sku__in=skus)
        return set(rows.values_list("pk", flat=True))


def _instant(typed: datetime, zone: str, *, last: bool) -> datetime:
    """What was typed is a time on the store's wall, whatever the form made of it."""
    return instant(typed.replace(tzinfo=None), zone, last=last)


def _end(sale: Sale, by: str) -> str:
    return f"The sale is {end_sale(sale.pk, by=by).get_state_display().lower()}."


@admin.register(Sale)
class SaleAdmin(VerbAdmin, TermsAdmin):
    form_class = SaleForm
    words = "Plan a sale"
    list_display = ["name", "store", "state", "percent", "begins", "ends", "products", "by"]
    list_filter = ["store", "state", "starts_at"]
    list_select_related = ["store"]
    search_fields = ["name"]
    exclude = ["held"]
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
        return {
            **super().panel(request, row),
            "sale": row,
            "begins": self.begins(row),
            "ends": self.ends(row),
            "open": row.state in (SaleState.HELD, SaleState.PLANNED, SaleState.RUNNING),
            "jobs": list_url("syncqueue_job", cause_id__exact=row.cause_id),
        }

    def preview(self, form: SaleForm) -> list[StorePreview]:
        seen = preview_sale(form.sale, form.product_ids)
        samples = tuple(Sample(one.what, "", one.before, one.after) for one in seen.samples)
        store = form.cleaned_data["store"]
        return [
            StorePreview(
                store, seen.products, seen.products, len(seen.moves), samples, seen.objections
            )
        ]

    def _agree(self, request: HttpRequest, form: SaleForm) -> HttpResponse:
        sale = plan_sale(form.sale, form.product_ids, by=request.user.get_username())
        if sale.held is not None:
            messages.warning(request, f"Held at the gates until it is released: {sale.reason}")
        else:
            messages.success(request, f"Planned: it starts {self.begins(sale)}.")
        return HttpResponseRedirect(reverse("admin:catalogue_sale_change", args=[sale.pk]))


def _on_the_wall(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
