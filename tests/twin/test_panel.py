"""The control panel and the embedded admin in a real browser."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest

from tests.browser import chromium, tab
from tests.twin.conftest import APP, DOMAIN, SECRET

__all__ = ["chromium", "tab"]

ALPINE = "alpine.myshopify.com"
COLUMN = "[...document.querySelectorAll('.shop')].find(x => x.textContent.includes('{}'))"
NORTH = COLUMN.format(DOMAIN)
TITLE = f"{NORTH}.querySelector('form input')"


def write(control, value):
    """A person's typing, for the page."""
    return (
        f"(() => {{ const c = {control}; c.focus(); c.value = {json.dumps(value)}; c.blur(); }})()"
    )


@pytest.fixture
def panel(shop, tab):
    product = {"title": "Lampe", "variants": [{"sku": "LAMP-1", "price": "18.00", "stock": 2}]}
    shop.twin.add_shop(ALPINE, currency="EUR", products=[product])
    tab.open(f"{shop.twin.url}/_twin/panel")
    tab.until("document.querySelectorAll('.shop form').length === 2")
    return tab


def test_one_product_stands_side_by_side_and_is_edited_where_it_is_wanted(panel, shop):
    assert panel.run("document.querySelectorAll('#found button').length") == 1
    panel.run(write(TITLE, "Tall lamp"))
    panel.run(f"{NORTH}.querySelector('button.main').click()")
    panel.until(f"{NORTH}.querySelector('.front strong').textContent === 'Tall lamp'")
    assert shop.product["title"] == "Tall lamp"
    assert shop.twin.state(ALPINE)["products"][0]["title"] == "Lampe"
    panel.until("document.querySelector('#log').textContent.includes('title “Lamp” → “Tall lamp”')")


def test_what_others_change_shows_by_itself_and_leaves_a_persons_words_alone(panel, shop):
    panel.run(write(TITLE, "Half wri"))
    shop.twin.edit(DOMAIN, shop.gid, {"title": "By an app", "vendor": "Lumen"})
    panel.until(f"{NORTH}.querySelector('.front strong').textContent === 'By an app'")
    shown = panel.run(f"[...{NORTH}.querySelectorAll('form input')].slice(0, 2).map(x => x.value)")
    assert shown == ["Half wri", "Lumen"]


def test_an_order_takes_stock_and_a_refusal_is_told(panel, shop):
    panel.run(f"{NORTH}.querySelector('.variants button').click()")
    panel.until(f"{NORTH}.querySelector('.front').textContent.includes('4 left')")
    assert len(shop.twin.state(DOMAIN)["orders"]) == 1
    panel.run(write(TITLE, " "))
    panel.run(f"{NORTH}.querySelector('button.main').click()")
    panel.until("document.querySelector('#notice').textContent.includes(\"Title can't be blank\")")


def test_faults_are_pulled_per_shop(panel, shop):
    panel.run(f"{NORTH}.querySelector('header button').click()")
    panel.until(f"{NORTH}.classList.contains('down')")
    assert shop.post("{ shop { id } }").status_code == 503
    panel.run(f"{NORTH}.querySelector('details').open = true")
    drop = f"{NORTH}.querySelector('[data-knob=drop] input')"
    panel.until(f"!!{drop}")
    panel.run(f"{drop}.value = 0.25; {drop}.dispatchEvent(new Event('change'))")
    panel.until(f"{NORTH}.querySelector('.badge').textContent === '2 turned'")
    knobs = {knob["name"]: knob["value"] for knob in shop.twin.knobs(DOMAIN)}
    assert (knobs["drop"], knobs["outage"]) == (0.25, True)
    assert not any(knob["turned"] for knob in shop.twin.knobs(ALPINE))


def test_the_clock_is_stopped_and_stepped(panel, shop):
    panel.run("document.querySelector('#mode').click()")
    panel.until("document.querySelector('#mode').textContent.startsWith('Clock stands')")
    before = shop.twin.now()
    panel.run("document.querySelector('[data-advance=\"3600\"]').click()")
    panel.until("!document.querySelector('[data-advance=\"3600\"]').disabled")
    assert (shop.twin.now() - before).total_seconds() == 3600


PAGE = """<!doctype html><html lang="en"><head><title>Hub</title>
<meta name="shopify-api-key" content="{app}">
<script src="{cdn}/app-bridge.js"></script><script src="{cdn}/polaris-1.0.js"></script></head>
<body><s-app-nav><a href="/home">Home</a><a href="/stores">Stores</a></s-app-nav>
<s-page heading="Stores"><s-section heading="All">
<form><s-text-field label="Name" name="name" value="Ada"></s-text-field>
<s-select label="Mode" name="mode" value="b"><s-option value="a">A</s-option>
<s-option value="b">B</s-option></s-select>
<s-checkbox label="Live" name="live" checked></s-checkbox>
<s-button type="submit" variant="primary">Save</s-button></form></s-section></s-page>
<script>
document.querySelector("form").addEventListener("submit", (event) => {{
  event.preventDefault();
  window.sent = Object.fromEntries(new FormData(event.target));
}});
if (shopify.environment.embedded) (async () => {{
  const answer = await fetch("/api");
  const scopes = await shopify.scopes.query();
  shopify.toast.show(`${{await answer.text()}} with ${{scopes.granted}}`);
}})();
</script></body></html>"""


class Hub:
    """An embedded app: its page, an API that first calls every token stale, and a patch page."""

    def __init__(self, cdn):
        self.seen, hub, self.refusals = [], self, 1

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urlsplit(self.path)
                hub.seen.append((url.path, self.headers.get("Authorization"), parse_qs(url.query)))
                status, headers, body = hub.answer(url, parse_qs(url.query))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                """Tests are quiet."""

        self.page = PAGE.format(app=APP, cdn=cdn).encode()
        self.patch = f'<script data-api-key="{APP}" src="{cdn}/app-bridge.js"></script>'.encode()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def answer(self, url, query):
        html = {"Content-Type": "text/html"}
        if url.path == "/api" and self.refusals:
            self.refusals -= 1
            return 401, {"X-Shopify-Retry-Invalid-Session-Request": "1"}, b""
        if url.path == "/api":
            return 200, {}, b"Welcome"
        if url.path == "/patch":
            return 200, html, self.patch
        if url.path == "/stale" and "again" not in query:
            again = quote(f"{self.url}/stale?again=1", safe="")
            return 302, {"Location": f"/patch?shop={DOMAIN}&shopify-reload={again}"}, b""
        return 200, html, self.page

    def requests(self, path):
        return [(bearer, query) for seen, bearer, query in list(self.seen) if seen == path]


@pytest.fixture
def hub(shop):
    hub = Hub(f"{shop.twin.url}/shopifycloud")
    shop.twin.deploy(APP, url=hub.url, scopes=["read_products"])
    shop.twin.grant(DOMAIN, APP, ["read_products"])
    yield hub
    hub.server.shutdown()
    hub.server.server_close()
    hub.thread.join()


def claims(token):
    return jwt.decode(token, SECRET, algorithms=["HS256"], audience=APP)


def test_app_bridge_bears_tokens_retries_and_tells_the_admin(shop, hub, tab):
    """shopify-platform.md 1.5 and 8."""
    tab.open(f"{shop.url}/admin/apps/{APP}/home")
    tab.until("!document.querySelector('#toast').hidden")
    assert tab.run("document.querySelector('#toast').textContent") == "Welcome with read_products"
    bearers = [bearer for bearer, _ in hub.requests("/api")]
    assert len(bearers) == 2, "the header asks for one more try"
    tokens = [claims(bearer.removeprefix("Bearer ")) for bearer in bearers]
    assert tokens[0]["jti"] != tokens[1]["jti"]
    links = "[...document.querySelectorAll('#app-links a')].map(x => [x.textContent, x.pathname])"
    home = f"/shops/{DOMAIN}/admin/apps/{APP}"
    assert tab.run(links) == [["Home", f"{home}/home"], ["Stores", f"{home}/stores"]]
    assert tab.run("document.title") == "Hub"


def test_a_page_with_a_stale_token_is_loaded_again_with_a_fresh_one(shop, hub, tab):
    tab.open(f"{shop.url}/admin/apps/{APP}/stale")
    tab.until("!document.querySelector('#toast').hidden")
    (_, first), (_, second) = hub.requests("/stale")
    assert second["again"] == ["1"]
    assert claims(second["id_token"][0])["jti"] != claims(first["id_token"][0])["jti"]


def test_polaris_stand_ins_are_real_controls_with_labels_and_keys(hub, tab):
    tab.open(f"{hub.url}/plain")
    tab.until("!!document.querySelector('s-text-field input')")
    labelled = "document.querySelector('s-text-field input').labels[0].textContent"
    assert tab.run(labelled) == "Name"
    assert tab.run("document.querySelector('h1').textContent") == "Stores"
    tab.run("document.querySelector('s-text-field').value = 'Grace'")
    tab.run(
        "document.querySelector('s-button').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"
    )
    assert tab.run("window.sent") == {"name": "Grace", "mode": "b", "live": "on"}
