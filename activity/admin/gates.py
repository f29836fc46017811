"""What the gates hold: each batch with reasons and samples, released or discarded by a person."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_POST

from activity.admin.base import LedgerAdmin, list_url, may_operate
from activity.admin.verbs import Verb, VerbAdmin
from activity.selectors.comparison import text_of
from catalogue.enums import HeldAct, HeldState
from catalogue.errors import CatalogueError
from catalogue.models import HeldBatch
from catalogue.services.parting import parts_of
from catalogue.services.releases import discard, release
from catalogue.services.second_thoughts import AGAIN, take_up
from stores.errors import StoresError

DECIDE = "catalogue_heldbatch_decide"
MADE: Mapping[str, str] = {
    HeldAct.OFFER: "stores are given it",
    HeldAct.SALE: "prices are on sale when its time comes",
    HeldAct.TERMS: "listings are being compared",
}


@admin.register(HeldBatch)
class HeldBatchAdmin(VerbAdmin, LedgerAdmin):
    """Batches of which nothing has happened, until a person says why they may go on, or not."""

    list_display = ["state", "words", "size", "act", "source", "actor", "store", "held_at"]
    list_filter = ["state", "workspace", "act", "source", "store", "held_at"]
    list_select_related = ["store"]
    search_fields = ["actor", "cause_id"]
    fields = ["act", "source", "actor", "store", "cause_id", "held_at", "decided_by", "decided_at"]
    readonly_fields = fields
    change_form_outer_before_template = "activity/held_batch.html"
    actions = ["choose"]
    verbs: Mapping[str, Verb] = {
        "release": lambda *_: "",
        "discard": lambda *_: "",
        "take-up": lambda batch, by: take_up(batch.pk, by=by),
    }

    def get_urls(self) -> list[Any]:
        deciding = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("decide/", deciding, name=DECIDE), *super().get_urls()]

    @admin.display(description="Why")
    def words(self, batch: HeldBatch) -> str:
        return batch.words

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    @admin.action(description="Release or discard them", permissions=["operate"])
    def choose(self, request: HttpRequest, rows: QuerySet[HeldBatch]) -> HttpResponse:
        """All that is about to be decided at once, and the reason that stays with each."""
        batches = self._mine(request, rows.filter(state=HeldState.HELD))
        context = {
            **self.admin_site.each_context(request),
            "title": "Decide about held batches",
            "batches": batches,
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/held_decide.html", context)

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Decide about each by itself: what can't be released does not keep the others."""
        ids = [int(pk) for pk in request.POST.getlist("batch") if pk.isdecimal()]
        verb, done = request.POST.get("verb", ""), 0
        for batch in self._mine(request, self.get_queryset(request).filter(pk__in=ids)):
            try:
                self.carry_out(request, batch, verb)
                done += 1
            except (CatalogueError, StoresError, ValueError) as error:
                messages.error(request, f"Batch {batch.pk}: {error}")
        if done:
            said = "released" if verb == "release" else "discarded"
            messages.success(request, f"{done} batches were {said}.")
        return HttpResponseRedirect(list_url("catalogue_heldbatch"))

    def _mine(self, request: HttpRequest, rows: QuerySet[HeldBatch]) -> list[HeldBatch]:
        found = rows.select_related("store").order_by("pk")
        return [row for row in found if may_operate(request.user, row.workspace_id)]

    def carry_out(self, request: HttpRequest, row: HeldBatch, verb: str) -> str:
        if verb == "take-up":
            return super().carry_out(request, row, verb)
        by, reason = request.user.get_username(), request.POST.get("reason", "")
        only = request.POST.getlist("part") if "parts" in request.POST else None
        if verb == "discard":
            discard(row.pk, by=by, reason=reason, only=only)
            return "Discarded: nothing of it will happen."
        if verb != "release":
            raise ValueError("A held batch is released or discarded.")
        done = release(row.pk, by=by, reason=reason, only=only)
        left = f"; {len(done.dropped)} were left, because they had moved since" * bool(done.dropped)
        return f"Released: {done.applied} {MADE.get(row.act, 'changes were made')}{left}."

    def panel(self, request: HttpRequest, row: HeldBatch) -> dict[str, Any]:
        samples = [
            {**one, "before": text_of(one["before"]), "after": text_of(one["after"])}
            for one in row.samples
        ]
        opened = row.state == HeldState.HELD
        parts = parts_of(row) if opened else []
        return {
            **super().panel(request, row),
            "batch": row,
            "samples": samples,
            "open": opened,
            "parts": parts if len(parts) > 1 else [],
            "again": row.state == HeldState.DISCARDED and row.act in AGAIN,
            "changes": list_url("catalogue_change", cause_id__exact=row.cause_id),
        }
