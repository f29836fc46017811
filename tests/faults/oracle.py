"""What must be true when nothing moves any more, by the twin's own log and the tables alone."""

from collections import Counter, defaultdict

from django.db import connection

from catalogue.enums import DeliveryFate
from catalogue.models import ChangeDelivery, Listing
from catalogue.selectors.picture import picture
from stores.models import Delivery
from syncqueue.enums import OPEN_STATES, AttemptOutcome, JobState
from syncqueue.models import Attempt, Channel, Job, Lane
from syncqueue.services.check import check_queue
from tests.faults.killer import NAME as KILLER
from tests.faults.stage import Stage

UNHEARD = (AttemptOutcome.CRASHED, AttemptOutcome.UNKNOWN, AttemptOutcome.LATE)
TRAIL = """
SELECT job.id FROM syncqueue_job AS job
LEFT JOIN syncqueue_attempt AS attempt ON attempt.job_id = job.id
GROUP BY job.id
HAVING job.tries <> count(attempt.id) OR job.tries <> coalesce(max(attempt.number), 0)
    OR bool_or(attempt.finished_at IS NULL AND attempt.id IS NOT NULL)
"""
OVERTAKEN = """
SELECT later.id FROM syncqueue_job AS later JOIN syncqueue_job AS earlier
  ON earlier.lane_id = later.lane_id AND earlier.id < later.id
WHERE later.finished_at < earlier.finished_at AND earlier.id >= %s
"""


def check(stage: Stage, *, since: int = 0, stepped_over: bool = False) -> None:
    """Nothing lost, nothing out of order, nothing doubled, every attempt in the log.

    `stepped_over`: dead letters were replayed, so that younger jobs have ended before them.
    """
    problems = [
        *_lost(stage),
        *_out_of_step(stage),
        *_out_of_order_or_doubled(stage, since),
        *unbalanced(stepped_over=stepped_over, first_job=stage.first_job),
        *_untold(stage, since),
        *(f"{found.code}: {found.sentence}" for found in check_queue().found),
    ]
    assert not problems, "\n".join(problems)


def _lost(stage: Stage) -> list[str]:
    accepted = {
        row["webhook_id"] for row in stage.twin.log(kind="delivery") if row["status"] == 200
    }
    stored = dict(Delivery.objects.values_list("webhook_id", "job__state"))
    found = [f"delivery {one} got a 200 and is not stored" for one in accepted - stored.keys()]
    found += [f"delivery {one} has no job" for one, state in stored.items() if state is None]
    given_up = Job.objects.exclude(state=JobState.SUCCEEDED).exclude(handler=KILLER)
    found += [f"job {j.pk} is {j.state}: {j.error_code} {j.reason}" for j in given_up]
    pending = ChangeDelivery.objects.filter(fate=DeliveryFate.PENDING)
    return found + [f"change {row.change_id} never reached store {row.store_id}" for row in pending]


def _out_of_step(stage: Stage) -> list[str]:
    """Every store shows its effective values, and the hub knows what every store shows."""
    found = []
    for store in stage.stores:
        shown = {product["id"]: product for product in stage.twin.state(store.domain)["products"]}
        for listing in Listing.objects.filter(store=store).select_related("product"):
            if left := picture(listing.pk).to_write():
                found.append(f"{store} should show {left}")
            for name in ("title", "vendor"):
                wanted, seen = getattr(listing.product, name), shown[listing.gid][name]
                if wanted != seen:
                    found.append(f"{store} shows the {name} “{seen}”, not “{wanted}”")
    return found


def _out_of_order_or_doubled(stage: Stage, since: int) -> list[str]:
    """What we write to one attribute of one store rises by the edits' own numbers, strictly."""
    last: dict[tuple[str, str, str], int] = defaultdict(int)
    found = []
    for row in stage.twin.log(since=since, kind="edit"):
        if row["by"] != "app":
            continue
        where, number = (row["shop"], row["resource"], row["attribute"]), number_of(row["new"])
        if number <= last[where]:
            found.append(f"{where} was written {number} after {last[where]}")
        last[where] = number
    return found


def number_of(value: str) -> int:
    """Edits are numbered: “Title 17”, or the price 17.00."""
    return int(float(value.rpartition(" ")[2]))


def unbalanced(*, stepped_over: bool = False, first_job: int = 0) -> list[str]:
    open_jobs = Counter(Job.objects.filter(state__in=OPEN_STATES).values_list("lane", flat=True))
    found = [
        f"lane {lane.pk} says {lane.pending} open jobs, not {open_jobs[lane.pk]}"
        for lane in Lane.objects.all()
        if lane.pending != open_jobs[lane.pk] or (lane.token and not lane.pending)
    ]
    leased = Channel.objects.filter(slot_until__isnull=False, next_due_at__isnull=True)
    found += [f"channel {channel} is held by nobody" for channel in leased]
    with connection.cursor() as cursor:
        if not stepped_over:
            cursor.execute(OVERTAKEN, [first_job])
            found += [f"job {job} ended before an older one of its lane" for (job,) in cursor]
        cursor.execute(TRAIL)
        return found + [f"the trail of job {job} is not whole" for (job,) in cursor]


def _untold(stage: Stage, since: int) -> list[str]:
    """Every write that a shop took is an attempt's, or some attempt's that heard no answer."""
    rows = stage.twin.log(since=since, kind="edit")
    requests = {row["request_id"] for row in rows if row["by"] == "app"}
    attempts = Attempt.objects.all()
    heard = attempts.filter(request_id__in=requests).values_list("request_id", flat=True)
    untold, unheard = requests - set(heard), attempts.filter(outcome__in=UNHEARD).count()
    return [f"writes {untold} stand in no attempt"] if len(untold) > unheard else []
