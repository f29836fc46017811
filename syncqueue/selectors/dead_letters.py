"""Dead letters by what they died of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min

from syncqueue.domain.choice import ReplayChoice
from syncqueue.enums import JobState
from syncqueue.models import Job


@dataclass(frozen=True, slots=True)
class DeadGroup:
    """The dead letters of one channel that share their error and their kind."""

    channel: str
    choice: ReplayChoice
    jobs: int
    oldest: datetime
    newest: datetime
    reason: str


def dead_groups(channel_ids: Collection[int]) -> list[DeadGroup]:
    """The groups of these channels, the largest first; `reason` is that of the newest."""
    rows = (
        Job.objects.filter(channel__in=channel_ids, state=JobState.DEAD_LETTERED)
        .order_by()
        .values("channel", "channel__name", "error_code", "handler")
        .annotate(jobs=Count("pk"), oldest=Min("created_at"), newest=Max("created_at"))
        .annotate(last=Max("pk"))
    )
    groups = sorted(rows, key=lambda row: (-row["jobs"], row["last"]))
    newest = [row["last"] for row in groups]
    reasons = dict(Job.objects.filter(pk__in=newest).values_list("pk", "reason"))
    return [
        DeadGroup(
            row["channel__name"],
            ReplayChoice(row["channel"], error_code=row["error_code"], handler=row["handler"]),
            row["jobs"],
            row["oldest"],
            row["newest"],
            reasons[row["last"]],
        )
        for row in groups
    ]
