"""Writes that may be sent again: `Idempotency-Key`."""

import json
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from stores.api.scoped import ScopedViewSet
from stores.services.idempotency import Answered, answer_once

HEADER = "Idempotency-Key"
LONGEST = 255
KEY_PARAMETER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Any text of yours. The same key with the same request gives the same answer.",
)


def once(view: ScopedViewSet, answer: Callable[[], Answered]) -> Response:
    """Answer a request that may come again; a stored answer says so in `Idempotency-Replayed`."""
    key = view.request.headers.get(HEADER, "")
    if not 0 < len(key) <= LONGEST:
        raise ValidationError(
            {HEADER: [f"Send a text of up to {LONGEST} characters, new for every new request."]}
        )
    asked = {"path": view.request.path, "body": view.request.data}
    given = answer_once(workspace_id=view.workspace_id, key=key, request=asked, answer=answer)
    headers = {"Idempotency-Replayed": "true"} if given.repeated else None
    return Response(given.body, status=given.status, headers=headers)


def plain(data: Any) -> Any:
    """What a serializer gives, in JSON's own types."""
    return json.loads(JSONRenderer().render(data))
