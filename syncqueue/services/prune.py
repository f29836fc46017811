"""Retention: what is finished and old goes, in batches; counts of it stay in the books."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import Task

from syncqueue.models import Job

BATCH = 500
SHORTEST_DAYS = 7  # of keeping: a late answer may come, and a key of Shopify lives, for a day
# A worker's task may last a minute; whatever is left is pruned the next time.
RUN_SECONDS = 20.0
PRUNE_SECONDS = 3600.0

# Dead letters stay until somebody replays or cancels them. With whatever is still open or dead
# stays the whole trail of its cause (the delivery's job, and its brothers to other stores) and
# the job whose call carried its own.
_CHOOSE = """
SELECT job.id, job.channel_id, job.state FROM syncqueue_job AS job
WHERE job.state = ANY('{succeeded,cancelled}') AND job.created_at < %(before)s
  AND job.finished_at < %(before)s
  AND NOT EXISTS (
    SELECT FROM syncqueue_job AS other WHERE other.cause_id = job.cause_id
      AND other.state IN ('queued', 'running', 'retrying', 'waiting', 'dead_lettered'))
  AND NOT EXISTS (
    SELECT FROM syncqueue_call AS carrier
    JOIN syncqueue_call AS member ON member.carrier_id = carrier.id
    JOIN syncqueue_job AS other ON other.id = member.job_id
    WHERE carrier.job_id = job.id
      AND other.state IN ('queued', 'running', 'retrying', 'waiting', 'dead_lettered'))
LIMIT %(batch)s FOR UPDATE OF job SKIP LOCKED
"""
_COUNT = """
INSERT INTO syncqueue_pruned AS pruned (channel_id, state, jobs)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
ON CONFLICT (channel_id, state) DO UPDATE SET jobs = pruned.jobs + EXCLUDED.jobs
"""

# One batch of what ended before an instant, deleted in a transaction of its own: how much of what.
Step = Callable[[datetime, int], Counter[str]]
# What goes together with jobs, in their transaction: given their ids, how many rows are gone.
Companion = Callable[[Sequence[int]], int]
_steps: dict[str, Step] = {}
_companions: dict[str, Companion] = {}


def register_step(name: str, step: Step) -> None:
    """Let an app above prune rows of its own that ended without a job."""
    _steps[name] = step


def register_companion(name: str, delete: Companion) -> None:
    """Let an app above delete what is worth nothing without its job."""
    _companions[name] = delete


def prune_old() -> Counter[str]:
    """Prune what is older than the settings allow, for a while; says how much of what."""
    before = timezone.now() - timedelta(days=settings.SYNCQUEUE["KEEP_DAYS"])
    return prune(before, seconds=RUN_SECONDS)


def prune(before: datetime, *, seconds: float = float("inf"), batch: int = BATCH) -> Counter[str]:
    """Prune everything that ended before an instant, for at most about so many seconds."""
    ends = time.monotonic() + seconds
    pruned: Counter[str] = Counter()
    for step in (_prune_jobs, _prune_tasks, *_steps.values()):
        while time.monotonic() < ends and (gone := step(before, batch)):
            pruned += gone
    return pruned


@transaction.atomic
def _prune_jobs(before: datetime, batch: int) -> Counter[str]:
    """Delete finished jobs with their attempts and calls, and count them in the books."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOOSE, {"before": before, "batch": batch})
        chosen = cursor.fetchall()
        if not chosen:
            return Counter()
        counts = sorted(Counter((channel_id, state) for _, channel_id, state in chosen).items())
        cursor.execute(
            _COUNT,
            [
                [channel_id for (channel_id, _), _ in counts],
                [state for (_, state), _ in counts],
                [count for _, count in counts],
            ],
        )
    ids = [job_id for job_id, *_ in chosen]
    gone = Counter({name: delete(ids) for name, delete in _companions.items()})
    # Through Django, which knows the references from the apps above and empties them.
    Job.objects.filter(pk__in=ids).delete()
    return +gone + Counter(jobs=len(ids))


def _prune_tasks(before: datetime, batch: int) -> Counter[str]:
    """django-q2 keeps its failures for ever: what broken wake-ups said."""
    old = list(Task.objects.filter(stopped__lt=before).values_list("pk", flat=True)[:batch])
    return +Counter(tasks=Task.objects.filter(pk__in=old).delete()[0])
