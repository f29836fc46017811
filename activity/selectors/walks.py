"""How far the walks over a store's products are that are under way."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalogue.services.comparing import WALKS
from stores.models import Store
from syncqueue.enums import OPEN_STATES, JobState, Kind
from syncqueue.models import Job


@dataclass(frozen=True, slots=True)
class Progress:
    """`waits`: why it does not go on now; empty where it does."""

    doing: str
    done: int
    total: int
    job_id: int
    waits: str


def walks_of(store: Store) -> Iterator[Progress]:
    doing = {walk.name: walk.doing for walk in WALKS}
    lanes = {"lane__channel": store.channel_id, "lane__kind": Kind.CALL, "lane__key__in": doing}
    jobs = Job.objects.filter(**lanes, state__in=OPEN_STATES).select_related("lane")
    for job in jobs.order_by("lane_id", "-id").distinct("lane_id"):
        done, total = job.payload["done"], job.payload["total"]
        waits = "" if job.state in (JobState.QUEUED, JobState.RUNNING) else job.reason
        yield Progress(doing[job.lane.key], done, total, job.pk, waits)
