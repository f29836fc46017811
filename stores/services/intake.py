"""The inbox: a verified delivery and its job are stored by one statement."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import OperationalError, connection

from stores.domain.shops import shop_domain
from stores.errors import IntakeRefusedError
from stores.models import Delivery, Store
from stores.services.tokens import credentials_of
from stores.shopify.errors import BadPayload
from stores.shopify.signing import webhook_is_genuine
from stores.shopify.topics import Topic, declared
from syncqueue.services.enqueue import ENQUEUE_ONE
from syncqueue.services.wake import wake

_COLUMNS = "store_id, webhook_id, topic, event_id, api_version, triggered_at, body"
# Shopify gives a delivery five seconds; a lane that somebody holds may not eat them. The bound is
# set by what the insert reads from, so that it stands before the lane is locked.
_STORE_BOTH = f"""
WITH delivery AS (
  INSERT INTO stores_delivery ({_COLUMNS}, job_id, enqueued_at)
  SELECT %(store)s, %(webhook_id)s, %(topic)s, %(event_id)s, %(api_version)s,
         %(triggered_at)s::timestamptz, %(body)s, nextval('syncqueue_job_id_seq'),
         statement_timestamp()
  FROM (SELECT set_config('lock_timeout', '300ms', true)) AS bound
  ON CONFLICT (store_id, webhook_id) DO NOTHING RETURNING id, job_id),
new_job AS MATERIALIZED (
  SELECT job_id AS id, %(channel)s::bigint AS channel_id, 'in' AS kind, %(key)s::text AS key,
         %(handler)s::text AS handler, jsonb_build_object('delivery', id) AS payload,
         %(cause)s::uuid AS cause_id, 1 AS priority, 'inbound' AS policy FROM delivery),
{ENQUEUE_ONE}
SELECT count(*) FROM added
"""  # noqa: S608  only constants
_STORE_ALONE = f"""
INSERT INTO stores_delivery ({_COLUMNS}, closed_at, closed_reason)
VALUES (%(store)s, %(webhook_id)s, %(topic)s, %(event_id)s, %(api_version)s, %(triggered_at)s,
        %(body)s, CASE WHEN %(closed)s <> '' THEN statement_timestamp() END, %(closed)s)
ON CONFLICT (store_id, webhook_id) DO NOTHING
"""  # noqa: S608
_ENQUEUE_STRANDED = f"""
WITH stranded AS (
  UPDATE stores_delivery SET job_id = nextval('syncqueue_job_id_seq'),
                             enqueued_at = statement_timestamp()
  WHERE id = %(delivery)s AND enqueued_at IS NULL AND closed_at IS NULL RETURNING id, job_id),
new_job AS MATERIALIZED (
  SELECT job_id AS id, %(channel)s::bigint AS channel_id, 'in' AS kind, %(key)s::text AS key,
         %(handler)s::text AS handler, jsonb_build_object('delivery', id) AS payload,
         %(cause)s::uuid AS cause_id, 1 AS priority, 'inbound' AS policy FROM stranded),
{ENQUEUE_ONE}
SELECT count(*) FROM added
"""  # noqa: S608
KNOWN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Known:
    """What intake needs to know of a store: where it goes, and whose signature counts."""

    store_id: int
    channel_id: int
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Known({self.store_id})"


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of a delivery that decide anything."""

    domain: str
    topic: str
    webhook_id: str
    signature: str
    api_version: str = ""
    event_id: str = ""
    triggered_at: datetime | None = None


_known: dict[str, tuple[float, Known | None]] = {}


def take_in(headers: Headers, body: bytes) -> bool:
    """Verify, then parse, then store; False where this delivery was stored before.

    Raises IntakeRefusedError, with nothing stored.
    """
    known = known_store(headers.domain)
    if known is None:
        raise IntakeRefusedError(404, "This shop is not connected here.")
    if not webhook_is_genuine(body, headers.signature, known.secrets):
        raise IntakeRefusedError(401, "The signature does not fit the body.")
    parsed = _parsed(body, headers.domain)
    values = _values(headers, body, known)
    topic = declared(headers.topic)
    if topic is None:
        return _store_alone(values, "A topic that is not declared here; nothing was done.")
    try:
        key = topic.key(parsed)
    except BadPayload as error:
        raise IntakeRefusedError(400, f"The body does not fit its topic: {error}") from error
    return _store_both({**values, **_job_of(topic, key, known)})


def known_store(domain: str) -> Known | None:
    """The store of a domain, remembered for seconds: deliveries come often, changes rarely."""
    found = _known.get(domain)
    if found and time.monotonic() - found[0] < KNOWN_SECONDS:
        return found[1]
    checked = shop_domain(domain)
    rows = Store.objects.select_related("organization").filter(domain=checked)
    store = rows.exclude(shop_gid="").first() if checked else None
    known = store and Known(store.pk, store.channel_id, credentials_of(store).secrets)
    if known:
        _known[domain] = (time.monotonic(), known)
    return known


def forget_known() -> None:
    """Forget the remembered stores (after a change of secrets)."""
    _known.clear()


def enqueue_stranded(*, most: int = 500) -> int:
    """Give deliveries that met a locked lane their jobs; says how many."""
    rows = Delivery.objects.filter(enqueued_at=None, closed_at=None).select_related("store")
    count = 0
    for delivery in rows.order_by("id")[:most]:
        topic = declared(delivery.topic)
        if topic is None:
            continue
        key = topic.key(json.loads(bytes(delivery.body)))
        known = Known(delivery.store_id, delivery.store.channel_id, ())
        values = {"delivery": delivery.pk, **_job_of(topic, key, known)}
        with connection.cursor() as cursor:
            cursor.execute(_ENQUEUE_STRANDED, values)
        wake([known.channel_id])
        count += 1
    return count


def _parsed(body: bytes, domain: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise IntakeRefusedError(400, "The body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise IntakeRefusedError(400, "The body is not a JSON object.")
    named = parsed.get("myshopify_domain", domain)
    if named != domain:
        raise IntakeRefusedError(401, "The body is about another shop than its header.")
    return parsed


def _values(headers: Headers, body: bytes, known: Known) -> dict[str, Any]:
    return {
        "store": known.store_id,
        "webhook_id": headers.webhook_id,
        "topic": headers.topic,
        "event_id": headers.event_id,
        "api_version": headers.api_version,
        "triggered_at": headers.triggered_at,
        "body": body,
        "closed": "",
    }


def _job_of(topic: Topic, key: str, known: Known) -> dict[str, Any]:
    return {
        "channel": known.channel_id,
        "key": key,
        "handler": topic.handler,
        "cause": uuid4(),
    }


def _store_both(values: dict[str, Any]) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_STORE_BOTH, values)
            new = bool(cursor.fetchone()[0])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":
            raise
        return _store_alone(values, "")
    if new:
        wake([values["channel"]])
    return new


def _store_alone(values: dict[str, Any], reason: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_STORE_ALONE, {**values, "closed": reason})
        return bool(cursor.rowcount)
