"""The least that a Django view can do with a webhook: check the same HMAC, do one raw INSERT.

Served by the same settings, middleware and connections as ours: what ours does above it is what we
pay for order, for the job and for the refusals.
"""

import base64
import hashlib
import hmac
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apimio_sync.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    body = request.body
    signature = hmac.digest(settings.SHOPIFY_CLIENT_SECRET.encode(), body, hashlib.sha256)
    given = request.headers["X-Shopify-Hmac-Sha256"]
    if not hmac.compare_digest(base64.b64encode(signature), given.encode()):
        return HttpResponse(status=401)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [body])
    return HttpResponse("Stored.\n", content_type="text/plain")


urlpatterns = [path("webhooks/shopify/", webhook)]
settings.ROOT_URLCONF = __name__
application = get_wsgi_application()
