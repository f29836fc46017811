"""Going over the listings of a store in chunks, however many: each is a job that queues the next.

So no transaction is long, memory stays flat, and whoever dies, it goes on where it stood.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from catalogue.models import Listing
from stores.enums import READABLE
from stores.models import Store
from syncqueue.domain.handling import JobView, Planned, Settled, SqlOnly
from syncqueue.enums import Kind, Outcome, Priority
from syncqueue.services.enqueue import NewJob, enqueue

PREFIX = "catalogue.walk."
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a walk is. `counts` are those of its chunks, added up; `data` is its own."""

    store: Store
    cause_id: UUID
    now: datetime
    total: int
    after: int = 0
    done: int = 0
    counts: Counts = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk is: its listings, what is done with a chunk of them, what follows."""

    name: str
    doing: str
    listings: Callable[[Store, Mapping[str, Any]], QuerySet[Listing]]
    take: Callable[[Step, Sequence[int]], Counts]
    end: Callable[[Step], str] = lambda step: f"{step.done} products were gone over."
    chunk: int = 100


def begin(walk: Walk, store: Store, *, cause_id: UUID, **data: Any) -> int:
    """Take the first chunk within the caller's transaction, and queue the rest; of how many."""
    total = walk.listings(store, data).count()
    _go_on(walk, Step(store, cause_id, timezone.now(), total, data=data))
    return total


class Walker(SqlOnly):
    """The handler of a walk's further chunks."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def plan(self, job: JobView, _followers: Sequence[JobView], *, now: datetime) -> Planned:
        payload = dict(job.payload)
        store = Store.objects.get(pk=payload.pop("store"))
        if store.mode not in READABLE:
            return Settled(Outcome.SUPERSEDED, f"The store is {store.mode}.")
        said = _go_on(self.walk, Step(store, job.cause_id, now, **payload))
        return Settled(Outcome.APPLIED, said)


def _go_on(walk: Walk, step: Step) -> str:
    rows = walk.listings(step.store, step.data).filter(pk__gt=step.after).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[: walk.chunk])
    found = walk.take(step, ids) if ids else {}
    counts = {key: step.counts.get(key, 0) + found.get(key, 0) for key in {*step.counts, *found}}
    done = step.done + len(ids)
    if len(ids) < walk.chunk:
        return walk.end(_moved(step, step.after, done, counts))
    _queue(walk, _moved(step, ids[-1], done, counts))
    return f"{walk.doing}: {done} of {step.total}."


def _moved(step: Step, after: int, done: int, counts: Counts) -> Step:
    total = max(step.total, done)
    return Step(step.store, step.cause_id, step.now, total, after, done, counts, step.data)


def _queue(walk: Walk, step: Step) -> None:
    job = NewJob(
        channel_id=step.store.channel_id,
        kind=Kind.CALL,
        key=walk.name,
        handler=f"{PREFIX}{walk.name}",
        payload={
            "store": step.store.pk,
            "total": step.total,
            "after": step.after,
            "done": step.done,
            "counts": dict(step.counts),
            "data": dict(step.data),
        },
        cause_id=step.cause_id,
        priority=Priority.BULK,
    )
    enqueue([job])
