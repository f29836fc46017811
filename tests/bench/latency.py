"""From an edit in the hub to Shopify's acceptance: 3 and 10 stores, 100 ms of twin latency.

Everything runs as in production: the twin, a web server for its webhooks, a worker cluster, each a
process of its own. The overhead is what remains above the twin's own answer time, measured in the
same run.
"""

import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch

from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from apimio_sync.demo import stage
from catalogue.enums import DeliveryFate, Source
from catalogue.models import ChangeDelivery, Product
from catalogue.services.edit import SetValue, edit
from stores.enums import Mode
from stores.models import Store, Workspace
from stores.services.install import connect
from stores.services.tokens import session_with
from stores.shopify.products import read_product
from stores.shopify.shop import shop_identity
from stores.shopify.types import Token
from stores.twin.testing import RunningTwin
from syncqueue.enums import OPEN_STATES
from syncqueue.models import Job
from tests.going_live import bring_live

LATENCY = 0.1
PRODUCTS, EDITS = 20, 60
# Edits come by chance, on average so far apart: what is measured is the way, not a queue before it.
MEAN_GAP = 1.0
SECRET = "bench-secret"


def run() -> dict[str, float]:
    """Milliseconds: percentiles for both sizes, and the p95 overhead of the smaller one."""
    figures: dict[str, float] = {}
    for stores in (3, 10):
        figures |= measure(stores)
    return {**figures, "overhead_p95_ms": figures["overhead_3_p95_ms"]}


def measure(count: int) -> dict[str, float]:
    with running_stage() as twin:
        workspace = Workspace.objects.create(name="Bench", slug=f"bench-{count}-{time.time_ns()}")
        stores = [connect_shop(twin, workspace, f"s{count}n{n}") for n in range(count)]
        settle()
        own = twin_milliseconds(stores[0])
        edit_at_random(workspace)
        settle()
        taken = latencies(workspace)
    if len(taken) != EDITS * count:
        raise RuntimeError(f"{len(taken)} of {EDITS * count} writes were accepted.")
    low, median = f"latency_{count}_", statistics.median(own)
    named = {f"{low}p{p}_ms": percentile(taken, p) for p in (50, 95, 99)}
    overhead = percentile([one - median for one in taken], 95)
    return {**named, f"twin_{count}_ms": median, f"overhead_{count}_p95_ms": overhead}


@contextmanager
def running_stage() -> Iterator[RunningTwin]:
    """The processes of a demo without its shops, on the bench's database."""
    web, port = stage.free_port(0), stage.free_port(0)
    settings = {
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "SHOPIFY_TWIN_URL": f"http://127.0.0.1:{port}",
        "SHOPIFY_CLIENT_ID": stage.CLIENT_ID,
        "SHOPIFY_CLIENT_SECRET": SECRET,
    }
    environment = {**settings, "LOG_LEVEL": "WARNING"}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, environment))
        stack.enter_context(override_settings(**settings))
        plan = stage.Plan(settings["PUBLIC_URL"], settings["SHOPIFY_TWIN_URL"], SECRET)
        stack.enter_context(stage.processes(plan, seed=None, latency=LATENCY))
        yield RunningTwin(settings["SHOPIFY_TWIN_URL"])


def connect_shop(twin: RunningTwin, workspace: Workspace, name: str) -> Store:
    domain = f"{name}.myshopify.com"
    products = [
        {"title": f"Product {n}", "variants": [{"sku": f"SKU-{n}", "price": "10.00"}]}
        for n in range(PRODUCTS)
    ]
    twin.add_shop(domain, plan="plus", products=products)
    token = twin.install(domain, stage.CLIENT_ID)
    identity = shop_identity(session_with(domain, token))
    store = connect(workspace, domain, None, Token(token, identity.scopes), identity)
    wait_for(lambda: Store.objects.get(pk=store.pk).mode == Mode.REVIEW)
    bring_live(store, by="bench")
    return Store.objects.get(pk=store.pk)


def twin_milliseconds(store: Store) -> list[float]:
    """How long the twin itself takes to answer, over the port, one call after another."""
    session = session_with(store.domain, store.access_token)
    gid = store.listings.first().gid
    replies = [read_product(session, gid) for _ in range(20)]
    return [reply.seconds * 1000 for reply in replies]


def edit_at_random(workspace: Workspace) -> None:
    rng = random.Random(7)
    products = list(Product.objects.filter(workspace=workspace))
    for number in range(EDITS):
        time.sleep(rng.expovariate(1 / MEAN_GAP))
        # In turn: of two edits of one product at once, the second may find itself written already.
        product = products[number % len(products)]
        wish = SetValue(product_id=product.pk, attribute="title", value=f"Title {number}")
        edit(workspace_id=workspace.pk, wishes=[wish], source=Source.MANUAL, actor="bench")


def latencies(workspace: Workspace) -> list[float]:
    """Milliseconds from each change to its acceptance in each store."""
    rows = ChangeDelivery.objects.filter(
        change__workspace=workspace,
        change__source=Source.MANUAL,
        fate=DeliveryFate.WRITTEN,
        change__created_at__gt=timezone.now() - timedelta(minutes=10),
    )
    spans = rows.annotate(span=F("accepted_at") - F("change__created_at"))
    return [span.total_seconds() * 1000 for span in spans.values_list("span", flat=True)]


def settle() -> None:
    wait_for(lambda: not Job.objects.filter(state__in=OPEN_STATES).exists())


def wait_for(holds) -> None:
    ends = time.monotonic() + 60
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError("The bench does not come to rest; see .data/demo.")
        time.sleep(0.05)


def percentile(values: list[float], wanted: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * wanted / 100))]
