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
