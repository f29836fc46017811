"""The stage of the fault tests: a database of its own, the real twin, a web server, worker nodes.

Leases are short, so that a death costs little. Waiting makes time pass: what is due later becomes
due, as it would by the clock.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from apimio_sync.demo.stage import free_port, wait_for
from catalogue.models import Listing, Product
from stores.enums import Mode
from stores.models import Delivery, Store, Workspace
from stores.services.install import connect
from stores.services.tokens import session_with
from stores.shopify.shop import shop_identity
from stores.shopify.types import Token
from stores.twin.testing import RunningTwin, running_twin
from syncqueue.enums import OPEN_STATES
from syncqueue.models import Channel, Job, Lane
from tests.bench.database import database_url
from tests.faults.armed import FILE, Armoury, Fault
from tests.going_live import bring_live

APP, SECRET = "fault-app", "fault-secret"
LEASE = 1.0
PATIENCE = 30.0
ENGINE = {
    "SYNCQUEUE_LEASE_SECONDS": str(LEASE),
    "SYNCQUEUE_SLICE_SECONDS": "0.5",
    "SYNCQUEUE_THREADS": "2",  # so that calls are planned ahead of them
    "LOG_LEVEL": "WARNING",
}


class Stage:
    """The world between the processes, and what a person or a merchant does in it."""

    def __init__(self, twin: RunningTwin, web_url: str, logs: Path) -> None:
        self.twin, self.web_url, self.logs = twin, web_url, logs
        self.armoury = Armoury(logs / "faults.json")
        self.stores: list[Store] = []
        self.number = self._read = 0
        self.first_job = 0  # since which no dead letters were replayed
        self._status: dict[str, int | str] = {}
        self.node: subprocess.Popen[str] | None = None
        self.web: subprocess.Popen[str] | None = None
        self.environment: dict[str, str] = {}
        twin.register_app(APP, SECRET, web_url)
        self.workspace = Workspace.objects.create(name="Acme", slug=f"acme-{uuid4().hex[:8]}")

    def open_stores(self, count: int, products: int) -> None:
        """Connect shops with the same products and bring them live."""
        goods = [
            {"title": f"Thing {n}", "variants": [{"sku": f"SKU-{n}", "price": "10.00"}]}
            for n in range(products)
        ]
        for number in range(count):
            domain = f"shop{number}-{uuid4().hex[:6]}.myshopify.com"
            self.twin.add_shop(domain, plan="plus", products=goods)
            token = self.twin.install(domain, APP)
            identity = shop_identity(session_with(domain, token))
            store = connect(self.workspace, domain, None, Token(token, identity.scopes), identity)
            eventually(lambda pk=store.pk: Store.objects.get(pk=pk).mode == Mode.REVIEW, self.why)
            bring_live(store)
            self.stores.append(Store.objects.get(pk=store.pk))
        self.settle()

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def products(self) -> list[Product]:
        return list(Product.objects.filter(workspace=self.workspace).order_by("pk"))

    def gid(self, store: Store, product: Product) -> str:
        return str(Listing.objects.get(store=store, product=product).gid)

    def edit(self, **wish: object) -> int:
        """Edit in the hub by a process of its own; the status that it ended with."""
        node = self.node
        node.stdin.write(json.dumps({"workspace": self.workspace.pk, "wishes": [wish]}) + "\n")
        node.stdin.flush()
        return int(node.stdout.readline())

    def arm(self, *faults: Fault) -> None:
        self.armoury.arm(faults)

    def settle(self, seconds: float = PATIENCE) -> None:
        """Let time pass until nothing moves any more."""
        eventually(self.is_still, self.why, seconds)

    def is_still(self) -> bool:
        self.let_time_pass()
        return (
            self.twin.is_quiet()
            and not self.undelivered()
            and not Job.objects.filter(state__in=OPEN_STATES).exists()
            and not Delivery.objects.filter(enqueued_at=None, closed_at=None).exists()
        )

    def let_time_pass(self) -> None:
        """Whatever has a date in the future is due now; leases end by themselves.

        Where the platform asked for a pause, the bucket is as far below zero.
        """
        now = timezone.now()
        Lane.objects.filter(due_at__gt=now).update(due_at=now)
        Channel.objects.filter(next_trial_at__gt=now).update(next_trial_at=now)
        Channel.objects.filter(next_due_at__gt=now).update(next_due_at=now)
        Channel.objects.filter(points_available__lt=0).update(points_available=F("points_maximum"))

    def undelivered(self) -> set[str]:
        """Webhooks whose last try was not answered with a 2xx."""
        for row in self.twin.log(since=self._read):
            self._read = row["seq"]
            if row["kind"] == "delivery":
                self._status[row["webhook_id"]] = row["status"]
        return {one for one, status in self._status.items() if status not in range(200, 300)}

    def why(self) -> str:
        """What is left, for the message of a test that has failed."""
        jobs = list(
            Job.objects.filter(state__in=OPEN_STATES).values_list(
                "id", "lane__key", "state", "reason", "lane__due_at", "lane__lease_until"
            )
        )
        channels = list(
            Channel.objects.values("id", "health", "next_due_at", "slot_until", "points_available")
        )
        told = (self.logs / "node.log").read_text()[-2000:]
        left = self.armoury.left(), self.undelivered()
        return f"open: {jobs}\nchannels: {channels}\nleft: {left}\n{told}"


@contextmanager
def running_stage(logs: Path, *, workers: int = 2, host: str = "127.0.0.1") -> Iterator[Stage]:
    """Everything running on the connection's database, which is this stage's alone."""
    port = free_port(0)
    with ExitStack() as stack:
        twin = stack.enter_context(running_twin("--host", host))
        twin.url = twin.url.replace(host, "127.0.0.1")
        values = {
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SHOPIFY_TWIN_URL": twin.url,
            "SHOPIFY_CLIENT_ID": APP,
            "SHOPIFY_CLIENT_SECRET": SECRET,
        }
        stack.enter_context(override_settings(**values))
        stage = Stage(twin, values["PUBLIC_URL"], logs)
        environment = {
            **os.environ,
            **ENGINE,
            **values,
            "DATABASE_URL": database_url(connection.settings_dict["NAME"]),
            FILE: str(stage.armoury.file),
        }
        stage.environment = environment
        stage.web = stack.enter_context(process(gunicorn(port), logs / "web.log", environment))
        node = [sys.executable, "-m", "tests.faults", "node", str(workers)]
        stage.node = stack.enter_context(process(node, logs / "node.log", environment))
        wait_for(f"{stage.web_url}/admin/login/")
        yield stage


def gunicorn(port: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "tests.faults.web", "--preload",
        "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4",
    ]  # fmt: skip


@contextmanager
def process(
    command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """A program with its log, killed at the end."""
    with log.open("w") as output:
        started = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=settings.BASE_DIR,
            env=dict(environment),
            text=True,
        )
        try:
            yield started
        finally:
            started.stdin.close()
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
            started.stdout.close()


@contextmanager
def database_of_its_own() -> Iterator[None]:
    """A database for processes that commit, gone at the end.

    A copy of the tests' own where that is made already, which is faster than to migrate.
    """
    kept = connection.settings_dict["NAME"]
    name = f"test_faults_{uuid4().hex[:8]}"
    template = kept if kept.startswith("test_") else "template1"
    connections.close_all()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection.settings_dict["NAME"] = name
    try:
        if template != kept:
            call_command("migrate", verbosity=0)
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = kept
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def eventually(
    holds: Callable[[], object], why: Callable[[], str] = str, seconds: float = PATIENCE
) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"Not within {seconds} s: {why()}"
        time.sleep(0.03)
