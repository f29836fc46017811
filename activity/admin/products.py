"""Products side by side with every store, edited through the one door; and the review list."""

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from activity.admin.base import LedgerAdmin, ScopedAdmin, may_operate
from activity.selectors.comparison import comparison
from catalogue.domain.attributes import BadValueError
from catalogue.enums import ListingState, Source
from catalogue.errors import CatalogueError
from catalogue.models import Listing, Product
from catalogue.selectors.picture import picture
from catalogue.services.edit import SetValue, edit
from catalogue.services.importing import create_product, link


@admin.register(Product)
class ProductAdmin(ScopedAdmin):
    """The change page is a comparison: canonical values beside what each store shows."""

    list_display = ["title", "vendor", "status", "stores", "workspace", "updated_at"]
    list_filter = ["workspace", "status", "vendor"]
    list_select_related = ["workspace"]
    search_fields = ["title", "variants__sku"]

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
        allowed = may_operate(request.user, product.workspace_id)
        if request.method == "POST":
            if not allowed:
                raise PermissionDenied
            self._edit(request, product)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": str(product),
            "product": product,
            "comparison": comparison(product),
            "may_operate": allowed,
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/comparison.html", context)

    def _edit(self, request: HttpRequest, product: Product) -> None:
        """One value, from the form of one cell."""
        try:
            done = edit(
                workspace_id=product.workspace_id,
                wishes=[_wish(request, product)],
                source=Source.MANUAL,
                actor=request.user.get_username(),
                expected={product.pk: int(request.POST.get("edit_version") or 0)},
            )
        except (BadValueError, CatalogueError, ValueError) as error:
            messages.error(request, str(error))
            return
        said = f"Saved; on its way to {len(done.job_ids)} stores." if done.changes else "No change."
        messages.success(request, said)


def _wish(request: HttpRequest, product: Product) -> SetValue:
    form = request.POST
    variant, store = form.get("variant"), form.get("store")
    return SetValue(
        product_id=product.pk,
        attribute=form.get("attribute", ""),
        value=form.get("value", ""),
        variant_id=int(variant) if variant else None,
        store_id=int(store) if store else None,
        clear="clear" in form,
    )


@admin.register(Listing)
class ListingAdmin(LedgerAdmin):
    """What stands in the stores; the unmatched and the ambiguous wait here for a person."""

    list_display = ["title", "store", "state", "state_reason", "product", "needs_read", "as_of"]
    list_filter = ["store", "state"]
    list_select_related = ["store", "product"]
    search_fields = ["title", "gid"]
    exclude = ["leaves", "unknown"]
    actions = ["make_canonical", "link_by_title"]

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    @admin.action(description="Make canonical products of them", permissions=["operate"])
    def make_canonical(self, request: HttpRequest, rows: QuerySet[Listing]) -> None:
        made = 0
        for listing in self._open(request, rows):
            create_product(picture(listing.pk))
            made += 1
        messages.success(request, f"{made} canonical products were made.")

    @admin.action(
        description="Link to the canonical product of the same title", permissions=["operate"]
    )
    def link_by_title(self, request: HttpRequest, rows: QuerySet[Listing]) -> None:
        linked = 0
        for listing in self._open(request, rows):
            same = Product.objects.filter(
                workspace_id=listing.store.workspace_id, title=listing.title
            ).exclude(listings__store=listing.store)
            if same.count() == 1:
                link(
                    listing.pk, same.get().pk, {}, reason="Linked by a person.",
                    cause_id=uuid4(), now=timezone.now(), actor=request.user.get_username(),
                )  # fmt: skip
                linked += 1
        messages.success(request, f"{linked} listings were linked.")

    def _open(self, request: HttpRequest, rows: QuerySet[Listing]) -> list[Listing]:
        waiting = rows.filter(
            product=None, state__in=[ListingState.UNMATCHED, ListingState.AMBIGUOUS]
        ).select_related("store")
        return [row for row in waiting if may_operate(request.user, row.store.workspace_id)]
