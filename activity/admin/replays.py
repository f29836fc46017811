"""Dead letters by their causes, and replays: previewed, started, followed, cancelled."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from activity.admin.base import LedgerAdmin, list_url, may_operate, operated_channels
from stores.models import Store
from syncqueue.domain.choice import ReplayChoice
from syncqueue.enums import OPEN_STATES, JobState, ReplayState
from syncqueue.models import Replay
from syncqueue.selectors.dead_letters import dead_groups
from syncqueue.selectors.replays import preview
from syncqueue.services.replays import cancel_replay, choice_of, start_replay

REFRESH_SECONDS = "3"


def preview_page(request: HttpRequest, choices: Iterable[ReplayChoice]) -> HttpResponse:
    """What replaying these would do, with a button that does it."""
    names = dict(Store.objects.for_user(request.user).values_list("channel_id", "domain"))
    previews = [
        {"store": names[choice.channel_id], "form": json.dumps(choice.to_json()), "seen": seen}
        for choice in choices
        if (seen := preview(choice)).jobs
    ]
    context = {
        **admin.site.each_context(request),
        "title": "Replay: preview",
        "previews": previews,
        "opts": Replay._meta,  # noqa: SLF001  as every page of the admin takes it
    }
    return TemplateResponse(request, "activity/replay_preview.html", context)


@admin.register(Replay)
class ReplayAdmin(LedgerAdmin):
    workspace_path = "channel__store__workspace"
    list_display = ["id", "channel", "chosen", "by", "state", "progress", "created_at"]
    list_filter = ["channel", "state", "created_at"]
    list_select_related = ["channel"]
    exclude = ["job_ids", "cursor", "upto"]
    change_form_outer_before_template = "activity/replay_panel.html"

    @admin.display(description="Chosen")
    def chosen(self, replay: Replay) -> str:
        return choice_of(replay).words

    @admin.display(description="Queued again")
    def progress(self, replay: Replay) -> str:
        return f"{replay.replayed} of {replay.matched}"

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Any, name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"syncqueue_{name}")

        return [
            page("dead-letters/", self.dead_letters, "dead_letters"),
            page("preview/", self.preview, "replay_preview"),
            page("start/", require_POST(self.start), "replay_start"),
            page("<int:pk>/cancel/", require_POST(self.cancel), "replay_cancel"),
            *super().get_urls(),
        ]

    def dead_letters(self, request: HttpRequest) -> HttpResponse:
        """Every group of dead letters that this person may see."""
        stores = Store.objects.for_user(request.user).order_by("domain")
        mine = set(operated_channels(request.user))
        context = {
            **self.admin_site.each_context(request),
            "title": "Dead letters by cause",
            "groups": dead_groups([store.channel_id for store in stores]),
            "operated": [store for store in stores if store.channel_id in mine],
            "mine": mine,
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/dead_letters.html", context)

    def preview(self, request: HttpRequest) -> HttpResponse:
        return preview_page(request, [self._permitted(request, _from_query(request))])

    def start(self, request: HttpRequest) -> HttpResponse:
        """Start what the preview has shown, one replay for each store."""
        forms = request.POST.getlist("choice")
        choices = [self._permitted(request, _from_form(form)) for form in forms]
        rows = [start_replay(choice, by=request.user.get_username()) for choice in choices]
        if len(rows) != 1:
            messages.success(request, f"{len(rows)} replays are under way.")
            return HttpResponseRedirect(list_url("syncqueue_replay"))
        return HttpResponseRedirect(reverse("admin:syncqueue_replay_change", args=[rows[0].pk]))

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        replay: Replay | None = self.get_queryset(request).filter(pk=pk).first()
        if replay is None:
            raise Http404
        self._permitted(request, choice_of(replay))
        if cancel_replay(pk, by=request.user.get_username()):
            messages.success(request, "Cancelled: what was not queued again stays a dead letter.")
        return HttpResponseRedirect(reverse("admin:syncqueue_replay_change", args=[pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        replay: Replay | None = self.get_object(request, object_id)
        panel = _panel(replay) if replay else {}
        if replay:
            panel["may_operate"] = may_operate(request.user, self.workspace_of(replay))
        page: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **panel}
        )
        if replay and panel["moves"]:
            page["Refresh"] = REFRESH_SECONDS
        return page

    def _permitted(self, request: HttpRequest, choice: ReplayChoice) -> ReplayChoice:
        if choice.channel_id not in operated_channels(request.user):
            raise PermissionDenied
        return choice


def _panel(replay: Replay) -> dict[str, Any]:
    """How far a replay has come, and what became of the jobs it took back."""
    jobs: QuerySet[Any] = replay.jobs.order_by().values_list("state").annotate(Count("pk"))
    counts = dict(jobs)
    open_jobs = sum(counts.get(state, 0) for state in OPEN_STATES)
    return {
        "replay": replay,
        "chosen": choice_of(replay).words,
        "succeeded": counts.get(JobState.SUCCEEDED, 0),
        "dead": counts.get(JobState.DEAD_LETTERED, 0),
        "open": open_jobs,
        "moves": bool(replay.state == ReplayState.RUNNING or open_jobs),
        "jobs_url": list_url("syncqueue_job", replay__id__exact=replay.pk),
    }


def _from_query(request: HttpRequest) -> ReplayChoice:
    query = request.GET
    try:
        since = datetime.fromisoformat(query["since"]) if query.get("since") else None
        return ReplayChoice(
            int(query.get("channel", "")),
            error_code=query.get("code", ""),
            handler=query.get("handler", ""),
            since=since.replace(tzinfo=since.tzinfo or UTC) if since else None,
        )
    except ValueError as error:
        raise BadRequest(f"This choice can't be read: {error}") from error


def _from_form(form: str) -> ReplayChoice:
    try:
        return ReplayChoice.from_json(json.loads(form))
    except (ValueError, TypeError, KeyError) as error:
        raise BadRequest(f"This choice can't be read: {error}") from error
