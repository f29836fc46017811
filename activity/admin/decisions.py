"""What waits for a person: conflicts with both values, and issues, each with its decisions."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from activity.admin.base import LedgerAdmin, may_operate, row_link
from activity.admin.verbs import Verb, VerbAdmin
from activity.selectors.comparison import text_of
from activity.selectors.decisions import sides, stock_of_conflict
from catalogue.domain.attributes import STOCK, label_of
from catalogue.enums import ConflictState, IssueKind, IssueState
from catalogue.models import Change, Conflict, Issue, StockMovement
from catalogue.selectors.told import where_it_goes
from catalogue.services import options_decided
from catalogue.services.creation import create_asked
from catalogue.services.decisions import Decided, follow_hub, keep, keep_own, make_override, revert
from catalogue.services.issues import close_issue
from catalogue.services.removals import delete_everywhere, recreate_gone, unlink_gone

SAID = {keep: "kept", revert: "reverted", make_override: "made overrides"}


def _decide(verb: Callable[..., Decided]) -> Verb:
    def decide(conflict: Conflict, by: str) -> str:
        decided = verb([conflict.pk], workspace_id=conflict.workspace_id, by=by)
        if not decided.done:
            raise ValueError("It was decided already, or there is nothing of the kind to decide.")
        return f"The conflict is {SAID[verb]}."

    return decide


@admin.register(Conflict)
class ConflictAdmin(VerbAdmin, LedgerAdmin):
    """Two values that met over one attribute; the later one stands until a person decides."""

    list_display = [
        "state",
        "product",
        "variant",
        "label",
        "ancestor_text",
        "stands",
        "lost",
        "moves",
        "store",
        "doubt",
        "opened_at",
        "decided_by",
    ]
    list_filter = ["state", "workspace", "store", "attribute", "uncertain", "opened_at"]
    list_select_related = [
        "product",
        "variant",
        "store",
        "winner_change__store",
        "loser_change__store",
        "winner_movement__member__store",
        "loser_movement__member__store",
    ]
    search_fields = ["product__title", "variant__sku"]
    actions = ["keep_them", "revert_them", "override_them"]
    verbs: Mapping[str, Verb] = {
        "keep": _decide(keep),
        "revert": _decide(revert),
        "override": _decide(make_override),
    }
    change_form_outer_before_template = "activity/conflict.html"
    fields = ["opened_at", "decided_by", "decided_at", "decision"]
    readonly_fields = fields

    @admin.display(description="Attribute", ordering="attribute")
    def label(self, conflict: Conflict) -> str:
        return label_of(conflict.attribute)

    @admin.display(description="Before")
    def ancestor_text(self, conflict: Conflict) -> str:
        return text_of(conflict.ancestor) or "-"

    @admin.display(description="Stands")
    def stands(self, conflict: Conflict) -> str:
        return _side(conflict.winner, conflict.winner_change or conflict.winner_movement)

    @admin.display(description="Lost")
    def lost(self, conflict: Conflict) -> str:
        return _side(conflict.loser, conflict.loser_change or conflict.loser_movement)

    @admin.display(description="Reverting changes it by", ordering="difference")
    def moves(self, conflict: Conflict) -> str:
        if conflict.attribute == STOCK:
            money = "" if conflict.money is None else f", {conflict.money:+.2f} {conflict.currency}"
            return f"{conflict.units:+d} pieces{money}"
        if conflict.difference is None:
            return "-"
        of = " a unit" if conflict.units is None else f" over {conflict.units} units"
        return f"{conflict.money:+.2f} {conflict.currency}{of}"

    @admin.display(description="In doubt", ordering="uncertain")
    def doubt(self, conflict: Conflict) -> str:
        return "when it was set" if conflict.uncertain else "-"

    def panel(self, request: HttpRequest, row: Conflict) -> dict[str, Any]:
        return {
            **super().panel(request, row),
            "conflict": row,
            "label": self.label(row),
            "ancestor": text_of(row.ancestor),
            "sides": sides(row),
            "moves": self.moves(row),
            "open": row.state == ConflictState.OPEN,
            "canonical": row.scope == "canonical",
            "stock": stock_of_conflict(row),
        }

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    @admin.action(description="Keep what stands", permissions=["operate"])
    def keep_them(self, request: HttpRequest, rows: QuerySet[Conflict]) -> None:
        self._decide_all(request, rows, keep)

    @admin.action(description="Revert to what lost", permissions=["operate"])
    def revert_them(self, request: HttpRequest, rows: QuerySet[Conflict]) -> None:
        self._decide_all(request, rows, revert)

    @admin.action(description="Make it the store's own value", permissions=["operate"])
    def override_them(self, request: HttpRequest, rows: QuerySet[Conflict]) -> None:
        self._decide_all(request, rows, make_override)

    def _decide_all(
        self, request: HttpRequest, rows: QuerySet[Conflict], verb: Callable[..., Decided]
    ) -> None:
        by_workspace: dict[int, list[int]] = defaultdict(list)
        for pk, workspace_id in rows.values_list("pk", "workspace"):
            if may_operate(request.user, workspace_id):
                by_workspace[workspace_id].append(pk)
        by = request.user.get_username()
        decided = [verb(ids, workspace_id=owner, by=by) for owner, ids in by_workspace.items()]
        done, left = sum(one.done for one in decided), sum(one.left for one in decided)
        messages.success(request, f"{done} conflicts were {SAID[verb]}; {left} were left.")


def _side(value: Any, change: Change | StockMovement | None) -> str:
    text = text_of(value) or "-"
    if change is None:
        return text
    if isinstance(change, StockMovement):
        who = change.actor or (change.member and change.member.store) or change.get_source_display()
        return format_html("{} ({})", row_link("catalogue_stockmovement", change.pk, text), who)
    who = change.actor or change.store or change.get_source_display()
    return format_html("{} ({})", row_link("catalogue_change", change.pk, text), who)


def _follow_hub(issue: Issue, by: str) -> str:
    return f"The hub's value stands. {where_it_goes(follow_hub(issue.pk, by=by).changes)}"


def _keep_own(issue: Issue, by: str) -> str:
    return f"{len(keep_own(issue.pk, by=by).changes)} stores keep a value of their own."


def _said(decide: Callable[..., str]) -> Verb:
    return lambda issue, by: decide(issue.pk, by=by)


def _create(issue: Issue, by: str) -> str:
    return f"Its creation is queued as job {create_asked(issue.pk, by=by)}."


def _close(issue: Issue, by: str) -> str:
    if issue.kind == IssueKind.STOCK and issue.variant_id is not None:
        raise ValueError("Answer it on the page of the stock.")
    close_issue(issue.pk, by=by, reason="Closed by hand.")
    return "The issue is closed."


@admin.register(Issue)
class IssueAdmin(VerbAdmin, LedgerAdmin):
    """What only a person can decide, each once."""

    list_display = ["kind", "reason", "product", "store", "state", "times", "opened_at", "seen_at"]
    list_filter = ["state", "workspace", "kind", "store", "opened_at"]
    list_select_related = ["product", "store"]
    search_fields = ["subject", "product__title"]
    verbs: Mapping[str, Verb] = {
        "hub": _follow_hub,
        "own": _keep_own,
        "close": _close,
        "create": _create,
        "unlink": _said(unlink_gone),
        "recreate": _said(recreate_gone),
        "delete-everywhere": _said(delete_everywhere),
        "option-back": _said(options_decided.put_back),
        "option-away": _said(options_decided.take_away),
        "option-own": _said(options_decided.keep_own),
    }
    change_form_outer_before_template = "activity/issue.html"

    def panel(self, request: HttpRequest, row: Issue) -> dict[str, Any]:
        opened = row.state == IssueState.OPEN
        return {**super().panel(request, row), "issue": row, "open": opened}
