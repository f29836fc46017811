"""How much of a small plan's restored points a backlog uses, by the twin's own count.

Cheap and dear reads wait for one store, far more than its bucket pays for; the pump runs for some
seconds after the bucket's reserve is spent.
"""

import time
from uuid import uuid4

from django.test import override_settings

from apimio_sync.demo import stage
from stores.models import Store, Workspace
from stores.services.install import connect
from stores.services.tokens import session_of, session_with
from stores.shopify.answers import answer_of
from stores.shopify.products import read_product
from stores.shopify.shop import shop_identity
from stores.shopify.types import Token
from stores.twin.testing import running_twin
from syncqueue.domain.handling import Call, Settled, register
from syncqueue.enums import Kind, Outcome
from syncqueue.models import Job
from syncqueue.services.enqueue import NewJob, enqueue
from syncqueue.services.pump import drain, run_pump

HANDLER, DOMAIN, SECRET = "bench.read", "pace.myshopify.com", "bench-secret"
RESTORE, LATENCY, WARM, SECONDS = 100, 0.03, 2.0, 8.0
LARGE = [{"sku": f"S{n}", "price": "1.00", "options": [f"{n}"]} for n in range(50)]
PRODUCTS = [
    {"title": "Small", "variants": [{"sku": "S", "price": "1.00"}]},
    {"title": "Large", "variants": LARGE, "option_names": ["N"]},
]


class Reads:
    """Reads a product of the twin as many times as there are jobs."""

    def plan(self, job, _followers, *, now):  # noqa: ARG002
        store = Store.objects.get(pk=job.payload["store"])
        return Call({"gid": job.payload["gid"]}, session_of(store))

    def send(self, request, context):
        return answer_of(lambda: read_product(context, request["gid"], variants=50))

    def settle(self, _job, _passengers, _request, answer, *, now):  # noqa: ARG002
        return None if answer.error else Settled(Outcome.NOTHING_TO_DO, "read")


def run() -> dict[str, float]:
    """The share of the restored points that was used, and of calls that were throttled."""
    register(HANDLER, Reads())
    with running_twin() as twin:
        settings = {
            "PUBLIC_URL": "http://127.0.0.1:9",
            "SHOPIFY_TWIN_URL": twin.url,
            "SHOPIFY_CLIENT_ID": stage.CLIENT_ID,
            "SHOPIFY_CLIENT_SECRET": SECRET,
        }
        with override_settings(**settings):
            return measure(twin, connect_shop(twin))


def connect_shop(twin) -> Store:
    twin.register_app(stage.CLIENT_ID, SECRET, "http://127.0.0.1:9")
    twin.add_shop(DOMAIN, plan="basic", products=PRODUCTS)
    token = twin.install(DOMAIN, stage.CLIENT_ID)
    identity = shop_identity(session_with(DOMAIN, token))
    workspace = Workspace.objects.create(name="Pace", slug="pace")
    store = connect(workspace, DOMAIN, None, Token(token, identity.scopes), identity)
    drain()
    return store


def measure(twin, store: Store) -> dict[str, float]:
    small, large = (product["id"] for product in twin.state(DOMAIN)["products"])
    twin.settings(latency=LATENCY)
    reads(store, large, 10)
    reads(store, small, 500)
    pump_for(store, WARM)
    before, began = twin.counters(DOMAIN), time.monotonic()
    pump_for(store, SECONDS)
    after, seconds = twin.counters(DOMAIN), time.monotonic() - began
    if not Job.objects.filter(state="queued").exists():
        raise RuntimeError("The backlog was done before the measure.")
    points = after["points"] - before["points"]
    return {
        "pace_used": points / (RESTORE * seconds),
        "pace_throttled": after.get("throttled", 0) / after["calls"],
    }


def reads(store: Store, gid: str, count: int) -> None:
    payload = {"store": store.pk, "gid": gid}
    enqueue(
        [
            NewJob(
                channel_id=store.channel_id,
                kind=Kind.CALL,
                key=f"read:{uuid4()}",
                handler=HANDLER,
                payload=payload,
                cause_id=uuid4(),
            )
            for _ in range(count)
        ]
    )


def pump_for(store: Store, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        run_pump(store.channel_id, slice_seconds=0.2)
