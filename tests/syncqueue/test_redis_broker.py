"""Wake-ups by a real Redis, and what happens when it loses them or is away."""

from contextlib import ExitStack

import pytest
import redis
from django.db import transaction
from django_q.conf import Conf

from syncqueue.enums import JobState
from syncqueue.models import Channel, Job
from syncqueue.redis_broker import RedisBroker
from syncqueue.services.wake import others_wait, wake
from tests.syncqueue.processes import eventually, free_port, running_cluster, running_redis
from tests.syncqueue.queueing import queue

pytestmark = pytest.mark.django_db(transaction=True)
SWEPT_SECONDS = 3.0  # a second until it counts as lost, a second until the next sweep, and the work


class Server:
    """A Redis that can be killed and started again on its port."""

    def __init__(self, folder):
        self.folder, self.port, self.stack = folder, free_port(), ExitStack()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self):
        self.process = self.stack.enter_context(running_redis(self.folder, self.port))
        eventually(self.answers)

    def answers(self):
        try:
            return self.client().ping()
        except redis.ConnectionError:
            return False

    def client(self):
        return redis.Redis(port=self.port)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path, monkeypatch):
    server = Server(tmp_path)
    monkeypatch.setattr(Conf, "BROKER_CLASS", "syncqueue.redis_broker.RedisBroker")
    monkeypatch.setattr(Conf, "REDIS", server.url)
    RedisBroker._away_until = 0.0
    RedisBroker._spare.clear()
    with server.stack:
        yield server


@pytest.fixture
def broker(server, monkeypatch):
    monkeypatch.setattr("syncqueue.broker.sweep", list)
    return RedisBroker("test-queue")


def done(channel):
    """Queue a job that needs no handler, and wait for its end; the seconds that took."""
    (job,) = queue(channel, ["ok"], handler="nobody")
    row = eventually(lambda: Job.objects.filter(pk=job, state=JobState.DEAD_LETTERED).first())
    return (row.finished_at - row.created_at).total_seconds()


def test_wake_ups_come_out_oldest_first_and_once(broker):
    for name in "abc":
        broker.enqueue(name)
    assert broker.others_wait()
    assert [broker.dequeue() for _ in "abc"] == [[(None, name.encode())] for name in "abc"]
    assert not broker.others_wait()
    assert broker.dequeue() == []


def test_while_redis_is_away_nobody_fails_and_a_nodes_own_wake_ups_are_delivered(server, broker):
    server.kill()
    broker.enqueue("a")
    assert broker.dequeue() == [(None, "a")]
    server.start()
    RedisBroker._away_until = 0.0
    broker.enqueue("b")
    assert server.client().llen(broker.list_key) == 1


def test_what_waits_behind_others_is_not_taken_for_lost(broker):
    assert broker.lost_after() == 1.0
    broker.enqueue("a")
    assert broker.lost_after() == 10.0
    assert broker.oldest() is None


def test_a_wake_up_leaves_after_the_commit_only(server, channel):
    with transaction.atomic():
        wake([channel.pk])
        assert not others_wait()
    assert others_wait()


def test_a_cluster_works_by_redis_and_by_its_sweep_when_redis_forgets_or_dies(server, channel):
    with running_cluster(SYNCQUEUE_BROKER=server.url):
        done(channel)
        assert done(channel) < 1.0
        forgetful = server.client()
        forgetful.config_set("maxmemory", 1)  # refuses every push from now on
        assert done(channel) < SWEPT_SECONDS
        forgetful.config_set("maxmemory", 0)
        server.kill()
        assert done(channel) < SWEPT_SECONDS
        assert done(Channel.objects.create(name="alpine")) < SWEPT_SECONDS
        server.start()
        eventually(lambda: done(channel) < 1.0)
