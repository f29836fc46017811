"""Answering a repeated request as the first time, whoever died in between."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from stores.errors import KeyInUseError, KeyReusedError
from stores.models import ApiAnswer

# Waits for nobody: a second request of the same key while the first runs is told so.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in JSON's types; `repeated` where it was stored before."""

    status: int
    body: Any
    repeated: bool = False


def answer_once(
    *, workspace_id: int, key: str, request: Any, answer: Callable[[], Answered]
) -> Answered:
    """Do something once for a key; what it changes and what it answered are one transaction.

    A failure stores nothing, so the same request may be sent again. Raises KeyInUseError and
    KeyReusedError.
    """
    asked = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        _lock(workspace_id, key)
        stored = ApiAnswer.objects.filter(workspace=workspace_id, key=key).first()
        if stored is None:
            fresh = answer()
            ApiAnswer.objects.create(
                workspace_id=workspace_id,
                key=key,
                request_hash=asked,
                status=fresh.status,
                body=fresh.body,
            )
            return fresh
    if stored.request_hash != asked:
        raise KeyReusedError("This Idempotency-Key came with another request before: take a new.")
    return Answered(stored.status, stored.body, repeated=True)


def _lock(workspace_id: int, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [key, workspace_id])
        if not cursor.fetchone()[0]:
            raise KeyInUseError(
                "A request with this Idempotency-Key is being answered: ask again in a moment."
            )


def prune_answers(before: datetime, batch: int) -> Counter[str]:
    """Forget old answers; one batch."""
    old = ApiAnswer.objects.filter(created_at__lt=before).values_list("pk", flat=True)[:batch]
    return +Counter(api_answers=ApiAnswer.objects.filter(pk__in=list(old)).delete()[0])
