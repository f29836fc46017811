"""Every refusal of the API: `application/problem+json` with one sentence (RFC 9457)."""

import logging
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import bad_request, server_error
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from stores.errors import StoresError

MEDIA_TYPE = "application/problem+json"
ROOT = "/api/"
MOST_TOLD = 100
logger = logging.getLogger(__name__)


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
    id = serializers.UUIDField(required=False, help_text="Of a mistake of ours, for the log.")


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    body = {**_body(status, code, detail), **more}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to what went wrong. A mistake of ours has an id, by which the log knows it."""
    if isinstance(error, StoresError):
        return problem(error.status, code_of(error), str(error))
    plain = exception_handler(error, dict(context))
    if plain is None:
        set_rollback()
        return _ours(error)
    if isinstance(error, ValidationError):
        messages = islice(_messages(error.detail), MOST_TOLD)
        found = [{"field": path, "message": said} for path, said in messages]
        first = found[0]
        said = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
        answer = problem(plain.status_code, "invalid", _sentence(said), fields_refused=found)
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


def failed(request: HttpRequest) -> HttpResponse:
    """What stands in the place of Django's own page for a mistake outside of every view."""
    if not request.path.startswith(ROOT):
        return server_error(request)
    identity = uuid4()
    logger.error("API problem %s: %s failed outside of its view", identity, request.path)
    return JsonResponse(_of_mistake(identity), status=500, content_type=MEDIA_TYPE)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What stands in the place of Django's own page for requests that no view sees."""
    if not request.path.startswith(ROOT):
        return bad_request(request, exception)
    body = _body(400, "bad_request", "This request can't be read.")
    return JsonResponse(body, status=400, content_type=MEDIA_TYPE)


def _ours(error: Exception) -> Response:
    if isinstance(error, (OperationalError, InterfaceError)):
        logger.warning("The database did not answer the API: %s", error)
        said = "The database can't answer right now: ask again in a moment."
        answer = problem(503, "unavailable", said)
        answer["Retry-After"] = "5"
        return answer
    identity = uuid4()
    logger.error("API problem %s", identity, exc_info=error)
    return Response(_of_mistake(identity), status=500, content_type=MEDIA_TYPE)


def _of_mistake(identity: UUID) -> dict[str, Any]:
    said = f"This failed by a mistake of ours: name the id {identity} to whoever runs Store Sync."
    return {**_body(500, "internal_error", said), "id": str(identity)}


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
    return _sentence(said)


def _sentence(said: str) -> str:
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
