"""Reading a store for the first time: how fast, and with how much memory.

The twin is a program of its own; this process is the pump, so its peak is what a worker needs. A
pull that kept what it has read would need more with every page. `PULL_PRODUCTS=100000` takes the
twin's largest shop, which lasts; the figures carry their size.
"""

import os
import time
from pathlib import Path
from uuid import uuid4

from django.test import override_settings

from catalogue.models import Product
from stores.enums import Mode
from stores.models import Store, Workspace
from stores.services.pulls import IMPORT, enqueue_pull
from stores.twin.testing import RunningTwin, running_twin
from syncqueue.models import Channel
from syncqueue.services.pump import run_pump

PRODUCTS = int(os.environ.get("PULL_PRODUCTS", "3000"))
DOMAIN = "big.myshopify.com"  # the shop that the twin fills
APP, SECRET = "pull-app", "pull-secret"


def run() -> dict[str, float]:
    """Products a second, the pump's peak in MB, and how much of it the last nine tenths added."""
    with (
        running_twin("--products", str(PRODUCTS)) as twin,
        override_settings(SHOPIFY_TWIN_URL=twin.url),
    ):
        twin.register_app(APP, SECRET)
        return _pull(_store(twin), load=os.getloadavg()[0])


def _pull(store: Store, *, load: float) -> dict[str, float]:
    enqueue_pull(store, IMPORT)
    _forget_peak()
    began, early = time.perf_counter(), 0.0
    while store.pull_finished_at is None:
        run_pump(store.channel_id)
        store.refresh_from_db()
        if not early and store.pull_done * 10 >= PRODUCTS:
            early = _peak()
    spent = time.perf_counter() - began
    known = Product.objects.count()
    if known != PRODUCTS:
        raise RuntimeError(f"{known} of {PRODUCTS} products were taken in.")
    size = f"pull_{PRODUCTS // 1000}k"
    return {
        f"{size}_peak_mb": _peak(),
        f"{size}_growth_mb": _peak() - early,
        f"{size}_products_per_s": PRODUCTS / spent,
        "pull_load_before": load,
    }


def _store(twin: RunningTwin) -> Store:
    twin.settings(DOMAIN, unlimited=True)  # else the store's points would be measured
    return Store.objects.create(
        workspace=Workspace.objects.create(name="Bench", slug=f"pull-{uuid4().hex[:8]}"),
        channel=Channel.objects.create(name=DOMAIN),
        domain=DOMAIN,
        currency="USD",
        mode=Mode.IMPORTING,
        access_token=twin.install(DOMAIN, APP),
    )


def _forget_peak() -> None:
    """Let the process's peak begin anew (see proc(5))."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def _peak() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return (
        int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
        / 1024
    )
