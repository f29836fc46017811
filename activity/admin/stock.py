"""Stock: pools with their verbs, the ledger of movements, and how locations come to share."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from activity.admin.base import LedgerAdmin, may_operate
from activity.selectors.stock import conflicts_over, last_movements, places_of, pool_lines
from catalogue.enums import JoinChoice, Source, StockMode
from catalogue.errors import CatalogueError, StaleStockError
from catalogue.models import StockErrand, StockMovement, StockPool
from catalogue.selectors.stock import preview_join
from catalogue.services.stock import (
    Doer,
    adjust,
    answer,
    hand_over,
    keep_back,
    leave_place,
    recount,
    set_quantity,
    start_founding,
    start_joining,
)
from stores.models import Location, Workspace

SAMPLES = 20


def _number(form: QueryDict, name: str) -> int:
    try:
        return int(form.get(name, ""))
    except ValueError:
        raise ValueError("Type a whole number.") from None


def _set(doer: Doer, pool: StockPool, form: QueryDict) -> str:
    seen = _number(form, "seen") if form.get("seen") else 0
    set_quantity(doer, pool.pk, _number(form, "number"), seen=seen)
    return "The stock is set; the stores are told."


def _adjust(doer: Doer, pool: StockPool, form: QueryDict) -> str:
    adjust(doer, pool.pk, _number(form, "number"), reason=form.get("reason", ""))
    return "The stock is adjusted; the stores are told."


def _recount(doer: Doer, pool: StockPool, form: QueryDict) -> str:
    seen, counted = _number(form, "seen"), _number(form, "number")
    recount(doer, pool.pk, seen=seen, counted=counted)
    return f"Recounted by {counted - seen:+d}; what was sold meanwhile stays sold."


def _answer(doer: Doer, pool: StockPool, form: QueryDict) -> str:
    answer(doer, pool.pk, "once" if form.get("said") == "once" else "both")
    return "Answered: the stores are told again."


def _keep_back(doer: Doer, pool: StockPool, form: QueryDict) -> str:
    store_id, buffer = _number(form, "store"), _number(form, "number")
    stands = pool.members.filter(store=store_id).values_list("buffer", flat=True).first()
    if form.get("seen") != str(stands):
        raise ValueError(
            f"{stands} are kept back by now, not {form.get('seen') or 'what you saw'}; your number "
            f"was {buffer}. Keep back again to replace it."
        )
    variants = [pool.variant_id]
    done = keep_back(doer, store_id=store_id, buffer=buffer, place=pool.place, variant_ids=variants)
    return _said(done, f"{buffer} are kept back from the store.", "No change.")


def _leave(doer: Doer, pool: StockPool, form: QueryDict) -> str:
    location_id, variants = _number(form, "location"), [pool.variant_id]
    done = leave_place(doer, place=pool.place, location_id=location_id, variant_ids=variants)
    return _said(done, "It left with its number and goes on as its own.")


def _hand_over(doer: Doer, pool: StockPool, form: QueryDict) -> str:
    store_id = _number(form, "store") if form.get("store") else None
    done = hand_over(doer, place=pool.place, store_id=store_id, variant_ids=[pool.variant_id])
    return _said(done, "It is settled who counts this stock.")


def _said(done: StockErrand, words: str, nothing: str = "") -> str:
    """What became of an errand over one variant."""
    if done.held is not None:
        return f"Held at the gates, nothing was changed: {done.held.words}"
    return "; ".join(done.left_out) or (words if done.changed else nothing)


VERBS: Mapping[str, Callable[[Doer, StockPool, QueryDict], str]] = {
    "set": _set,
    "adjust": _adjust,
    "recount": _recount,
    "answer": _answer,
    "keep-back": _keep_back,
    "leave": _leave,
    "hand-over": _hand_over,
}


class ShareForm(forms.Form):
    """Which location shares which place, and whose number stands."""

    place = forms.CharField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text="A new name, or that of a shared place.",
    )
    location = forms.ModelChoiceField(Location.objects.none(), widget=UnfoldAdminSelectWidget)
    choice = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget,
        choices=[
            ("found", "It is the place: its stock is the stock that others join"),
            (JoinChoice.TAKE_POOL, "Join: the place's number stands"),
            (JoinChoice.TAKE_STORE, "Join: this location's number stands"),
            (JoinChoice.ADD, "Join: both numbers are added"),
        ],
    )

    def __init__(self, workspace_ids: list[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names, locations = places_of(workspace_ids)
        field = self.fields["location"]
        field.queryset = Location.objects.filter(pk__in=[one.pk for one in locations])
        field.label_from_instance = lambda one: f"{one.store}: {one}"
        if names:
            self.fields["place"].help_text = f"A new name, or one of: {', '.join(names)}."


@admin.register(StockPool)
class StockPoolAdmin(LedgerAdmin):
    """Pools are looked at here; whatever moves one is a button that posts."""

    list_display = ["variant_name", "name", "mode", "quantity", "question", "workspace"]
    list_filter = ["workspace", "mode"]
    list_select_related = ["variant__product", "workspace", "owner"]
    search_fields = ["variant__sku", "variant__product__title", "place"]
    list_before_template = "activity/stock_list.html"

    @admin.display(description="Variant", ordering="variant__product__title")
    def variant_name(self, pool: StockPool) -> str:
        return f"{pool.variant.product}, {pool.variant}"

    @admin.display(description="Place", ordering="place")
    def name(self, pool: StockPool) -> str:
        return pool.name

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("share/", wrap(self.share_view), name="catalogue_stockpool_share"),
            path(
                "<int:pk>/do/<slug:verb>/",
                wrap(require_POST(self.do)),
                name="catalogue_stockpool_do",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  Django's own signature
        extra_context: Any = None,
    ) -> HttpResponse:
        pool: StockPool | None = self.get_object(request, object_id)
        if pool is None:
            raise Http404
        lines = pool_lines([pool])
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": f"Stock of {pool.variant.product}, {pool.variant}",
            "pool": pool,
            "line": lines[0],
            "movements": last_movements(lines, 50),
            "conflicts": conflicts_over(pool),
            "shared": pool.mode != StockMode.OWN,
            "may_operate": may_operate(request.user, pool.workspace_id),
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/stock_pool.html", context)

    def do(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Carry out one verb and go back to where the button stood."""
        pool = self.get_queryset(request).filter(pk=pk).first()
        if pool is None or verb not in VERBS:
            raise Http404
        if not may_operate(request.user, pool.workspace_id):
            raise PermissionDenied
        try:
            messages.success(
                request, VERBS[verb](_doer(request, pool.workspace_id), pool, request.POST)
            )
        except StaleStockError as error:
            return self._refused(request, pk, error)
        except (CatalogueError, ValueError) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:catalogue_stockpool_change", args=[pk]))

    def _refused(self, request: HttpRequest, pk: int, error: StaleStockError) -> HttpResponse:
        """The page as it stands now, with both numbers and what was typed."""
        page = self.change_view(request, str(pk), extra_context={"refused": error})
        page.status_code = 409
        return page

    def share_view(self, request: HttpRequest) -> HttpResponse:
        """Let a location share a place, after a look at what that would write."""
        operated = [
            one.pk
            for one in Workspace.objects.for_user(request.user)
            if may_operate(request.user, one.pk)
        ]
        if not operated:
            raise PermissionDenied
        form = ShareForm(operated, request.POST or None)
        rows, seen = [], False
        if request.method == "POST" and form.is_valid():
            if "agree" in request.POST:
                return self._share(request, form.cleaned_data)
            rows, seen = list(islice(_previews(form.cleaned_data), SAMPLES)), True
        context = {
            **self.admin_site.each_context(request),
            "title": "Share stock",
            "form": form,
            "rows": rows,
            "seen": seen,
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/stock_share.html", context)

    def _share(self, request: HttpRequest, given: Mapping[str, Any]) -> HttpResponse:
        location, place, choice = given["location"], given["place"], given["choice"]
        doer = _doer(request, location.store.workspace_id)
        try:
            if choice == "found":
                errand = start_founding(doer, place=place, location_id=location.pk)
            else:
                errand = start_joining(
                    doer, place=place, location_id=location.pk, choice=JoinChoice(choice)
                )
        except CatalogueError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:catalogue_stockpool_share"))
        return HttpResponseRedirect(reverse("admin:catalogue_stockerrand_change", args=[errand.pk]))


@admin.register(StockMovement)
class StockMovementAdmin(LedgerAdmin):
    """The ledger of stock: every quantity and level that moved, with who and why."""

    list_display = [
        "created_at",
        "pool",
        "member",
        "kind",
        "pool_delta",
        "quantity",
        "level_delta",
        "level",
        "source",
        "actor",
        "reason",
    ]
    list_filter = ["kind", "source", "member__store", "created_at"]
    list_select_related = [
        "pool__variant__product",
        "member__store",
        "member__location",
    ]
    search_fields = ["pool__variant__sku", "pool__variant__product__title", "cause_id"]


def _doer(request: HttpRequest, workspace_id: int) -> Doer:
    return Doer(workspace_id=workspace_id, source=Source.MANUAL, actor=request.user.get_username())


def _previews(given: Mapping[str, Any]) -> Any:
    if given["choice"] == "found":
        return ()
    return preview_join(
        workspace_id=given["location"].store.workspace_id,
        place=given["place"].strip(),
        location_id=given["location"].pk,
        choice=JoinChoice(given["choice"]),
    )
