"""Simple productUpdate mutations a second, over kept HTTP connections, one twin process."""

import http.client
import json
import multiprocessing
import threading
import time
from urllib.parse import urlsplit

from stores.twin.testing import running_twin

DOMAIN, CLIENTS, SECONDS, WARM = "bench.myshopify.com", 4, 5.0, 1.0
MUTATION = """mutation($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id title updatedAt } userErrors { field message } }
}"""
forked = multiprocessing.get_context("fork")


def run() -> dict[str, float]:
    with running_twin() as twin:
        twin.register_app("bench", "bench-secret")
        products = [{"title": f"Product {number}"} for number in range(CLIENTS)]
        twin.add_shop(DOMAIN, plan="plus", products=products)
        # A bucket would end the race after twenty seconds' worth of points.
        twin.settings(DOMAIN, unlimited=True)
        gids = [product["id"] for product in twin.state(DOMAIN)["products"]]
        token = twin.install(DOMAIN, "bench")
        return {"twin_mutations_per_s": round(_rate(twin.url, token, gids))}


def _rate(url: str, token: str, gids: list[str]) -> float:
    """Clients live in a second process, so that only the twin's own speed is measured."""
    receiver, sender = forked.Pipe(duplex=False)
    process = forked.Process(target=_clients, args=(sender, url, token, gids))
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
    target = f"/shops/{DOMAIN}/admin/api/2026-10/graphql.json"
    headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"}
    started, number = time.monotonic(), 0
    while (at := time.monotonic() - started) < WARM + SECONDS:
        number += 1
        variables = {"product": {"id": gid, "title": f"Title {number}"}}
        body = json.dumps({"query": MUTATION, "variables": variables})
        connection.request("POST", target, body, headers)
        answer = json.load(connection.getresponse())
        if answer["data"]["productUpdate"]["product"]["title"] != f"Title {number}":
            raise RuntimeError(f"The twin did not update: {answer}")
        counts[place] += at >= WARM
