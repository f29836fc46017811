"""Dramatiq's program: one actor that only counts, in Redis, that it ran."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

broker = RedisBroker(url=os.environ["BENCH_REDIS"])
dramatiq.set_broker(broker)


@dramatiq.actor
def noop() -> None:
    broker.client.incr("bench-done")
