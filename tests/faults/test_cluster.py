"""A real `qcluster` and gunicorn under load: killed piece by piece, cut off from PostgreSQL."""

import os
import random
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.faults import namespaces
from tests.faults.nodes import play
from tests.faults.oracle import check
from tests.faults.stage import ENGINE, database_of_its_own, eventually, process, running_stage
from tests.faults.trials import edit_anything

EVERYWHERE = "0.0.0.0"  # noqa: S104  the twin is to be reached from other hosts, too
QCLUSTER = [sys.executable, "manage.py", "qcluster"]


class Cluster:
    """The stage, its worker cluster, and what is to be killed of it."""

    def __init__(self, stage, environment):
        self.stage, self.environment = stage, environment
        self.stack = ExitStack()
        self.restart()

    def restart(self):
        log = self.stage.logs / "cluster.log"
        self.process = self.stack.enter_context(process(QCLUSTER, log, self.environment))

    def children(self, pid=None):
        pid = pid or self.process.pid
        try:
            words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except FileNotFoundError:
            return []
        return [int(word) for word in words]

    def part(self, name, rng):
        """A process of the cluster, or of the web server, by its part in the play."""
        if name == "parent":
            return self.process.pid
        if name == "web":
            return rng.choice(eventually_some(lambda: self.children(self.stage.web.pid)))
        (sentinel,) = eventually_some(self.children)
        if name == "sentinel":
            return sentinel
        return rng.choice(eventually_some(lambda: self.children(sentinel)))


def eventually_some(look):
    eventually(look)
    return look()


@pytest.fixture(scope="module")
def cluster(django_db_setup, django_db_blocker, tmp_path_factory):
    with (
        django_db_blocker.unblock(),
        database_of_its_own(),
        running_cluster_stage(tmp_path_factory.mktemp("cluster")) as cluster,
    ):
        yield cluster


@contextmanager
def running_cluster_stage(logs):
    with running_stage(logs, workers=0, host=EVERYWHERE) as stage:
        environment = {**stage.environment, **ENGINE, "SYNCQUEUE_WORKERS": "2"}
        cluster = Cluster(stage, environment)
        with cluster.stack:
            stage.open_stores(2, 3)
            yield cluster


@pytest.mark.parametrize("part", ["child", "sentinel", "parent", "web"])
def test_whatever_is_killed_under_load_nothing_is_lost(cluster, part):
    """SIGKILL in the middle of a stream of edits; the guard, or a supervisor, starts it anew."""
    stage, rng = cluster.stage, random.Random(part)
    since = len(stage.twin.log())
    for _ in range(2):
        edit_anything(stage, rng)
        os.kill(cluster.part(part, rng), signal.SIGKILL)
        if part == "parent":
            cluster.process.wait(60)
            cluster.restart()
        edit_anything(stage, rng)
    stage.settle(60)
    check(stage, since=since)


def test_cut_connections_are_made_again_without_a_restart(cluster):
    """`pg_terminate_backend` of everybody's connections, again and again, under load.

    Twice before all settles: what meets a third one might be the cause, and is set aside.
    """
    stage, rng = cluster.stage, random.Random(7)
    since = len(stage.twin.log())
    parent = cluster.process.pid
    for _ in range(2):
        for _ in range(2):
            edit_anything(stage, rng)
            _cut_all_connections()
            time.sleep(0.2)
        edit_anything(stage, rng)
        stage.settle(60)
    check(stage, since=since)
    assert (cluster.process.poll(), cluster.process.pid) == (None, parent)


def _cut_all_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def nobody_else(cluster):
    """The cluster is away meanwhile."""
    cluster.process.kill()
    cluster.process.wait()
    yield
    cluster.restart()


def test_two_clusters_on_hosts_of_their_own_share_the_work_and_either_goes_on_alone(cluster):
    if reason := namespaces.why_not():
        pytest.skip(reason)
    with nobody_else(cluster), ExitStack() as stack:
        hosts = [stack.enter_context(namespaces.host(number)) for number in (1, 2)]
        assert play(cluster.stage, hosts) == 3


def test_two_clusters_on_one_host_do_the_same(cluster):
    if not namespaces.why_not():
        pytest.skip("It is proved with hosts of their own.")
    with nobody_else(cluster):
        assert play(cluster.stage, [None, None]) == 1
