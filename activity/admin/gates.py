"""What the gates hold: each batch with reasons and samples, released or discarded by a person."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from activity.admin.base import LedgerAdmin, list_url
from activity.admin.verbs import Verb, VerbAdmin
from activity.selectors.comparison import text_of
from catalogue.enums import HeldState
from catalogue.models import HeldBatch
from catalogue.services.releases import discard, release


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
    verbs: Mapping[str, Verb] = {"release": lambda *_: "", "discard": lambda *_: ""}

    @admin.display(description="Why")
    def words(self, batch: HeldBatch) -> str:
        return batch.words

    def carry_out(self, request: HttpRequest, row: HeldBatch, verb: str) -> str:
        by, reason = request.user.get_username(), request.POST.get("reason", "")
        if verb == "discard":
            discard(row.pk, by=by, reason=reason)
            return "Discarded: nothing of it will happen."
        done = release(row.pk, by=by, reason=reason)
        left = f"; {len(done.dropped)} were left, because they had moved since" * bool(done.dropped)
        return f"Released: {done.applied} changes were made{left}."

    def panel(self, request: HttpRequest, row: HeldBatch) -> dict[str, Any]:
        samples = [
            {**one, "before": text_of(one["before"]), "after": text_of(one["after"])}
            for one in row.samples
        ]
        return {
            **super().panel(request, row),
            "batch": row,
            "samples": samples,
            "open": row.state == HeldState.HELD,
            "changes": list_url("catalogue_change", cause_id__exact=row.cause_id),
        }
