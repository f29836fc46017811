"""Plans of stores that are to go live and of batches, and the rows behind every count of theirs."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from activity.admin.base import LedgerAdmin, list_url
from activity.admin.errands import ErrandAdmin
from activity.admin.verbs import Verb
from activity.selectors.comparison import text_of
from activity.selectors.plans import parts_of
from catalogue.domain.attributes import attribute
from catalogue.enums import PlanAct, PlanState
from catalogue.models import Plan, PlanEdit, PlanLine
from catalogue.services.plans import approve


def _approved(plan: Plan) -> str:
    if plan.state == PlanState.HELD:
        return f"Held at the gates, nothing was changed: {plan.reason}"
    return f"Approved. {plan.reason}"


@admin.register(Plan)
class PlanAdmin(ErrandAdmin):
    """Every plan that was made; those of batches are looked at and approved on their page."""

    list_display = [
        "__str__", "state", "reason", "progress", "dropped", "made_by", "made_at", "approved_by",
        "approved_at",
    ]  # fmt: skip
    list_filter = ["store", "act", "state"]
    list_select_related = ["store"]
    fields = ["workspace", "hash", "cause_id", "made_by", "made_at", "approved_by", "approved_at"]
    readonly_fields = fields
    change_form_outer_before_template = "activity/plan.html"
    verbs: Mapping[str, Verb] = {"approve": lambda plan, _by: _approved(plan)}

    @admin.display(description="Looked at")
    def progress(self, plan: Plan) -> str:
        return f"{plan.done} of {plan.size}"

    def goes_on(self, errand: Any) -> bool:
        return errand.state in (PlanState.DRAFTING, PlanState.CHECKING)

    def carry_out(self, request: HttpRequest, row: Plan, verb: str) -> str:
        """Approve what was looked at, by the hash that stood on the page."""
        mark, by = request.POST.get("hash", ""), request.user.get_username()
        return super().carry_out(request, approve(row.pk, mark, by=by), verb)

    def panel(self, request: HttpRequest, row: Plan) -> dict[str, Any]:
        return {
            **super().panel(request, row),
            "plan": row,
            "batch": row.act == PlanAct.BATCH,
            "parts": parts_of(row),
            "busy": self.goes_on(row),
            "edits": list_url("catalogue_planedit", plan__id__exact=row.pk),
            "changes": list_url("catalogue_change", cause_id__exact=row.cause_id),
        }


@admin.register(PlanLine)
class PlanLineAdmin(LedgerAdmin):
    """What a plan says of single values, and which of them were dropped, and why."""

    list_display = [
        "product", "variant", "label", "store", "kind", "shows", "wants", "dropped", "plan",
    ]  # fmt: skip
    list_filter = ["plan", "listing__store", "kind", "attribute"]
    list_select_related = ["product", "variant", "plan__store", "listing__store"]
    search_fields = ["product__title"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), ("dropped", admin.EmptyFieldListFilter)]

    @admin.display(description="Attribute", ordering="attribute")
    def label(self, line: PlanLine) -> str:
        return attribute(line.attribute).label

    @admin.display(description="Store", ordering="listing__store")
    def store(self, line: PlanLine) -> str:
        return str(line.listing.store)

    @admin.display(description="The store shows")
    def shows(self, line: PlanLine) -> str:
        return text_of(line.shown)

    @admin.display(description="Would be written")
    def wants(self, line: PlanLine) -> str:
        return text_of(line.wanted)


@admin.register(PlanEdit)
class PlanEditAdmin(LedgerAdmin):
    """What a planned batch wants, and what of it was not set, and why."""

    list_display = [
        "number", "product", "variant", "label", "where", "before", "wants", "changed", "dropped",
    ]  # fmt: skip
    list_filter = ["plan", "attribute", "changed"]
    list_select_related = ["product", "variant", "store"]
    search_fields = ["product__title"]

    def has_module_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False  # they are reached from their plan

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), ("dropped", admin.EmptyFieldListFilter)]

    @admin.display(description="Attribute", ordering="attribute")
    def label(self, edit: PlanEdit) -> str:
        return attribute(edit.attribute).label

    @admin.display(description="Where", ordering="store")
    def where(self, edit: PlanEdit) -> str:
        return str(edit.store or "hub")

    @admin.display(description="Stood")
    def before(self, edit: PlanEdit) -> str:
        return text_of(edit.stands)

    @admin.display(description="Wanted")
    def wants(self, edit: PlanEdit) -> str:
        return "follows the hub" if edit.clear else text_of(edit.value)
