"""A port call as the engine wants it: an Answer, whatever happened."""

import time
from collections.abc import Callable
from dataclasses import replace

from stores.shopify.errors import ShopifyError
from stores.shopify.meter import metered
from stores.shopify.types import Reply
from syncqueue.domain.handling import Answer, CallError

__all__ = ["answer_of"]


def answer_of(call: Callable[[], Reply]) -> Answer:
    """Run one call of one or more requests; its reply or its failure, in the engine's words."""
    with metered() as meter:
        answer = _answer_of(call)
    return replace(answer, asked=meter.asked, cost=meter.cost, points=meter.points)


def _answer_of(call: Callable[[], Reply]) -> Answer:
    started = time.monotonic()
    try:
        reply = call()
    except ShopifyError as error:
        return Answer(
            error=CallError(error.kind, error.code, error.message, error.retry_after),
            http_status=error.http_status,
            request_id=error.request_id,
            seconds=error.seconds,
        )
    return Answer(
        body=reply.body,
        http_status=reply.http_status,
        request_id=reply.request_id,
        seconds=time.monotonic() - started,
    )
