"""The embedded PostgreSQL, in a folder of its own and by the program that `./do` uses."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import Error, connection, transaction

from apimio_sync import postgres
from syncqueue.models import Channel

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


@pytest.mark.django_db
def test_a_connection_neither_hangs_on_a_vanished_server_nor_holds_locks_for_ever():
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("2min",)
    told = connection.connection.info.get_parameters()
    assert int(told["keepalives_idle"]) + 3 * int(told["keepalives_interval"]) <= 60
    assert told["tcp_user_timeout"] == "60000"


@pytest.mark.django_db(transaction=True)
def test_locks_of_who_stopped_inside_a_transaction_are_free_again_and_it_can_go_on():
    Channel.objects.create(name="north")
    sleeper = connection.copy()
    sleeper.set_autocommit(False)
    with sleeper.cursor() as cursor:
        cursor.execute("SET SESSION idle_in_transaction_session_timeout = '100ms'")
        cursor.execute("SELECT id FROM syncqueue_channel FOR UPDATE")
        time.sleep(0.3)
        with transaction.atomic():
            Channel.objects.select_for_update(nowait=True).get()
        with pytest.raises(Error):
            cursor.execute("UPDATE syncqueue_channel SET name = 'west'")
    sleeper.close()
    with sleeper.cursor() as cursor:
        cursor.execute("SELECT name FROM syncqueue_channel")
        assert cursor.fetchone() == ("north",)
    sleeper.close()
