"""A loopback server that answers what a test scripts: the failures no healthy shop would show."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stores.shopify.types import Session

VERSION = "2026-10"


@dataclass
class Script:
    """What to answer, in order, and what was asked. A status of 0 cuts the connection."""

    answers: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    url: str = ""

    def say(self, body=None, *, status=200, version=VERSION, pause=0.0, **headers):
        self.answers.append((status, body, {"X-Shopify-API-Version": version, **headers}, pause))

    @property
    def session(self):
        return Session("north.myshopify.com", "shpat_secret", VERSION, self.url, "USD")


def _handler(script):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script.asked.append((self.path, dict(self.headers), asked))
            status, body, headers, pause = script.answers.pop(0)
            time.sleep(pause)
            if not status:
                self.close_connection = True
                return
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            """Say nothing."""

    return Handler


@pytest.fixture
def shopify():
    script = Script()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    server.shutdown()
    server.server_close()
    thread.join()
