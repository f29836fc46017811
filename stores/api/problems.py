"""Every refusal of the API: `application/problem+json` with one sentence (RFC 9457)."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from stores.errors import StoresError

MEDIA_TYPE = "application/problem+json"


class FieldProblem(serializers.Serializer[Any]):
    field = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """What every refusal looks like; some kinds add members of their own."""

    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Names the case for programs.")
    detail = serializers.CharField(help_text="One sentence for people.")
    fields_refused = FieldProblem(many=True, required=False)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    body = {**_body(status, code, detail), **more}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to what went wrong; None where it is a mistake of ours."""
    if isinstance(error, StoresError):
        return problem(error.status, code_of(error), str(error))
    plain = exception_handler(error, dict(context))
    if plain is None:
        return None
    if isinstance(error, ValidationError):
        found = [{"field": path, "message": said} for path, said in _messages(error.detail)]
        first = found[0]
        said = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
        answer = problem(plain.status_code, "invalid", said, fields_refused=found)
    else:
        answer = problem(plain.status_code, _code(error), _detail(error))
    for name in ("WWW-Authenticate", "Retry-After"):
        if name in plain.headers:
            answer[name] = plain.headers[name]
    return answer


def no_such_address(request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
    """The answer of addresses that don't exist."""
    body = _body(404, "not_found", f"There is nothing at {request.path}.")
    return JsonResponse(body, status=404, content_type=MEDIA_TYPE)


def code_of(error: Exception) -> str:
    """`KeyReusedError` is `key_reused`."""
    words = re.findall("[A-Z][a-z]+", type(error).__name__.removesuffix("Error"))
    return "_".join(words).lower()


def _body(status: int, code: str, detail: str) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {"title": title, "status": status, "code": code, "detail": detail}


def _code(error: Exception) -> str:
    if isinstance(error, APIException):
        return str(error.get_codes() if isinstance(error.detail, str) else error.default_code)
    return "permission_denied" if isinstance(error, PermissionDenied) else "not_found"


def _detail(error: Exception) -> str:
    if isinstance(error, Http404):
        return "There is no such record in this workspace."
    said = str(getattr(error, "detail", "") or error or "This is not allowed.")
    return said if said.endswith(".") else f"{said}."


def _messages(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every message with the way to its field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _messages(inner, ".".join(filter(None, (path, step))))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _messages(inner, f"{path}[{place}]" if nested else path)
    else:
        yield path, str(detail)
