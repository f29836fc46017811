"""One twin for all tests here, an app of ours, and an ear for its webhooks."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.twin.warehouse import Warehouse

APP, DOMAIN = "probe-app", "north.myshopify.com"
SECRET = "shpss_of_the_probe_and_long_enough"
REDIRECT = "https://app.example.com/callback"


@pytest.fixture
def twin(fresh_twin):
    fresh_twin.register_app(APP, SECRET, "https://app.example.com/")
    return fresh_twin


class Shop:
    """One shop with our app in it, and one product."""

    def __init__(self, twin):
        self.twin, self.domain = twin, DOMAIN
        variant = {"sku": "LAMP-1", "price": "20.00", "stock": 5}
        twin.add_shop(DOMAIN, plan="basic", products=[{"title": "Lamp", "variants": [variant]}])
        self.url = f"{twin.url}/shops/{DOMAIN}"
        self.token = twin.install(DOMAIN, APP)

    @property
    def product(self):
        return self.twin.state(DOMAIN)["products"][0]

    @property
    def gid(self):
        return self.product["id"]

    def post(self, query, variables=None, *, more=None, timeout=60):
        return requests.post(
            f"{self.url}/admin/api/2026-10/graphql.json",
            json={"query": query, "variables": variables or {}},
            headers={"X-Shopify-Access-Token": self.token, **(more or {})},
            timeout=timeout,
        )

    def ask(self, query, variables=None):
        return self.post(query, variables).json()

    def subscribe(self, uri, *topics, **wishes):
        text = """mutation($topic: WebhookSubscriptionTopic!, $wishes: WebhookSubscriptionInput!) {
          webhookSubscriptionCreate(topic: $topic, webhookSubscription: $wishes) {
            webhookSubscription { id topic uri } userErrors { field message } } }"""
        wishes = {"uri": uri, **wishes}
        answers = [self.ask(text, {"topic": topic, "wishes": wishes}) for topic in topics]
        return [answer["data"]["webhookSubscriptionCreate"] for answer in answers]

    def retitle(self, title="Tall lamp"):
        """The merchant's edit."""
        return self.twin.edit(self.domain, self.gid, {"title": title})


@pytest.fixture
def shop(twin):
    return Shop(twin)


class Ear:
    """An HTTP server that keeps what it is sent and answers with `status`."""

    def __init__(self):
        self.heard, self.status = [], 200
        ear = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((dict(self.headers), raw))
                self.send_response(ear.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                """Tests are quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def wait(self, count, *, seconds=60.0):
        """The first `count` deliveries, once they are here."""
        until = time.monotonic() + seconds
        while len(self.heard) < count:
            assert time.monotonic() < until, f"{len(self.heard)} of {count} came"
            time.sleep(0.005)
        return self.heard

    def settle(self, twin, count, *, header="X-Shopify-Topic"):
        """Wait for `count`, then make sure that no more is on its way."""
        self.wait(count)
        until = time.monotonic() + 60
        while not twin.is_quiet():
            assert time.monotonic() < until
            time.sleep(0.005)
        return [headers[header] for headers, _ in self.heard]

    def bodies(self, topic):
        return [
            json.loads(raw) for headers, raw in self.heard if headers["X-Shopify-Topic"] == topic
        ]


@pytest.fixture
def ear():
    found = Ear()
    yield found
    found.server.shutdown()
    found.server.server_close()
    found.thread.join()


@pytest.fixture
def house(shop):
    return Warehouse(shop)
