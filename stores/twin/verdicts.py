"""What stands around a document's data: its cost, and the errors that keep it from running."""

from collections.abc import Mapping, Sequence
from typing import Any

from stores.twin import cost

__all__ = ["extensions", "internal_error", "throttled", "too_dear"]

Json = dict[str, Any]


def extensions(
    wanted: int,
    spent: int | None,
    status: Mapping[str, float],
    fields: Sequence[Json] | None = None,
    searches: Sequence[Json] = (),
) -> Json:
    """`fields` is the cost field by field, for those who asked; `searches` what they left out."""
    spending: Json = {"requestedQueryCost": wanted, "actualQueryCost": spent}
    told = {} if fields is None else {"fields": fields}
    notes = {"search": searches} if searches else {}
    return {"cost": {**spending, "throttleStatus": status, **told}, **notes}


def throttled(wanted: int, status: Mapping[str, float]) -> Json:
    documentation = "https://shopify.dev/api/usage/rate-limits"
    facts = {"code": "THROTTLED", "documentation": documentation}
    errors = [{"message": "Throttled", "extensions": facts}]
    return {"errors": errors, "extensions": extensions(wanted, None, status)}


def internal_error(request_id: str) -> Json:
    said = f"Internal error. Looks like something went wrong on our end. Request ID: {request_id}"
    facts = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    return {"message": said, "extensions": facts}


def too_dear(wanted: int) -> Json:
    said = (
        f"Query cost is {wanted}, which exceeds the single query max cost limit ({cost.MAXIMUM})."
    )
    facts = {"code": "MAX_COST_EXCEEDED", "cost": wanted, "maxCost": cost.MAXIMUM}
    return {"message": said, "extensions": facts}
