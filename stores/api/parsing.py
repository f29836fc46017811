"""Reading the bodies of requests: JSON within bounds, before anything else looks at it."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 32
MOST_VALUES = 500_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class TooLargeError(APIException):
    """More than is read from one request."""

    status_code = 413
    default_code = "too_large"


class JSONParser(BaseParser):
    """JSON that PostgreSQL can keep: no NUL, no half of a character, no number without end."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        try:
            read = json.loads(_read(stream).decode(), parse_constant=_no_constant)
        except RecursionError:
            raise _too_deep() from None
        except ValueError as error:
            raise ParseError(f"This is no JSON: {error}.") from None
        _check(read)
        return read


def _read(stream: Any) -> bytes:
    most = settings.API_MAX_BYTES
    body: bytes = stream.read(most + 1)
    if len(body) > most:
        raise TooLargeError(f"A request has at most {most:,} bytes: divide it.")
    return body


def _check(read: Any) -> None:
    """Walk over everything without recursion, level by level."""
    level, seen = [read], 0
    for _ in range(DEEPEST):
        seen += len(level)
        if seen > MOST_VALUES:
            raise TooLargeError(f"A request has at most {MOST_VALUES:,} values: divide it.")
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise _too_deep()


def _inside(one: Any) -> Any:
    if isinstance(one, str):
        if _UNSTORABLE.search(one):
            raise ParseError("A text holds a character that can't be stored (NUL or a surrogate).")
    elif isinstance(one, float) and not math.isfinite(one):
        raise ParseError("A number is too large.")
    elif isinstance(one, dict):
        return [*one.keys(), *one.values()]
    return one if isinstance(one, list) else ()


def _too_deep() -> ParseError:
    return ParseError(f"Objects and lists stand in each other more than {DEEPEST} levels deep.")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")
