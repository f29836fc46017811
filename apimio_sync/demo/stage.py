"""The processes of the demo: a fresh database, the twin, the web server and the workers."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import requests
from django.conf import settings
from django.db import connection

LOGIN = "demo"
PASSWORD = "store-sync"  # noqa: S105  shown to everybody who runs the demo
CLIENT_ID = "store-sync-demo"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
STAGE = "STORE_SYNC_STAGE"


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything of one demo stands."""

    web_url: str
    twin_url: str
    client_secret: str


def enter(arguments: list[str]) -> None:
    """Become the same command again in the demo's own environment: database, ports, secrets."""
    web, twin = free_port(8000), free_port(9100)
    os.environ |= {
        STAGE: "1",
        "DATABASE_URL": _fresh_database(f"{connection.settings_dict['NAME']}_demo_{web}"),
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "SHOPIFY_TWIN_URL": f"http://127.0.0.1:{twin}",
        "SHOPIFY_CLIENT_ID": CLIENT_ID,
        "SHOPIFY_CLIENT_SECRET": secrets.token_hex(16),
        "SYNCQUEUE_WORKERS": os.environ.get("SYNCQUEUE_WORKERS", "4"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }
    connection.close()
    os.execv(sys.executable, [sys.executable, "manage.py", "demo", *arguments])  # noqa: S606


def plan() -> Plan:
    return Plan(settings.PUBLIC_URL, settings.SHOPIFY_TWIN_URL, settings.SHOPIFY_CLIENT_SECRET)


@contextmanager
def processes(stage: Plan, *, seed: str | None = "demo", latency: float = 0.1) -> Iterator[None]:
    """Run the twin, the web server and the workers; stop them at the end, in reverse."""
    logs = Path(settings.BASE_DIR) / ".data" / "demo"
    logs.mkdir(parents=True, exist_ok=True)
    twin_port, web_port = (url.rpartition(":")[2] for url in (stage.twin_url, stage.web_url))
    manage = [sys.executable, "manage.py"]
    commands = {
        "twin": [
            *manage, "twin", "--port", twin_port, "--latency", str(latency),
            "--app-id", CLIENT_ID, "--app-url", stage.web_url, *(["--seed", seed] if seed else []),
        ],
        "web": [
            sys.executable, "-m", "gunicorn", "apimio_sync.wsgi", "--bind", f"127.0.0.1:{web_port}",
            "--workers", "1", "--threads", "8", "--log-level", "warning",
        ],
        "workers": [*manage, "qcluster"],
    }  # fmt: skip
    environment = {**os.environ, "TWIN_APP_SECRET": stage.client_secret}
    with ExitStack() as stack:
        for name, command in commands.items():
            stack.enter_context(_process(command, logs / f"{name}.log", environment))
        wait_for(f"{stage.twin_url}/_twin/shops")
        wait_for(f"{stage.web_url}/admin/login/")
        yield


@contextmanager
def _process(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            env=dict(environment),
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(url: str) -> None:
    """Wait until an address answers."""
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer; its log stands in .data/demo.")


def free_port(wanted: int) -> int:
    """The port that was wanted, or any free one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError("No free port on this machine.")


def _fresh_database(name: str) -> str:
    """An empty database of the demo's own on the server of the settings; its address."""
    server = connection.settings_dict
    login = ":".join(quote(server[part], safe="") for part in ("USER", "PASSWORD") if server[part])
    host = ":".join(quote(str(server[part]), safe="") for part in ("HOST", "PORT") if server[part])
    base = f"postgresql://{login}@{host}"
    with psycopg.connect(f"{base}/{server['NAME']}", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{base}/{name}"
