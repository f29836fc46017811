"""Deliveries on their way: a few threads, kept connections, short patience, retries."""

import http.client
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from stores.twin.agenda import Agenda
from stores.twin.oracle import Oracle

__all__ = ["RETRY_AFTER", "Delivery", "Sender"]

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0
# Eight retries over four hours, each wait about twice the one before.
RETRY_AFTER = (10.0, 60.0, 240.0, 600.0, 1200.0, 2400.0, 4200.0, 5700.0)
THREADS = 6
OK = range(200, 300)


@dataclass(slots=True)
class Delivery:
    """One webhook for one subscription: body and address stay as they were at its trigger."""

    shop: str
    topic: str
    uri: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    give_up: Callable[[], None] = field(repr=False)
    attempt: int = 0

    @property
    def webhook_id(self) -> str:
        return self.headers["X-Shopify-Webhook-Id"]


class Sender:
    """Sends deliveries when they are due; started with the first one."""

    def __init__(self, agenda: Agenda, oracle: Oracle) -> None:
        self._agenda, self._oracle = agenda, oracle
        self._queue: deque[Delivery] = deque()
        self._ready = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self._stopped = False

    def enqueue(self, delivery: Delivery, *, after: float = 0.0) -> None:
        """Send it now, or so many seconds of the twin's clock later."""
        if after:
            self._agenda.after(after, lambda: self.enqueue(delivery))
            return
        with self._ready:
            if self._stopped:
                return
            self._queue.append(delivery)
            self._ready.notify()
            while len(self._threads) < THREADS:
                name = f"twin-sender-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._work, daemon=True, name=name))
                self._threads[-1].start()

    def send(self, delivery: Delivery) -> int | str:
        """Try once, log it and arrange the next try; returns the status or what went wrong."""
        delivery.attempt += 1
        status = _post(delivery)
        self._oracle.write(
            "delivery",
            delivery.shop,
            topic=delivery.topic,
            webhook_id=delivery.webhook_id,
            event_id=delivery.headers["X-Shopify-Event-Id"],
            attempt=delivery.attempt,
            status=status,
        )
        if status not in OK:
            self._again(delivery)
        return status

    def idle(self) -> bool:
        """Whether nothing is being sent; retries may be waiting."""
        with self._ready:
            return not self._busy and not self._queue

    def clear(self) -> None:
        with self._ready:
            self._queue.clear()

    def stop(self) -> None:
        with self._ready:
            self._stopped = True
            self._queue.clear()
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(ANSWER_SECONDS)

    def _again(self, delivery: Delivery) -> None:
        if delivery.attempt > len(RETRY_AFTER):
            delivery.give_up()
            return
        self.enqueue(delivery, after=RETRY_AFTER[delivery.attempt - 1])

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            try:
                self.send(delivery)
            finally:
                with self._ready:
                    self._busy -= 1
        _close_connections()

    def _next(self) -> Delivery | None:
        with self._ready:
            while not self._stopped:
                if self._queue:
                    self._busy += 1
                    return self._queue.popleft()
                self._ready.wait()
        return None


_local = threading.local()


def _post(delivery: Delivery) -> int | str:
    """The status, or a word for what came instead of one. Redirects are not followed."""
    address = urlsplit(delivery.uri)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    for fresh in (False, True):
        connection = _connection(address.scheme, address.netloc, fresh=fresh)
        kept = connection.sock is not None
        try:
            return _exchange(connection, target, delivery)
        except TimeoutError:
            connection.close()
            return "timeout"
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if not kept:
                return type(error).__name__
    return "closed"


def _exchange(connection: http.client.HTTPConnection, target: str, delivery: Delivery) -> int:
    until = time.monotonic() + ANSWER_SECONDS
    if connection.sock is None:
        connection.timeout = CONNECT_SECONDS
        connection.connect()
    connection.sock.settimeout(ANSWER_SECONDS)
    connection.request("POST", target, delivery.body, delivery.headers)
    response = connection.getresponse()
    connection.sock and connection.sock.settimeout(max(0.01, until - time.monotonic()))
    response.read()
    return response.status


def _connection(scheme: str, netloc: str, *, fresh: bool) -> http.client.HTTPConnection:
    """The thread's kept connection to that host; a fresh one where the kept one went stale."""
    kept: dict[tuple[str, str], http.client.HTTPConnection]
    kept = _local.__dict__.setdefault("connections", {})
    if fresh or (scheme, netloc) not in kept:
        secure = scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        kept[scheme, netloc] = kind(netloc)
    return kept[scheme, netloc]


def _close_connections() -> None:
    for connection in _local.__dict__.pop("connections", {}).values():
        connection.close()
