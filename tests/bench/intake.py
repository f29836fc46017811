"""Webhooks a second: our address beside a bare view, each behind the same web server.

Both are asked the same signed requests, 10 KB products of 200 resources, over as many kept
connections, in turns of the same run; whatever was answered with 200 is counted in the database.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median
from unittest.mock import patch

from django.conf import settings
from django.db import connection
from django.test import override_settings

from apimio_sync.demo.stage import free_port
from stores.enums import Mode
from stores.models import Delivery, Store, Workspace
from stores.shopify.signing import webhook_signature
from syncqueue.models import Channel, Job

DOMAIN, SECRET = "bench.myshopify.com", "bench-secret"
BODY_BYTES, RESOURCES = 10_000, 200
CONNECTIONS, ROUNDS, SECONDS = 8, 5, 2.0
PATH = "/webhooks/shopify/"
BARE_TABLE = "CREATE TABLE bench_bare (id bigserial PRIMARY KEY, body bytea NOT NULL)"


def run() -> dict[str, float]:
    """Requests a second of both, by the median round, and ours as a share of the bare view's."""
    make_store()
    with connection.cursor() as cursor:
        cursor.execute(BARE_TABLE)
    environment = {"SHOPIFY_CLIENT_SECRET": SECRET}
    with patch.dict(os.environ, environment), override_settings(**environment):
        bodies = [body_of(number) for number in range(RESOURCES)]
        with serving("apimio_sync.wsgi") as ours, serving("tests.bench.bare") as theirs:
            rounds = [(race(ours, bodies), race(theirs, bodies)) for _ in range(ROUNDS + 1)]
    check_stored(*(sum(side) for side in zip(*rounds, strict=True)))
    warm = rounds[1:]
    return {
        "intake_per_s": median(one for one, _ in warm) / SECONDS,
        "bare_intake_per_s": median(other for _, other in warm) / SECONDS,
        "intake_vs_bare": median(one / other for one, other in warm),
    }


def make_store() -> None:
    Store.objects.create(
        workspace=Workspace.objects.create(name="Bench", slug="bench"),
        channel=Channel.objects.create(name=DOMAIN),
        domain=DOMAIN,
        shop_gid="gid://shopify/Shop/1",
        mode=Mode.IMPORTING,
        currency="USD",
    )


def body_of(number: int) -> tuple[bytes, str]:
    """A product's payload and its signature."""
    filler = "x" * BODY_BYTES
    body = json.dumps({"id": number + 1, "title": "Cup", "body_html": filler}).encode()
    return body, webhook_signature(body, SECRET)


@contextmanager
def serving(module: str) -> Iterator[int]:
    """One web server process of eight threads; its port."""
    port = free_port(0)
    command = [
        sys.executable, "-m", "gunicorn", f"{module}:application", "--bind", f"127.0.0.1:{port}",
        "--workers", "1", "--threads", "8", "--log-level", "error",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=settings.BASE_DIR) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        try:
            HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"Nothing listens on port {port}.")


def race(port: int, bodies: list[tuple[bytes, str]]) -> int:
    """How many requests were answered with 200 in a round."""
    counts = [0] * CONNECTIONS
    ends = time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=_client, args=(port, bodies, ends, counts, place))
        for place in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _client(port: int, bodies, ends: float, counts: list[int], place: int) -> None:
    http = HTTPConnection("127.0.0.1", port, timeout=10)
    number = place
    while time.monotonic() < ends:
        body, signature = bodies[number % len(bodies)]
        http.request("POST", PATH, body, headers_of(f"{port}-{time.time_ns()}-{place}", signature))
        answer = http.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {said!r}")
        counts[place] += 1
        number += CONNECTIONS


def headers_of(webhook_id: str, signature: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-Shop-Domain": DOMAIN,
        "X-Shopify-Topic": "products/update",
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Event-Id": webhook_id,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Triggered-At": "2026-11-24T12:00:00.123456Z",
        "X-Shopify-Hmac-Sha256": signature,
    }


def check_stored(ours: int, theirs: int) -> None:
    """Every 200 must be a row on its side, and a job on ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_bare")
        bare = cursor.fetchone()[0]
    stored = Delivery.objects.count(), Job.objects.count(), bare
    if stored != (ours, ours, theirs):
        raise RuntimeError(f"{ours} and {theirs} were answered, {stored} are stored.")
