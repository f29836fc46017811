"""The twin's own speed, one process: productUpdate mutations in, webhook deliveries out."""

import http.client
import json
import multiprocessing
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from stores.twin.testing import RunningTwin, running_twin

DOMAIN, CLIENTS, SECONDS, WARM = "bench.myshopify.com", 4, 4.0, 1.0
DELIVERIES = 5_000
LARGE = 100_000
SUBSCRIBE = """mutation($uri: String!) { webhookSubscriptionCreate(
  topic: PRODUCTS_UPDATE, webhookSubscription: {uri: $uri}) {
    webhookSubscription { id } userErrors { message } } }"""
UNSUBSCRIBE = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id) {
  userErrors { message } } }"""
MUTATION = """mutation($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id title updatedAt } userErrors { field message } }
}"""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
forked = multiprocessing.get_context("fork")


def run() -> dict[str, float]:
    with running_twin() as twin:
        twin.register_app("bench", "bench-secret")
        variants = [{"sku": f"SKU-{number}", "price": "20.00"} for number in range(4)]
        options = [{**each, "options": [str(place)]} for place, each in enumerate(variants)]
        products = [
            {"title": f"Product {number}", "option_names": ["Size"], "variants": options}
            for number in range(CLIENTS)
        ]
        twin.add_shop(DOMAIN, plan="plus", products=products)
        # A bucket would end the race after twenty seconds' worth of points.
        twin.settings(DOMAIN, unlimited=True)
        gids = [product["id"] for product in twin.state(DOMAIN)["products"]]
        token = twin.install(DOMAIN, "bench")
        return {
            "twin_mutations_per_s": round(_in_a_process(_clients, twin.url, token, gids)),
            "twin_mutations_heard_per_s": round(_heard(twin, token, gids)),
            "twin_deliveries_per_s": round(_deliveries(twin, token)),
            **_large(),
        }


def _large() -> dict[str, float]:
    """100,000 products of one to three variants: how long until they are served, and their size."""
    began = time.monotonic()
    with running_twin("--products", str(LARGE)) as twin:
        seconds = time.monotonic() - began
        status = Path(f"/proc/{twin.pid}/status").read_text("ascii")
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        megabytes = int(resident.split()[1]) / 1024
    return {"twin_100k_products_mb": round(megabytes), "twin_100k_products_s": round(seconds, 1)}


def _heard(twin: RunningTwin, token: str, gids: list[str]) -> float:
    """The same mutations, each of which is told to an app that listens."""
    door = socket.create_server(("127.0.0.1", 0), backlog=128)
    listener = forked.Process(target=_listen, args=(door,), daemon=True)
    listener.start()
    subscription = _subscribe(twin, token, door)
    try:
        return _in_a_process(_clients, twin.url, token, gids)
    finally:
        connection = http.client.HTTPConnection(urlsplit(twin.url).netloc, timeout=10)
        _ask(connection, token, UNSUBSCRIBE, {"id": subscription})
        listener.terminate()
        listener.join()


def _listen(door: socket.socket) -> None:
    for _ in _arrivals(door):
        pass


def _in_a_process(work, *arguments) -> float:
    """What it sends, from a second process, so that only the twin's own speed is measured."""
    receiver, sender = forked.Pipe(duplex=False)
    process = forked.Process(target=work, args=(sender, *arguments))
    process.start()
    rate: float = receiver.recv()
    process.join()
    return rate


def _clients(sender, url: str, token: str, gids: list[str]) -> None:
    counts = [0] * len(gids)
    threads = [
        threading.Thread(target=_client, args=(url, token, gid, counts, place))
        for place, gid in enumerate(gids)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sender.send(sum(counts) / SECONDS)


def _client(url: str, token: str, gid: str, counts: list[int], place: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    started, number = time.monotonic(), 0
    while (at := time.monotonic() - started) < WARM + SECONDS:
        number += 1
        variables = {"product": {"id": gid, "title": f"Title {number}"}}
        answer = _ask(connection, token, MUTATION, variables)
        if answer["data"]["productUpdate"]["product"]["title"] != f"Title {number}":
            raise RuntimeError(f"The twin did not update: {answer}")
        counts[place] += at >= WARM


def _ask(connection: http.client.HTTPConnection, token: str, text: str, variables: dict) -> dict:
    headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"}
    body = json.dumps({"query": text, "variables": variables})
    connection.request("POST", f"/shops/{DOMAIN}/admin/api/2026-10/graphql.json", body, headers)
    answer: dict = json.load(connection.getresponse())
    return answer


def _deliveries(twin: RunningTwin, token: str) -> float:
    """Real touches of real products, built, signed and sent; from the first to the last of them."""
    door = socket.create_server(("127.0.0.1", 0), backlog=128)
    _subscribe(twin, token, door)
    storm = threading.Thread(target=twin.storm, args=(DOMAIN, DELIVERIES))
    storm.start()
    rate = _in_a_process(_ear, door)
    storm.join()
    return rate


def _subscribe(twin: RunningTwin, token: str, door: socket.socket) -> str:
    connection = http.client.HTTPConnection(urlsplit(twin.url).netloc, timeout=10)
    uri = f"http://127.0.0.1:{door.getsockname()[1]}/"
    done = _ask(connection, token, SUBSCRIBE, {"uri": uri})["data"]["webhookSubscriptionCreate"]
    if done["userErrors"]:
        raise RuntimeError(f"The twin refuses the subscription: {done}")
    gid: str = done["webhookSubscription"]["id"]
    return gid


def _ear(sender, door: socket.socket) -> None:
    heard, started = 0, 0.0
    for count in _arrivals(door):
        started = started or time.monotonic()
        heard += count
        if heard >= DELIVERIES:
            break
    sender.send((heard - 1) / (time.monotonic() - started))


def _arrivals(door: socket.socket) -> Iterator[int]:
    """Count requests by their heads and answer at once: cheap, the core is the twin's."""
    chosen = selectors.DefaultSelector()
    chosen.register(door, selectors.EVENT_READ)
    while True:
        for key, _ in chosen.select(10):
            if key.fileobj is door:
                connection, _ = door.accept()
                chosen.register(connection, selectors.EVENT_READ)
                continue
            received = key.fileobj.recv(1 << 20)
            if not received:
                chosen.unregister(key.fileobj)
                continue
            count = received.count(b"POST / HTTP/1.1\r\n")
            key.fileobj.sendall(OK * count)
            yield count
