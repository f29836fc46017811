"""Jobs, attempts and calls: what the engine did and is doing, with the verbs replay and cancel."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from activity.admin.base import LedgerAdmin, LedgerInline, may_operate, operated_channels
from activity.admin.replays import preview_page
from stores.models import Store
from syncqueue.domain.choice import ReplayChoice
from syncqueue.enums import OPEN_STATES, JobState
from syncqueue.models import Attempt, Call, Channel, Finding, Job
from syncqueue.selectors.blocked import MOST, blocked_lanes
from syncqueue.services.replay import cancel

CHANNEL_WORKSPACE = "channel__store__workspace"
SAID = {
    "waiting": "Queued — waiting on Shopify",
    "dead_lettered": "Dead letter",
}


class AttemptInline(LedgerInline):
    model = Attempt
    fields = [
        "number", "outcome", "error_code", "message", "guard", "http_status", "request_id",
        "cost", "started_at", "finished_at",
    ]  # fmt: skip
    readonly_fields = fields


@admin.register(Job)
class JobAdmin(LedgerAdmin):
    workspace_path = CHANNEL_WORKSPACE
    list_display = [
        "id",
        "channel",
        "resource",
        "handler",
        "said",
        "outcome",
        "reason",
        "attempts",
        "next_try",
        "created_at",
    ]
    list_filter = [
        "channel",
        "lane__kind",
        "state",
        "outcome",
        "handler",
        "error_code",
        "replay",
        "created_at",
    ]
    search_fields = ["lane__key", "cause_id"]
    list_select_related = ["channel", "lane"]
    inlines = [AttemptInline]
    actions = ["replay_jobs", "cancel_jobs"]

    @admin.display(description="Resource", ordering="lane__key")
    def resource(self, job: Job) -> str:
        return str(job.lane.key)

    @admin.display(description="State", ordering="state")
    def said(self, job: Job) -> str:
        return SAID.get(job.state, job.state.capitalize())

    @admin.display(description="Next try", ordering="next_attempt_at")
    def next_try(self, job: Job) -> datetime | None:
        if job.state == JobState.WAITING:
            return job.channel.next_trial_at
        return job.next_attempt_at if job.state in OPEN_STATES else None

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.blocked)
        return [path("blocked/", page, name="syncqueue_blocked"), *super().get_urls()]

    def blocked(self, request: HttpRequest) -> HttpResponse:
        """The lanes whose first job can't go on just now."""
        stores = Store.objects.for_user(request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": "Blocked lanes",
            "lanes": blocked_lanes(list(stores.values_list("channel_id", flat=True))),
            "most": MOST,
            "now": timezone.now(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "activity/blocked.html", context)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user, None)

    @admin.action(description="Replay the selected dead letters", permissions=["operate"])
    def replay_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse:
        by_channel: dict[int, list[int]] = defaultdict(list)
        for channel_id, job_id in self._allowed(request, jobs).values_list("channel_id", "pk"):
            by_channel[channel_id].append(job_id)
        return preview_page(
            request, [ReplayChoice(channel, tuple(ids)) for channel, ids in by_channel.items()]
        )

    @admin.action(description="Cancel the selected open jobs", permissions=["operate"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        ids = list(self._allowed(request, jobs).values_list("pk", flat=True))
        count = cancel(ids, by=request.user.get_username())
        messages.success(request, f"{count} jobs are cancelled.")
        if count < len(ids):
            said = "The others are finished, or their calls are out: the answers will end them."
            messages.warning(request, said)

    def _allowed(self, request: HttpRequest, jobs: QuerySet[Job]) -> QuerySet[Job]:
        """The jobs of those workspaces in which this person may act."""
        return jobs.filter(channel__in=operated_channels(request.user)).order_by("pk")


@admin.register(Attempt)
class AttemptAdmin(LedgerAdmin):
    workspace_path = "job__channel__store__workspace"
    list_display = [
        "job",
        "number",
        "channel",
        "outcome",
        "error_code",
        "message",
        "http_status",
        "cost",
        "started_at",
        "finished_at",
    ]
    list_filter = ["job__channel", "outcome", "error_code", "started_at"]
    list_select_related = ["job__channel"]
    search_fields = ["request_id", "job__lane__key"]

    @admin.display(description="Store", ordering="job__channel")
    def channel(self, attempt: Attempt) -> str:
        return str(attempt.job.channel)


@admin.register(Call)
class CallAdmin(LedgerAdmin):
    workspace_path = CHANNEL_WORKSPACE
    list_display = [
        "id",
        "channel",
        "job",
        "state",
        "guard",
        "created_at",
        "sent_at",
        "answered_at",
    ]
    list_filter = ["channel", "state", "created_at"]
    list_select_related = ["channel", "job"]
    exclude = ["token", "idempotency_key"]


@admin.register(Channel)
class ChannelAdmin(LedgerAdmin):
    workspace_path = "store__workspace"
    list_display = [
        "name",
        "health",
        "health_reason",
        "health_by",
        "paused",
        "next_trial_at",
        "climb",
        "points_available",
        "points_restore",
    ]
    list_filter = ["health", "paused"]
    exclude = ["slot_token"]


@admin.register(Finding)
class FindingAdmin(LedgerAdmin):
    """What the check of the queue has found and is not cured yet."""

    workspace_path = CHANNEL_WORKSPACE
    list_display = ["channel", "sentence", "found_at", "checked_at"]
    list_filter = ["channel", "code"]
    list_select_related = ["channel"]
