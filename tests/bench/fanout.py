"""How long a batch of 10,000 edits takes until its jobs stand in the queues of ten stores.

One call of the one door: every edit is checked at the gates, merged, written to the ledger, and
told to ten live stores: 100,000 rows of what becomes of it, and a job for each product and store.
"""

import os
import time

from catalogue.enums import Source
from catalogue.models import Change, ChangeDelivery, Product
from catalogue.services.edit import SetValue, edit
from syncqueue.enums import JobState, Priority
from syncqueue.models import Job
from tests.bench.merge import catalogue

STORES, EDITS = 10, 10_000


def run() -> dict[str, float]:
    """Seconds from the call to its commit, and the load of the machine before it."""
    workspace = catalogue(STORES, EDITS)
    products = Product.objects.filter(workspace=workspace).values_list("pk", flat=True)
    wishes = [SetValue(product_id=pk, attribute="title", value=f"New {pk}") for pk in products]
    load = os.getloadavg()[0]
    began = time.perf_counter()
    done = edit(
        workspace_id=workspace.pk,
        wishes=wishes,
        source=Source.API,
        actor="bench",
        priority=Priority.BULK,
    )
    spent = time.perf_counter() - began
    queued = Job.objects.filter(state=JobState.QUEUED, cause_id=done.cause_id).count()
    told = (Change.objects.count(), ChangeDelivery.objects.count(), queued)
    if told != (EDITS, EDITS * STORES, EDITS * STORES):
        raise RuntimeError(f"Not everything was recorded: {told}.")
    return {"fanout_10k_x10_s": spent, "fanout_load_before": load}
