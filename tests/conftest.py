"""What every test shares: no network but loopback, a throw-away database."""

import os

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
