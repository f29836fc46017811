"""Requests and answers, plainly: what the rooms of the twin pass to each other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["BadRequestError", "Request", "Response", "html", "json_response", "redirect"]

Headers = dict[str, str]


class BadRequestError(ValueError):
    """The request can't be understood; the message says why."""


@dataclass(slots=True)
class Request:
    """`base` is the twin's own address, `path` what remains after the shop's prefix."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str = ""
    prefix: str = ""

    def json(self) -> dict[str, Any]:
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequestError("The body is not JSON.") from error
        if not isinstance(parsed, dict):
            raise BadRequestError("The body is not a JSON object.")
        return parsed

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def fields(self) -> dict[str, Any]:
        """JSON or a form, by the content type: Shopify's token door takes both."""
        is_json = "json" in self.headers.get("content-type", "")
        return self.json() if is_json else dict(self.form())


@dataclass(slots=True)
class Response:
    """`file` is sent after the body, piece by piece."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=dict)
    file: Path | None = None


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = json.dumps(body, separators=(",", ":")).encode()
    return Response(status, raw, {"Content-Type": "application/json; charset=utf-8", **named})


def html(text: str, status: int = 200) -> Response:
    return Response(status, text.encode(), {"Content-Type": "text/html; charset=utf-8"})


def redirect(to: str) -> Response:
    """302, as OAuth's callbacks and saved forms use it."""
    return Response(302, b"", {"Location": to})
