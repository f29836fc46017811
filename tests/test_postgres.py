"""The embedded PostgreSQL, in a folder of its own and by the program that `./do` uses."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from apimio_sync import postgres

FORGET = """
import shutil
from apimio_sync.postgres import data_folder
shutil.rmtree(data_folder().parent)
"""


@pytest.fixture
def checkout(tmp_path):
    """Just enough of a checkout to own a server."""
    app = tmp_path / "apimio_sync"
    app.mkdir()
    (app / "__init__.py").touch()
    shutil.copy(Path(settings.BASE_DIR) / "apimio_sync" / "postgres.py", app)
    tmp_path.chmod(0o755)
    yield tmp_path
    run(tmp_path, "-m", "apimio_sync.postgres", "stop")
    run(tmp_path, "-c", FORGET)


def ask(checkout, verb):
    return run(checkout, "-m", "apimio_sync.postgres", verb)


def run(checkout, *arguments):
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_server_starts_on_demand_stays_while_used_and_stops(checkout):
    address = ask(checkout, "url")
    assert ask(checkout, "url") == address
    with psycopg.connect(address) as connection:
        assert connection.info.server_version >= 150000
        assert ask(checkout, "stop") == "in use, left running"
    assert ask(checkout, "stop") == "stopped"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="this run has a server of its own")
def test_a_demo_that_ends_leaves_the_server_to_a_test_run_that_is_between_two_tests():
    connection.close()
    assert not postgres.stop()
