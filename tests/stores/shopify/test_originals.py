"""The bytes of pictures: public hosts only, a bounded size, a bounded time."""

import threading
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from urllib3 import PoolManager

from stores.shopify import originals
from stores.shopify.originals import UnreadableError, digest_of
from stores.shopify.types import Session

SHOP = Session("north.myshopify.com", "t", "2026-10", "https://north.myshopify.com")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = {"/gone": (404, b""), "/long": (200, b"x" * 2048)}.get(
            self.path, (200, b"picture")
        )
        self.send_response(301 if self.path in {"/moved", "/round"} else status)
        if self.path in {"/moved", "/round"}:
            self.send_header("Location", "/picture" if self.path == "/moved" else "/round")
        self.end_headers()
        for byte in body:
            self.wfile.write(bytes([byte]))
            if self.path == "/slow":
                threading.Event().wait(0.05)

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def read(url):
    ask = partial(PoolManager(retries=False).request, "GET", redirect=False, preload_content=False)
    return originals._digest(url, ask)


def asked(*_, **__):
    pytest.fail("Somebody was asked.")


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/a.jpg",
        "https://127.0.0.1/a.jpg",
        "https://localhost/a.jpg",
        "https://10.1.2.3/a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.jpg",
        "https://[::ffff:10.0.0.1]/a.jpg",
        "https://[2002:7f00:1::]/a.jpg",
        "https://0x7f000001/a.jpg",
        "https://me:secret@example.com/a.jpg",
        "https://example.com:port/a.jpg",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_public_hosts_are_asked_and_only_by_https(address, monkeypatch):
    monkeypatch.setattr(originals.HTTPSConnectionPool, "urlopen", asked)
    with pytest.raises(UnreadableError):
        digest_of(SHOP, address)


def test_a_redirect_is_followed_but_not_to_where_nobody_may_ask(site):
    assert read(f"{site}/moved") == sha256(b"picture").hexdigest()
    with pytest.raises(UnreadableError, match="address to address"):
        read(f"{site}/round")

    def leads_inside(url):
        return PoolManager().request("GET", f"{site}/moved", redirect=False, preload_content=False)

    steps = {site: leads_inside}
    with pytest.raises(UnreadableError, match="only plain https"):
        originals._digest(site, lambda url: steps.get(url, originals._open)(url))


def test_what_is_missing_too_long_or_too_slow_is_told(site, monkeypatch):
    with pytest.raises(UnreadableError, match="answers with 404"):
        read(f"{site}/gone")
    monkeypatch.setattr(originals, "MOST_BYTES", 1024)
    with pytest.raises(UnreadableError, match="has more than"):
        read(f"{site}/long")
    monkeypatch.setattr(originals, "SECONDS", 0.1)
    with pytest.raises(UnreadableError, match="too slowly"):
        read(f"{site}/slow")
    with pytest.raises(UnreadableError, match="can't be reached"):
        read("http://127.0.0.1:1/a.jpg")
