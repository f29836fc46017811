"""The trail of a change in each store: when it was sent, accepted, or why it was not."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from catalogue.domain.diff import LeafKey
from catalogue.enums import DeliveryFate
from catalogue.models import ChangeDelivery
from catalogue.selectors.picture import Picture
from syncqueue.domain.handling import JobView

SHOWN = "The store already showed this value, or a later one."
# What the call carried is written; whatever else waited for it the store shows already.
_MARK_WRITTEN = """
WITH carrier AS (
  SELECT attempt.id, call.sent_at, call.answered_at FROM syncqueue_attempt AS attempt
  JOIN syncqueue_call AS call ON call.id = attempt.call_id
  WHERE attempt.job_id = %(job)s AND attempt.finished_at IS NULL
), written AS (
  SELECT * FROM unnest(%(variants)s::bigint[], %(attributes)s::text[]) AS w(variant_id, attribute)
), pending AS (
  SELECT d.id, EXISTS (SELECT 1 FROM written AS w WHERE w.attribute = c.attribute
                       AND w.variant_id IS NOT DISTINCT FROM c.variant_id) AS carried
  FROM catalogue_changedelivery AS d JOIN catalogue_change AS c ON c.id = d.change_id
  WHERE d.job_id = ANY(%(jobs)s) AND d.fate = 'pending'
)
UPDATE catalogue_changedelivery AS d SET
  fate = CASE WHEN carried THEN 'written' ELSE 'shown' END,
  reason = CASE WHEN carried THEN d.reason ELSE %(shown)s END,
  attempt_id = CASE WHEN carried THEN (SELECT id FROM carrier) END,
  sent_at = CASE WHEN carried THEN (SELECT sent_at FROM carrier) END,
  accepted_at = CASE WHEN carried THEN (SELECT answered_at FROM carrier) END
FROM pending WHERE d.id = pending.id
"""
# A change of the shape is taken in steps, each carrying a part of what waits.
_MARK_CARRIED = """
UPDATE catalogue_changedelivery AS d SET fate = 'written', attempt_id = carrier.id,
  sent_at = carrier.sent_at, accepted_at = carrier.answered_at
FROM (
  SELECT attempt.id, call.sent_at, call.answered_at FROM syncqueue_attempt AS attempt
  JOIN syncqueue_call AS call ON call.id = attempt.call_id
  WHERE attempt.job_id = %(job)s AND attempt.finished_at IS NULL
) AS carrier, catalogue_change AS c,
unnest(%(variants)s::bigint[], %(attributes)s::text[]) AS w(variant_id, attribute)
WHERE c.id = d.change_id AND d.store_id = %(store)s AND c.product_id = %(product)s
  AND d.fate = 'pending' AND c.attribute = w.attribute
  AND w.variant_id IS NOT DISTINCT FROM c.variant_id AND c.created_at <= carrier.sent_at
"""


def mark_shown(job_ids: Sequence[int]) -> None:
    """Nothing had to be written: the store already shows these changes, or later ones."""
    ChangeDelivery.objects.filter(job_id__in=job_ids, fate=DeliveryFate.PENDING).update(
        fate=DeliveryFate.SHOWN, reason=SHOWN
    )


def mark_refused(job_id: int, message: str) -> None:
    ChangeDelivery.objects.filter(job_id=job_id, fate=DeliveryFate.PENDING).update(
        fate=DeliveryFate.REFUSED, reason=message
    )


def mark_held(job_id: int, reason: str) -> None:
    ChangeDelivery.objects.filter(job_id=job_id, fate=DeliveryFate.PENDING).update(
        fate=DeliveryFate.HELD, reason=reason
    )


def mark_carried(job: JobView, pic: Picture, carried: Collection[LeafKey]) -> None:
    """Date whatever waits for this store to show these leaves by the call that wrote them."""
    values: dict[str, Any] = {
        "job": job.id,
        "store": pic.store.pk,
        "product": pic.listing.product_id,
        "variants": [variant_id for variant_id, _ in carried],
        "attributes": [name for _, name in carried],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARK_CARRIED, values)


def mark_written(
    job: JobView, passengers: Sequence[JobView], pic: Picture, written: set[tuple[str, str]]
) -> None:
    """Date the changes of a job and its passengers by the call that carried them."""
    variant_of = {host.gid: variant_id for variant_id, host in pic.hosts.items()}
    leaves = [(variant_of.get(gid), attribute) for gid, attribute in written]
    values: dict[str, Any] = {
        "job": job.id,
        "jobs": [job.id, *(rider.id for rider in passengers)],
        "variants": [variant_id for variant_id, _ in leaves],
        "attributes": [attribute for _, attribute in leaves],
        "shown": SHOWN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARK_WRITTEN, values)
