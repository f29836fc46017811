"""Products side by side with every store, edited through the one door; and the review list."""

from datetime import UTC
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from activity.admin.base import LedgerAdmin, may_operate
from activity.admin.founding import FoundingAdmin
from activity.admin.sale_form import SaleForm
from activity.selectors.as_of import as_of_page
from activity.selectors.comparison import Typed, comparison, text_of
from activity.selectors.review import review
from activity.selectors.stock import stock_of
from catalogue.enums import ListingState, Source
from catalogue.errors import CatalogueError, StaleEditError
from catalogue.models import Listing, Product, Sale, Variant
from catalogue.selectors.told import where_it_goes
from catalogue.services.edit import SetValue, edit
from catalogue.services.linking import link_chosen
from catalogue.services.offering import make_canonical


@admin.register(Product)
class ProductAdmin(FoundingAdmin):
    """The change page is a comparison: canonical values beside what each store shows."""

    list_display = ["title", "vendor", "status", "stores", "workspace", "updated_at"]
    list_filter = ["workspace", "status", "vendor", "removed_at"]
    list_select_related = ["workspace"]
    search_fields = ["title", "variants__sku"]
    ordering = ["workspace_id", "title", "id"]
    actions = ["plan_sale"]

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[Product],
        search_term: str,
    ) -> tuple[QuerySet[Product], bool]:
        """By title or SKU, each word in one of them; the indexes alone are read for it."""
        for word in search_term.split():
            titled = Product.objects.filter(title__icontains=word).order_by().values("pk")
            kept = Variant.objects.filter(sku__icontains=word).order_by().values("product")
            queryset = queryset.filter(pk__in=titled.union(kept))
        return queryset, False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        of_sale = lookup == "sale_items__sale__id__exact"
        return of_sale or super().lookup_allowed(lookup, value, request)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    @admin.action(description="Plan a sale of them", permissions=["operate"])
    def plan_sale(self, request: HttpRequest, rows: QuerySet[Product]) -> HttpResponse:
        """The form of a sale, for exactly the products that were ticked."""
        ids = ",".join(map(str, rows.order_by("pk").values_list("pk", flat=True)))
        sales: Any = self.admin_site.get_model_admin(Sale)
        page: HttpResponse = sales.page(request, SaleForm(request.user, initial={"products": ids}))
        return page

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("listings__store")

    @admin.display(description="Stores")
    def stores(self, product: Product) -> str:
        return ", ".join(sorted(str(listing.store) for listing in product.listings.all()))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  Django's own signature
        extra_context: Any = None,
    ) -> HttpResponse:
        product: Product | None = self.get_object(request, object_id)
        if product is None:
            raise Http404
        if "at" in request.GET:
            return self._as_of(request, product)
        allowed = may_operate(request.user, product.workspace_id)
        refused: Typed | None = None
        if request.method == "POST":
            if not allowed:
                raise PermissionDenied
            refused = self._edit(request, product)
            if refused is None:
                return HttpResponseRedirect(request.path)
            product.refresh_from_db()
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": str(product),
            "product": product,
            "comparison": comparison(product, refused),
            "stock": stock_of(product),
            "may_operate": allowed,
            "opts": self.opts,
        }
        status = 409 if refused else 200
        return TemplateResponse(request, "activity/comparison.html", context, status=status)

    def _as_of(self, request: HttpRequest, product: Product) -> HttpResponse:
        """The product as it stood, for looking only."""
        try:
            asked = parse_datetime(request.GET["at"])
        except ValueError:  # well formed, but no day of the calendar
            asked = None
        if asked is None:
            messages.error(request, "Say when, as 2026-11-24T13:00 (UTC).")
            return HttpResponseRedirect(request.path)
        instant = asked if timezone.is_aware(asked) else asked.replace(tzinfo=UTC)
        context = {
            **self.admin_site.each_context(request),
            "title": str(product),
            "product": product,
            "then": as_of_page(product, instant),
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/as_of.html", context)

    def _edit(self, request: HttpRequest, product: Product) -> Typed | None:
        """One value, from the form of one cell; what was typed where it was not taken."""
        form = request.POST
        try:
            wish = _wish(form, product)
            done = edit(
                workspace_id=product.workspace_id,
                wishes=[wish],
                source=Source.MANUAL,
                actor=request.user.get_username(),
            )
        except StaleEditError as error:
            key = (wish.variant_id, wish.attribute)
            return Typed(key, wish.store_id, form.get("value", ""), _clash_words(error))
        except (CatalogueError, ValueError) as error:
            messages.error(request, str(error))
            return None
        if done.held is not None:
            messages.warning(request, f"Held at the gates, nothing was saved: {done.held.words}")
            return None
        said = f"Saved. {where_it_goes(done.changes)}" if done.changes else "No change."
        messages.success(request, said)
        return None


def _wish(form: QueryDict, product: Product) -> SetValue:
    """Unset, show nothing, and a value are three buttons, because they are three things."""
    store_id, value = _number(form.get("store")), form.get("value", "")
    if store_id is not None and not value.strip() and not {"clear", "empty"} & form.keys():
        raise ValueError("Type a value, or choose “Show nothing” or “Follow the hub”.")
    return SetValue(
        product_id=product.pk,
        attribute=form.get("attribute", ""),
        value=None if "empty" in form else value,
        variant_id=_number(form.get("variant")),
        store_id=store_id,
        clear="clear" in form,
        seen=_number(form.get("edit_version")) or 0,
    )


def _clash_words(error: StaleEditError) -> str:
    clash = error.clashes[0]
    return (
        f"{clash.by} has set it to “{text_of(clash.stands)}” since you saw it; you typed "
        f"“{text_of(clash.wanted)}”. Save again to replace it."
    )


def _number(raw: str | None) -> int | None:
    if not raw:
        return None
    if not raw.isdecimal():
        raise ValueError(f"“{raw}” is not a number.")
    return int(raw)


@admin.register(Listing)
class ListingAdmin(LedgerAdmin):
    """What stands in the stores; the unmatched and the ambiguous wait here for a person."""

    list_display = ["title", "store", "state", "state_reason", "product", "needs_read", "as_of"]
    list_filter = ["store", "state"]
    list_select_related = ["store", "product"]
    search_fields = ["title", "gid"]
    exclude = ["leaves", "unknown"]
    actions = ["make_canonical"]
    change_form_outer_before_template = "activity/link.html"

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    @admin.action(description="Make canonical products of them", permissions=["operate"])
    def make_canonical(self, request: HttpRequest, rows: QuerySet[Listing]) -> None:
        made, held = 0, 0
        for listing in self._open(request, rows):
            try:
                held += len(make_canonical(listing.pk, by=request.user.get_username()))
                made += 1
            except CatalogueError as error:
                messages.error(request, f"{listing}: {error}")
        messages.success(request, f"{made} canonical products were made.")
        if held:
            said = f"{held} of them wait at the gates before other stores are offered them."
            messages.warning(request, said)

    def get_urls(self) -> list[Any]:
        linking = self.admin_site.admin_view(require_POST(self.link_view))
        return [
            path("<int:pk>/link/", linking, name="catalogue_listing_link"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        listing: Listing | None = self.get_object(request, object_id)
        panel: dict[str, Any] = {}
        if listing and self._open(request, Listing.objects.filter(pk=listing.pk)):
            panel = {"listing": listing, "review": review(listing)}
        page: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **panel}
        )
        return page

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Link a waiting listing to the product that a person chose."""
        listing: Listing | None = self.get_queryset(request).filter(pk=pk).first()
        if listing is None:
            raise Http404
        if not may_operate(request.user, listing.store.workspace_id):
            raise PermissionDenied
        try:
            kept = link_chosen(
                pk,
                _number(request.POST.get("product")) or 0,
                actor=request.user.get_username(),
                now=timezone.now(),
            )
            said = f"Linked; {len(kept)} values differ and stay the store's own."
            messages.success(request, said)
        except (CatalogueError, ValueError) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:catalogue_listing_change", args=[pk]))

    def _open(self, request: HttpRequest, rows: QuerySet[Listing]) -> list[Listing]:
        waiting = rows.filter(
            product=None, state__in=[ListingState.UNMATCHED, ListingState.AMBIGUOUS]
        ).select_related("store")
        return [row for row in waiting if may_operate(request.user, row.store.workspace_id)]
