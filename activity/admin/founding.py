"""Making products and variants in the hub; stores get them as they asked for."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from activity.admin.base import ScopedAdmin, may_operate
from activity.admin.terms_forms import operated
from catalogue.domain.attributes import OPTION_NAMES, OPTION_VALUES
from catalogue.domain.shape import DEFAULT_NAME, DEFAULT_VALUE
from catalogue.enums import Source
from catalogue.errors import CatalogueError, HeldAtGatesError
from catalogue.models import Product
from catalogue.services.founding import add_variants, make_product
from stores.models import Workspace

LINES = "One a line: its value of every option, its SKU and its price, as: S, Red; SHIRT-S; 20.00"


def _text(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=UnfoldAdminTextInputWidget, **more)


class VariantsForm(forms.Form):
    """Variants by lines; a product without options has one, with no values before its SKU."""

    variants = forms.CharField(
        label="Variants", help_text=LINES, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5})
    )

    def clean_variants(self) -> list[dict[str, object]]:
        lines = [line.strip() for line in self.cleaned_data["variants"].splitlines()]
        return [self._variant(line) for line in lines if line]

    @staticmethod
    def _variant(line: str) -> dict[str, object]:
        parts = [part.strip() for part in line.split(";")]
        if len(parts) != len(("values", "sku", "price")):
            raise forms.ValidationError(f"“{line}” is not values; SKU; price.")
        values, sku, price = parts
        chosen = [value.strip() for value in values.split(",") if value.strip()]
        return {OPTION_VALUES: chosen or [DEFAULT_VALUE], "sku": sku, "price": price}


class ProductForm(VariantsForm):
    """A new product of the hub."""

    workspace = forms.ModelChoiceField(Workspace.objects.none(), widget=UnfoldAdminSelectWidget)
    title = _text("Title", max_length=255)
    vendor = _text("Vendor", required=False, max_length=255)
    currency = _text("Currency of its prices", max_length=3, min_length=3)
    options = _text("Options", required=False, help_text="As: Size, Colour. Empty: it has none.")
    field_order = ("workspace", "title", "vendor", "currency", "options", "variants")

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = operated(user)

    def make(self, actor: str) -> Product:
        given = self.cleaned_data
        values = {
            "title": given["title"],
            "vendor": given["vendor"],
            "status": "ACTIVE",
            OPTION_NAMES: given["options"] or [DEFAULT_NAME],
        }
        return make_product(
            given["workspace"].pk,
            currency=given["currency"].upper(),
            values=values,
            variants=given["variants"],
            source=Source.MANUAL,
            actor=actor,
        )


class FoundingAdmin(ScopedAdmin):
    """Adds `make/` for products and `<pk>/variants/` for variants, to operators."""

    list_before_template = "activity/terms_list.html"

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("make/", wrap(self.make_view), name="catalogue_product_make"),
            path("<int:pk>/variants/", wrap(self.variants_view), name="catalogue_product_variants"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"agree": "admin:catalogue_product_make", "words": "New product"}
        operates = may_operate(request.user, None)
        context = {**(extra_context or {}), **more, "may_operate": operates}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """A new product; nothing of it is stored where a part is refused."""
        if not may_operate(request.user, None):
            raise PermissionDenied
        form = ProductForm(request.user, request.POST or None)
        if form.is_valid():
            try:
                product = form.make(request.user.get_username())
            except HeldAtGatesError as error:
                return self._held(request, str(error))
            except (CatalogueError, ValueError) as error:
                form.add_error(None, str(error))
            else:
                return self._made(request, product, "The product is made; stores are offered it.")
        return self._page(request, form, "New product")

    def variants_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """More variants of a product, created in every store that has it."""
        product = self.get_object(request, str(pk))
        if product is None or not may_operate(request.user, product.workspace_id):
            raise PermissionDenied
        form = VariantsForm(request.POST or None)
        if form.is_valid():
            variants, actor = form.cleaned_data["variants"], request.user.get_username()
            try:
                add_variants(product, variants, source=Source.MANUAL, actor=actor)
            except HeldAtGatesError as error:
                return self._held(request, str(error))
            except (CatalogueError, ValueError) as error:
                form.add_error(None, str(error))
            else:
                said = f"{len(variants)} variants are on their way to the stores."
                return self._made(request, product, said)
        return self._page(request, form, f"New variants of {product}")

    def _made(self, request: HttpRequest, product: Product, said: str) -> HttpResponse:
        messages.success(request, said)
        address = reverse("admin:catalogue_product_change", args=[product.pk])
        return HttpResponseRedirect(address)

    def _held(self, request: HttpRequest, said: str) -> HttpResponse:
        """Where it is released; sent again, the form would be held a second time."""
        messages.warning(request, said)
        return HttpResponseRedirect(reverse("admin:catalogue_heldbatch_changelist"))

    def _page(self, request: HttpRequest, form: forms.Form, title: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/founding.html", context)
