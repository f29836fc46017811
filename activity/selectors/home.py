"""Per store: mode, health, queue, latency and dead letters, each number with its rows."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from stores.models import Store
from syncqueue.enums import OPEN_STATES, Health, JobState
from syncqueue.models import Balance, Finding
from syncqueue.selectors.forecast import Forecast, forecasts

_NUMBERS = """
SELECT store.id,
  (SELECT count(*) FROM syncqueue_job WHERE channel_id = store.channel_id
     AND state = ANY(%(open)s)),
  (SELECT min(created_at) FROM syncqueue_job WHERE channel_id = store.channel_id
     AND state = ANY(%(open)s)),
  (SELECT count(*) FROM syncqueue_job WHERE channel_id = store.channel_id
     AND state = %(dead)s),
  (SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY
       extract(epoch FROM delivery.accepted_at - change.created_at))
     FROM catalogue_changedelivery AS delivery
     JOIN catalogue_change AS change ON change.id = delivery.change_id
     WHERE delivery.store_id = store.id
       AND delivery.accepted_at > statement_timestamp() - interval '24 hours')
FROM stores_store AS store WHERE store.id = ANY(%(stores)s)
"""
HEALTH_WORDS = {
    Health.WAITING: "Queued — waiting on Shopify",
    Health.TRIAL: "Queued — waiting on Shopify (trying)",
    Health.HELD: "Held",
    Health.DEGRADED: "Degraded",
    Health.HEALTHY: "Healthy",
}


@dataclass(frozen=True, slots=True)
class StoreRow:
    """One store's numbers; latencies are milliseconds from edit to accepted, over 24 hours."""

    store: Store
    health: str
    reason: str
    depth: int
    oldest: datetime | None
    dead: int
    latencies: tuple[int, ...]
    balance: Balance | None = None
    findings: tuple[Finding, ...] = ()
    forecast: Forecast | None = None

    @property
    def books(self) -> list[tuple[str, int, str]]:
        """What was received and where it is: word, number, address of the rows."""
        kept = self.balance
        if kept is None:
            return []
        return [
            ("Received", kept.received, self._jobs()),
            ("Succeeded", kept.succeeded, self._jobs(state__exact=JobState.SUCCEEDED.value)),
            ("Dead-lettered", kept.dead_lettered, self.dead_url),
            ("Cancelled", kept.cancelled, self._jobs(state__exact=JobState.CANCELLED.value)),
            ("Open", kept.open, self.open_url),
        ]

    @property
    def open_url(self) -> str:
        return self._jobs(state__in=",".join(OPEN_STATES))

    @property
    def dead_url(self) -> str:
        return self._jobs(state__exact=JobState.DEAD_LETTERED.value)

    @property
    def latency_url(self) -> str:
        address = reverse("admin:catalogue_changedelivery_changelist")
        since = timezone.now() - timedelta(hours=24)
        filters = {"store__id__exact": self.store.pk, "accepted_at__gte": since.isoformat()}
        return f"{address}?{urlencode(filters)}"

    @property
    def oldest_url(self) -> str:
        return f"{self.open_url}&o=1"

    def _jobs(self, **filters: str) -> str:
        address = reverse("admin:syncqueue_job_changelist")
        channel = {"channel__id__exact": self.store.channel_id}
        return f"{address}?{urlencode({**channel, **filters})}"


def store_rows(user: Any) -> list[StoreRow]:
    """The stores that this person may see, in four queries."""
    stores = Store.objects.for_user(user).select_related("channel__balance", "workspace")
    return _rows(list(stores.prefetch_related("channel__findings")))


def store_row(store: Store) -> StoreRow:
    return _rows([store])[0]


def _rows(stores: list[Store]) -> list[StoreRow]:
    if not stores:
        return []
    values: dict[str, str | list[str] | list[int]] = {
        "open": [state.value for state in OPEN_STATES],
        "dead": JobState.DEAD_LETTERED.value,
        "stores": [store.pk for store in stores],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, values)
        numbers = {row[0]: row[1:] for row in cursor.fetchall()}
    ahead = forecasts([store.channel_id for store in stores])
    return [
        replace(_row(store, *numbers[store.pk]), forecast=ahead[store.channel_id])
        for store in stores
    ]


def _row(
    store: Store, depth: int, oldest: datetime | None, dead: int, seconds: list[float] | None
) -> StoreRow:
    channel = store.channel
    return StoreRow(
        store=store,
        health="Paused" if channel.paused else HEALTH_WORDS[Health(channel.health)],
        reason=channel.health_reason,
        depth=depth,
        oldest=oldest,
        dead=dead,
        latencies=tuple(round(1000 * one) for one in seconds or ()),
        balance=getattr(channel, "balance", None),
        findings=tuple(channel.findings.all()),
    )
