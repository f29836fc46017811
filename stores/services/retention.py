"""What becomes of the inbox: a delivery is kept as long as its job, and checked like it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from stores.models import Delivery
from stores.services.idempotency import prune_answers
from syncqueue.selectors.inspections import Inspection, add_inspection
from syncqueue.services.prune import register_companion, register_step

INSPECTIONS = (
    Inspection(
        "stranded_delivery",
        "Deliveries were stored over a minute ago and have no job yet",
        """SELECT store.channel_id, delivery.id FROM stores_delivery AS delivery
           JOIN stores_store AS store ON store.id = delivery.store_id
           WHERE delivery.enqueued_at IS NULL AND delivery.closed_at IS NULL
             AND delivery.received_at < statement_timestamp() - interval '1 minute'""",
    ),
    Inspection(
        "orphaned_delivery",
        "Deliveries have lost their jobs",
        """SELECT store.channel_id, delivery.id FROM stores_delivery AS delivery
           JOIN stores_store AS store ON store.id = delivery.store_id
           WHERE delivery.enqueued_at IS NOT NULL AND delivery.job_id IS NULL""",
    ),
)


def delete_with_jobs(job_ids: Sequence[int]) -> int:
    """Delete the deliveries that these jobs decided."""
    return int(Delivery.objects.filter(job__in=job_ids).delete()[0])


def prune_closed(before: datetime, batch: int) -> Counter[str]:
    """Delete deliveries that were closed without a job before an instant; one batch."""
    old = Delivery.objects.filter(closed_at__lt=before).values_list("pk", flat=True)[:batch]
    return +Counter(deliveries=Delivery.objects.filter(pk__in=list(old)).delete()[0])


def register_retention() -> None:
    """Make the engine's pruning and its check know the inbox."""
    register_companion("deliveries", delete_with_jobs)
    register_step("deliveries", prune_closed)
    register_step("api_answers", prune_answers)
    for inspection in INSPECTIONS:
        add_inspection(inspection)
