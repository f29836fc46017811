"""The address that Shopify posts to; 2xx only after what it sent is on disk."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from stores.errors import IntakeRefusedError
from stores.services.intake import Headers, take_in

LONGEST_HEADER = 100


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def shopify_webhook(request: HttpRequest) -> HttpResponse:
    try:
        new = take_in(_headers(request), _body(request))
    except IntakeRefusedError as refused:
        return HttpResponse(f"{refused}\n", status=refused.status, content_type="text/plain")
    return HttpResponse("Stored.\n" if new else "Known.\n", content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > settings.WEBHOOK_MAX_BYTES:
        raise IntakeRefusedError(413, "The body is too large.")
    body = request.read(settings.WEBHOOK_MAX_BYTES + 1)
    if len(body) > settings.WEBHOOK_MAX_BYTES:
        raise IntakeRefusedError(413, "The body is too large.")
    return body


def _headers(request: HttpRequest) -> Headers:
    return Headers(
        domain=_header(request, "Shop-Domain").lower(),
        topic=_header(request, "Topic"),
        webhook_id=_header(request, "Webhook-Id"),
        signature=_header(request, "Hmac-Sha256"),
        api_version=_given(request, "API-Version")[:20],
        event_id=_given(request, "Event-Id")[:LONGEST_HEADER],
        triggered_at=_instant(_given(request, "Triggered-At")),
    )


def _header(request: HttpRequest, name: str) -> str:
    value = _given(request, name)
    if not value or len(value) > LONGEST_HEADER:
        raise IntakeRefusedError(400, f"The header X-Shopify-{name} is missing or too long.")
    return value


def _given(request: HttpRequest, name: str) -> str:
    value: str = request.META.get(f"HTTP_X_SHOPIFY_{name.upper().replace('-', '_')}", "")
    return value


def _instant(raw: str) -> datetime | None:
    """An unsigned hint: what can't be read is as good as missing."""
    try:
        instant = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
