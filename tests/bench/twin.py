"""Simple mutations a second of the twin, over kept connections of several clients."""

import threading
import time

from stores.shopify.client import execute
from stores.shopify.documents import document
from stores.shopify.schema import VERSION
from stores.shopify.types import Session
from stores.twin.testing import RunningTwin, running_twin

CLIENTS, SECONDS = 4, 3.0


def run() -> dict[str, float]:
    with running_twin() as twin:
        twin.register_app("bench", "secret")
        shops = [_shop(twin, f"bench{number}.myshopify.com") for number in range(CLIENTS)]
        return {"twin_mutations_per_s": _mutations_per_second(shops)}


def _shop(twin: RunningTwin, domain: str) -> tuple[Session, str]:
    """A shop for each client, because each shop has a bucket of points to keep within."""
    twin.add_shop(domain, plan="plus", products=[{"title": "Lamp"}])
    token = twin.install(domain, "bench")
    session = Session(domain, token, VERSION, f"{twin.url}/shops/{domain}")
    return session, twin.state(domain)["products"][0]["id"]


def _mutations_per_second(shops: list[tuple[Session, str]]) -> float:
    counts = [0] * CLIENTS
    ends = time.monotonic() + SECONDS

    def client(number: int) -> None:
        session, gid = shops[number]
        while time.monotonic() < ends:
            variables = {
                "product": {"id": gid, "title": f"Lamp {number}.{counts[number]}"},
                "variants": 1,
            }
            execute(session, document("product_update"), variables)
            counts[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - started)
