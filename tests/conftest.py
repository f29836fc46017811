"""What every test shares: no network but loopback, a throw-away database."""

import os

import psycopg
import pytest

os.environ["SENTRY_DSN"] = ""
pytest_plugins = ["stores.twin.fixtures"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Name the database after this process, so that two runs never meet."""
    from django.conf import settings  # noqa: PLC0415  settings load after the environment is set

    # The threads of a live server must not keep connections to a database that goes away.
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    test = settings.DATABASES["default"].setdefault("TEST", {})
    test["NAME"] = f"test_store_sync_{os.getpid()}"


@pytest.fixture(scope="session", autouse=True)
def server_in_use(django_db_modify_db_settings):
    """Keep the server up between two tests: a demo that ends stops it when nobody is connected."""
    from django.db import connection  # noqa: PLC0415  settings load after the environment is set

    with psycopg.connect(**connection.get_connection_params(), autocommit=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_flush(django_db_modify_db_settings):
    """Empty only what a test has filled: truncating a hundred tables costs more than most tests."""
    from django.db import connection  # noqa: PLC0415

    def sql_flush(style, tables, **_):
        rows = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")"
            for table in set(tables) - {"auth_permission", "django_content_type"}
        )
        with connection.cursor() as cursor:
            cursor.execute(rows)
            filled = [f'DELETE FROM "{table}"' for (table,) in cursor.fetchall()]
        # Without triggers: everything goes, so that no reference is left to check.
        return ["SET LOCAL session_replication_role = replica", *filled]

    connection.ops.sql_flush = sql_flush
