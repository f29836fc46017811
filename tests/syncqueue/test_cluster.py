"""A real `qcluster` process and what happens to it: killed children, a killed parent, SIGTERM."""

import os
import signal
import socket
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.utils import timezone
from django_q.models import Task
from django_q.tasks import async_task

from syncqueue.enums import CallState, JobState
from syncqueue.guard import STOP_SECONDS
from syncqueue.models import Call, Channel, Job, Lane
from syncqueue.services.check import check_queue
from tests.stores.make import make_store
from tests.syncqueue.processes import PATIENCE, eventually, running_cluster
from tests.syncqueue.queueing import queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cluster():
    with running_cluster() as process:
        yield process


def descendants(pid):
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [found for child in children for found in (int(child), *descendants(child))]


def is_gone(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def worker_that_answers():
    """The id of the worker process that ran a new task.

    Asked anew every second, as the sweep does: what a dying cluster held comes back much later.
    """

    def answer():
        task_id = async_task("os.getpid", save=True)
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            if task := Task.objects.filter(id=task_id).first():
                return task.result
            time.sleep(0.02)
        return None

    return eventually(answer)


def test_our_command_stands_before_that_of_django_q():
    assert get_commands()["qcluster"] == "syncqueue"


def test_a_cluster_survives_a_killed_idle_worker_and_ends_cleanly(cluster):
    for _ in range(2):
        os.kill(worker_that_answers(), signal.SIGKILL)
    assert worker_that_answers()
    family = descendants(cluster.pid)
    cluster.send_signal(signal.SIGTERM)
    assert cluster.wait(PATIENCE) == 0
    assert [pid for pid in family if not is_gone(pid)] == []


def test_a_job_that_is_due_later_starts_within_a_second_of_it(cluster):
    worker_that_answers()
    channel = Channel.objects.create(name="north")
    due = timezone.now() + timedelta(seconds=2.5)
    queue(channel, ["ok"], handler="nobody", due_at=due)
    job = eventually(lambda: Job.objects.filter(state=JobState.DEAD_LETTERED).first())
    assert timedelta(0) <= job.finished_at - due < timedelta(seconds=1)
    assert job.next_attempt_at is None


@pytest.fixture
def deaf_shopify():
    """Takes every call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_cluster_ends_within_ten_seconds_although_a_call_is_out(deaf_shopify):
    store = make_store(access_token="shpat_x")
    queue(store.channel, ["x"], handler="stores.probe", key="shop")
    Job.objects.update(payload={"store": store.pk})
    with running_cluster(SHOPIFY_TWIN_URL=deaf_shopify) as process:
        eventually(lambda: Call.objects.filter(state=CallState.SENT).exists())
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - began < 10
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert job.reason == "The worker was stopped while the call was out."
    assert Lane.objects.get().token is None
    assert not check_queue().found


def test_a_killed_parent_leaves_no_orphans(cluster):
    worker = worker_that_answers()
    family = descendants(cluster.pid)
    assert worker in family
    cluster.kill()
    eventually(lambda: all(is_gone(pid) for pid in family))


def test_a_cluster_started_anew_is_still_there_when_the_stop_of_the_sick_one_would_be_over(cluster):
    before = worker_that_answers()
    sentinel = descendants(cluster.pid)[0]
    os.kill(sentinel, signal.SIGKILL)
    eventually(lambda: is_gone(before))
    with pytest.raises(subprocess.TimeoutExpired):
        cluster.wait(STOP_SECONDS + 2)
    assert worker_that_answers() != before
