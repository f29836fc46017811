"""The form of a sale: what is taken off, of which products of which stores, and when."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from activity.admin.terms_forms import decimal_field, operated
from catalogue.domain.layers import instant
from catalogue.domain.pricing import unit_of
from catalogue.models import Sale
from catalogue.selectors.assortment import Assortment, products_of
from catalogue.services.sales import Asked
from stores.models import Store


def _text(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        required=False, label=label, help_text=help_text, widget=UnfoldAdminTextInputWidget
    )


def _when(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text="By each store's clock, as 2026-11-27 00:00",
        widget=UnfoldAdminTextInputWidget,
    )


class SaleForm(forms.Form):
    """One sale for each store that is chosen, by that store's own clock."""

    stores = forms.ModelMultipleChoiceField(
        Store.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    percent = decimal_field("Per cent off", "20")
    products = forms.CharField(required=False, widget=forms.HiddenInput)
    vendor = _text("Vendor", "Only of this vendor.")
    product_type = _text("Product type", "Only of this type.")
    tag = _text("Tag", "Only with this tag.")
    skus = forms.CharField(
        required=False,
        label="SKUs",
        help_text="Only the products of these, one a line. Products must meet all that is given; "
        "nothing given: all of the store.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    starts = _when("Starts")
    ends = _when("Ends")
    zone = _text("Time zone", "Empty: each store's own, else UTC.")
    step = decimal_field(
        "Rounded to",
        "",
        required=False,
        help_text="Empty: the smallest amount of each store's currency, as 0.01, or 1 for JPY.",
    )
    charm = decimal_field("Then taken off", "0")
    strike = forms.BooleanField(
        required=False,
        initial=True,
        label="The compare-at price shows the price before",
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Store.objects.filter(workspace__in=operated(user)).order_by("name", "id")
        self.fields["stores"].queryset = rows

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        if zone and zone not in available_timezones():
            raise forms.ValidationError(f"There is no time zone “{zone}”; one is Europe/Berlin.")
        return zone

    @property
    def ticked(self) -> frozenset[int] | None:
        """The products that were ticked in a list; None where the sale was not begun there."""
        given = str(self["products"].value() or "")
        return frozenset(int(one) for one in given.split(",") if one.isdecimal()) or None

    @property
    def asked(self) -> list[Asked]:
        """A sale for each chosen store, with its products."""
        wanted = self._wanted()
        stores = self.cleaned_data["stores"]
        return [Asked(self._sale(store), products_of(store, wanted)) for store in stores]

    def _sale(self, store: Store) -> Sale:
        given = self.cleaned_data
        zone = given["zone"] or store.timezone or "UTC"
        names = ("name", "percent", "charm", "strike")
        return Sale(
            store=store,
            **{name: given[name] for name in names},
            step=given["step"] or unit_of(store.currency),
            zone=zone,
            starts_at=_instant(given["starts"], zone, last=False),
            ends_at=_instant(given["ends"], zone, last=True),
        )

    def _wanted(self) -> Assortment:
        given = self.cleaned_data
        names = ("vendor", "product_type", "tag")
        return Assortment(
            **{name: given[name].strip() for name in names},
            skus=frozenset(line.strip() for line in given["skus"].splitlines() if line.strip()),
            products=self.ticked,
        )


def _instant(typed: datetime, zone: str, *, last: bool) -> datetime:
    """What was typed is a time on the store's wall, whatever the form made of it."""
    return instant(typed.replace(tzinfo=None), zone, last=last)
