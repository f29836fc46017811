"""Plans of stores that are to go live, and their lines: the rows behind every count."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from activity.admin.base import LedgerAdmin
from activity.selectors.comparison import text_of
from catalogue.domain.attributes import attribute
from catalogue.models import Plan, PlanLine


@admin.register(Plan)
class PlanAdmin(LedgerAdmin):
    """Every plan that was made, who approved which, and what was dropped."""

    list_display = [
        "__str__", "state", "reason", "progress", "dropped", "made_by", "made_at", "approved_by",
        "approved_at",
    ]  # fmt: skip
    list_filter = ["store", "state"]
    list_select_related = ["store"]

    @admin.display(description="Looked at")
    def progress(self, plan: Plan) -> str:
        return f"{plan.done} of {plan.size}"


@admin.register(PlanLine)
class PlanLineAdmin(LedgerAdmin):
    """What a plan says of single values, and which of them were dropped, and why."""

    list_display = ["product", "variant", "label", "kind", "shows", "wants", "dropped", "plan"]
    list_filter = ["plan", "kind", "attribute"]
    list_select_related = ["product", "variant", "plan__store"]
    search_fields = ["product__title"]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), ("dropped", admin.EmptyFieldListFilter)]

    @admin.display(description="Attribute", ordering="attribute")
    def label(self, line: PlanLine) -> str:
        return attribute(line.attribute).label

    @admin.display(description="The store shows")
    def shows(self, line: PlanLine) -> str:
        return text_of(line.shown)

    @admin.display(description="Would be written")
    def wants(self, line: PlanLine) -> str:
        return text_of(line.wanted)
