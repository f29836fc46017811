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
        api_version=request.headers.get("X-Shopify-API-Version", "")[:20],
        event_id=request.headers.get("X-Shopify-Event-Id", "")[:LONGEST_HEADER],
        triggered_at=_instant(request.headers.get("X-Shopify-Triggered-At", "")),
    )


def _header(request: HttpRequest, name: str) -> str:
    value = request.headers.get(f"X-Shopify-{name}", "")
    if not value or len(value) > LONGEST_HEADER:
        raise IntakeRefusedError(400, f"The header X-Shopify-{name} is missing or too long.")
    return value


def _instant(raw: str) -> datetime | None:
    """An unsigned hint: what can't be read is as good as missing."""
    try:
        instant = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
