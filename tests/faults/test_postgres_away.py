"""PostgreSQL is restarted, or crashes, under a real `qcluster`: it works again without a restart of
ours, and does again what the crash has forgotten."""

import os
import random
import signal
import time
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import call_command
from django.db import Error, connection, connections

from apimio_sync import postgres
from tests.faults.oracle import check
from tests.faults.stage import eventually
from tests.faults.test_cluster import running_cluster_stage
from tests.faults.trials import edit_anything


@contextmanager
def server_of_its_own():
    """Another embedded server, which nobody else minds being restarted; and its folder."""
    folder = postgres.data_folder().with_name("postgres-restarted")
    kept = dict(connection.settings_dict)
    connections.close_all()
    address = urlsplit(postgres._start(folder))
    connection.settings_dict |= {
        "HOST": unquote(address.hostname or ""),
        "PORT": "",
        "USER": address.username,
        "PASSWORD": "",
        "NAME": "store_sync",
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        call_command("migrate", verbosity=0)
        yield folder
    finally:
        connections.close_all()
        connection.settings_dict |= kept
        postgres._shut_down(folder / "postmaster.pid")


@pytest.fixture(scope="module")
def served(django_db_setup, django_db_blocker, tmp_path_factory):
    with (
        django_db_blocker.unblock(),
        server_of_its_own() as folder,
        running_cluster_stage(tmp_path_factory.mktemp("away")) as cluster,
    ):
        yield cluster, folder


def crash(folder):
    """An end without a checkpoint: what no flush has brought to the disk is gone."""
    pid_file = folder / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
    eventually(lambda: not pid_file.exists(), lambda: "PostgreSQL does not end.", 20)


def still(stage):
    try:
        return stage.is_still()
    except Error:  # our own connection was cut, too
        connection.close()
        return False


def test_a_restarted_postgres_is_found_again(served):
    cluster, folder = served
    stage, rng = cluster.stage, random.Random(3)
    parent = cluster.process.pid
    edit_anything(stage, rng)
    assert postgres._shut_down(folder / "postmaster.pid")
    postgres._start(folder)
    connection.close()
    edit_anything(stage, rng)
    eventually(lambda: still(stage), stage.why, 60)
    check(stage)
    assert (cluster.process.poll(), cluster.process.pid) == (None, parent)


def test_what_a_crash_of_postgres_forgets_is_done_again(served):
    """Leases, plans and decisions wait for no disk; edits, deliveries and results of calls do."""
    cluster, folder = served
    stage, rng = cluster.stage, random.Random(11)
    since = len(stage.twin.log())
    for _ in range(4):
        edit_anything(stage, rng)
        time.sleep(rng.uniform(0, 0.3))
        crash(folder)
        postgres._start(folder)
        connection.close()
        edit_anything(stage, rng)
    eventually(lambda: still(stage), stage.why, 90)
    check(stage, since=since)
