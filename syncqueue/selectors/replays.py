"""What a replay would take back, before anybody confirms it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, When
from django.utils import timezone

from syncqueue.domain.choice import ReplayChoice
from syncqueue.domain.pace import duration
from syncqueue.enums import JobState, Kind
from syncqueue.models import Job
from syncqueue.selectors.channels import look

REPLAYABLE = (JobState.DEAD_LETTERED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Preview:
    """`superseded` jobs have a later one of their resource that succeeded: little is left of them.

    `points` is what the calls of the others will use; `seconds` until the store's points allow
    them all, None where nothing is known of its points.
    """

    choice: ReplayChoice
    jobs: int
    superseded: int
    oldest: datetime | None
    newest: datetime | None
    points: float
    seconds: float | None

    @property
    def cost(self) -> str:
        """Points and time as operators read them."""
        time = "" if self.seconds is None else f", {duration(self.seconds)} at the store's pace"
        return f"about {self.points:,.0f} points{time}"


def chosen_jobs(choice: ReplayChoice) -> QuerySet[Job]:
    """The jobs that a choice means now, oldest first."""
    rows = Job.objects.filter(channel=choice.channel_id).order_by("id")
    if choice.job_ids:
        return rows.filter(pk__in=choice.job_ids, state__in=REPLAYABLE)
    rows = rows.filter(state=JobState.DEAD_LETTERED)
    if choice.error_code:
        rows = rows.filter(error_code=choice.error_code)
    if choice.handler:
        rows = rows.filter(handler=choice.handler)
    return rows.filter(created_at__gte=choice.since) if choice.since else rows


def preview(choice: ReplayChoice) -> Preview:
    """Count what a replay would do; nothing is changed."""
    overtaken = Q(pk__lt=F("lane__done_id"))
    jobs = chosen_jobs(choice).order_by()
    facts = jobs.aggregate(
        jobs=Count("pk"),
        superseded=Count(Case(When(overtaken, then=1))),
        oldest=Min("created_at"),
        newest=Max("created_at"),
    )
    calls = jobs.filter(~overtaken, lane__kind=Kind.CALL).values_list("handler")
    view, now = look(choice.channel_id), timezone.now()
    points = sum(count * view.costs.used(name) for name, count in calls.annotate(Count("pk")))
    seconds = view.bucket.drain(points, now) if view.bucket else None
    return Preview(choice, **facts, points=points, seconds=seconds)
