"""A port call as the engine wants it: an Answer, whatever happened."""

from collections.abc import Callable

from stores.shopify.errors import ShopifyError
from stores.shopify.types import Reply
from syncqueue.domain.handling import Answer, CallError

__all__ = ["answer_of"]


def answer_of(call: Callable[[], Reply]) -> Answer:
    """Run one call; its reply or its failure, in the engine's words."""
    try:
        reply = call()
    except ShopifyError as error:
        return Answer(
            error=CallError(error.kind, error.code, error.message, error.retry_after),
            http_status=error.http_status,
            request_id=error.request_id,
            cost=error.cost,
            points=error.points,
            seconds=error.seconds,
        )
    return Answer(
        body=reply.body,
        http_status=reply.http_status,
        request_id=reply.request_id,
        cost=reply.cost,
        points=reply.points,
        seconds=reply.seconds,
    )
