"""The broker of wake-ups, on a real PostgreSQL with commits that others see."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from syncqueue import broker as broker_module
from syncqueue.broker import NotifyBroker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker(monkeypatch):
    # The sweep has wake-ups of its own to send; here only the broker is looked at.
    monkeypatch.setattr(broker_module, "sweep", list)
    broker = NotifyBroker(list_key="test-queue")
    yield broker
    broker._stop_listening()


def payload_of(claimed):
    return [payload for _, payload in claimed]


def test_wake_ups_come_out_oldest_first(broker):
    for name in "abc":
        broker.enqueue(name)
    assert [payload_of(broker.dequeue()) for _ in "abc"] == [["a"], ["b"], ["c"]]


def test_a_delivered_wake_up_comes_again_only_when_nobody_acknowledged_it(broker):
    task_id = broker.enqueue("a")
    assert broker.dequeue() == [(task_id, "a")]
    assert broker._claim() == []
    OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=1))
    assert broker._claim() == [(task_id, "a")]
    broker.acknowledge(task_id)
    assert not OrmQ.objects.exists()


def test_queues_of_other_names_are_left_alone(broker):
    NotifyBroker(list_key="another").enqueue("a")
    assert broker._claim() == []


def test_a_wake_up_that_another_node_holds_is_stepped_over(broker):
    first, second = broker.enqueue("a"), broker.enqueue("b")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM django_q_ormq WHERE id = %s FOR UPDATE", [first])
            assert broker._claim() == [(second, "b")]
    finally:
        other.close()


def test_a_rolled_back_transaction_wakes_nobody(broker):
    with transaction.atomic():
        broker.enqueue("a")
        transaction.set_rollback(True)
    assert not OrmQ.objects.exists()


def test_a_commit_ends_the_wait_at_once(broker, monkeypatch):
    monkeypatch.setattr(broker_module, "SWEEP_SECONDS", 30.0)
    broker._listen()
    woken = threading.Event()

    def serve():
        claimed.extend(broker.dequeue() or broker.dequeue())
        connection.close()
        woken.set()

    claimed = []
    waiter = threading.Thread(target=serve)
    waiter.start()
    assert not woken.wait(0.3)
    broker.enqueue("a")
    assert woken.wait(5)
    waiter.join()
    assert payload_of(claimed) == ["a"]


def test_a_broken_listen_costs_a_poll_and_is_repaired(broker):
    broker._listen()
    broken = broker._listener
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [broken.connection.info.backend_pid])
    assert broker.dequeue() == []
    broker.enqueue("a")
    assert payload_of(broker.dequeue()) == ["a"]
    assert broker._listener is not broken


def test_a_connection_that_died_is_replaced(broker):
    broker.enqueue("a")
    with broker._listen().cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    assert payload_of(broker.dequeue()) == ["a"]


def test_a_database_that_is_away_is_waited_for(broker, monkeypatch, caplog):
    monkeypatch.setattr(broker_module, "SWEEP_SECONDS", 0.1)
    broker.enqueue("a")
    connection.close()
    with monkeypatch.context() as outage:
        outage.setitem(connection.settings_dict, "HOST", "/nowhere")
        assert broker.dequeue() == []
    assert "lost its database" in caplog.text
    assert payload_of(broker.dequeue()) == ["a"]
