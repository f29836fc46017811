"""Throw-away databases on the server that the settings name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import quote

import psycopg
from django.db import connection, connections


@contextmanager
def bench_database() -> Iterator[str]:
    """A migrated database; Django here, and processes started here, use it until the end."""
    kept = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_store_sync_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    url = database_url(connection.settings_dict["NAME"])
    try:
        with patch.dict(os.environ, DATABASE_URL=url):
            yield url
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(kept, verbosity=0)


@contextmanager
def bare_database(name: str) -> Iterator[str]:
    """An empty database of that name for somebody else's schema."""
    server = database_url(connection.settings_dict["NAME"])
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            yield database_url(name)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def database_url(name: str) -> str:
    """The address of a database on our server."""
    server = connection.settings_dict
    login = ":".join(quote(server[part], safe="") for part in ("USER", "PASSWORD") if server[part])
    host = ":".join(quote(str(server[part]), safe="") for part in ("HOST", "PORT") if server[part])
    return f"postgresql://{login}@{host}/{quote(name)}"
