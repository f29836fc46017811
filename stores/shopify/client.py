"""One GraphQL request over HTTP: sent within a deadline, and every way to fail named."""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from stores.shopify import failures
from stores.shopify.documents import Document
from stores.shopify.errors import PlatformDown, ShopifyError, Transient, UnknownOutcome
from stores.shopify.meter import note
from stores.shopify.types import Reply, Session

__all__ = ["execute", "post"]

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
# A read that starts before this may last READ_SECONDS more: 25 s in all.
BODY_SECONDS = 15.0
MAX_BYTES = 32 * 1024 * 1024

_local = threading.local()


def execute(session: Session, document: Document, variables: Mapping[str, Any]) -> Reply:
    """Send one document; return its data or raise one of the family of ShopifyError."""
    started = time.monotonic()
    try:
        response, content = post(
            f"{session.base_url}/admin/api/{session.api_version}/graphql.json",
            {"query": document.text, "variables": dict(variables)},
            headers={"X-Shopify-Access-Token": session.token},
            writes=document.writes,
        )
        reply = failures.reply_of(
            response, content, writes=document.writes, version=session.api_version, started=started
        )
    except ShopifyError as error:
        error.seconds = time.monotonic() - started
        note(error.asked, error.cost, error.points)
        raise
    note(reply.asked, reply.cost, reply.points)
    return reply


def post(
    url: str, body: Mapping[str, Any], *, headers: Mapping[str, str], writes: bool
) -> tuple[requests.Response, bytes]:
    """Post JSON; a lost answer is unknown where it writes, else a reason to try again."""
    lost = UnknownOutcome if writes else Transient
    deadline = time.monotonic() + BODY_SECONDS
    try:
        with _http().post(
            url,
            data=json.dumps(body, separators=(",", ":")).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            return response, _content(response.raw, deadline)
    except (requests.RequestException, HTTPError, TimeoutError) as error:
        if _never_sent(error):
            raise PlatformDown("unreachable", "Shopify could not be reached.") from error
        name = "timeout" if _timed_out(error) else "cut"
        raise lost(name, f"Shopify's answer was lost ({name}).") from error


def _content(raw: BaseHTTPResponse, deadline: float) -> bytes:
    """Read what comes as it comes: read time-outs alone let a slow drip last for ever."""
    chunks = bytearray()
    while chunk := raw.read1(65536, decode_content=True):
        chunks += chunk
        if time.monotonic() > deadline or len(chunks) > MAX_BYTES:
            raw.close()
            raise TimeoutError("The answer is too slow or too long.")
    return bytes(chunks)


def _http() -> requests.Session:
    """One pool of kept connections a thread: a requests Session is not made for sharing."""
    if not hasattr(_local, "http"):
        _local.http = requests.Session()
        _local.http.trust_env = False  # neither proxies nor a netrc may see tokens
        _local.http.headers["User-Agent"] = "StoreSync/1"
    http: requests.Session = _local.http
    return http


def _never_sent(error: Exception) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, ConnectTimeout) or isinstance(reason, NewConnectionError)


def _timed_out(error: Exception) -> bool:
    return isinstance(error, requests.Timeout | TimeoutError) or "timed out" in str(error)
