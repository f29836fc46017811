"""The trail of a change in each store: when it was sent, accepted, or why it was not."""

from collections.abc import Sequence

from catalogue.enums import DeliveryFate
from catalogue.models import ChangeDelivery
from catalogue.selectors.picture import Picture
from syncqueue.domain.handling import JobView
from syncqueue.models import Attempt


def mark_shown(job_ids: Sequence[int]) -> None:
    """Nothing had to be written: the store already shows these changes, or later ones."""
    ChangeDelivery.objects.filter(job_id__in=job_ids, fate=DeliveryFate.PENDING).update(
        fate=DeliveryFate.SHOWN, reason="The store already showed this value, or a later one."
    )


def mark_refused(job_id: int, message: str) -> None:
    ChangeDelivery.objects.filter(job_id=job_id, fate=DeliveryFate.PENDING).update(
        fate=DeliveryFate.REFUSED, reason=message
    )


def mark_written(
    job: JobView, passengers: Sequence[JobView], pic: Picture, written: set[tuple[str, str]]
) -> None:
    """Date the changes of a job and its passengers by the call that carried them."""
    attempt = Attempt.objects.filter(job_id=job.id, finished_at=None).select_related("call").first()
    call = attempt.call if attempt else None
    jobs = [job.id, *(rider.id for rider in passengers)]
    rows = ChangeDelivery.objects.filter(job_id__in=jobs, fate=DeliveryFate.PENDING)
    carried = [
        row.pk
        for row in rows.select_related("change")
        if (_host(pic, row.change.variant_id), row.change.attribute) in written
    ]
    ChangeDelivery.objects.filter(pk__in=carried).update(
        fate=DeliveryFate.WRITTEN,
        attempt=attempt,
        sent_at=call and call.sent_at,
        accepted_at=call and call.answered_at,
    )
    mark_shown(jobs)


def _host(pic: Picture, variant_id: int | None) -> str:
    if variant_id is None:
        return pic.listing.gid
    host = pic.hosts.get(variant_id)
    return host.gid if host else ""
