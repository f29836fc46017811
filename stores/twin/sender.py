"""Deliveries on their way: many addresses at once, a slow one holds up only itself."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from stores.twin.agenda import Agenda
from stores.twin.oracle import Oracle
from stores.twin.posting import ANSWER_SECONDS, Line, target_of

__all__ = ["RETRY_AFTER", "Delivery", "Sender"]

# shopify-platform.md 3.1: eight retries over four hours, each wait about twice the one before.
RETRY_AFTER = (10.0, 60.0, 240.0, 600.0, 1200.0, 2400.0, 4200.0, 5690.0)
LINES = 16  # connections to one address at a time
IDLE_SECONDS = 30.0
OK = range(200, 300)


@dataclass(slots=True)
class Delivery:
    """One webhook for one subscription: body and address stay as they were at its trigger.

    `judge` is told after every try whether it arrived, and whether it was the last one.
    """

    shop: str
    topic: str
    uri: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    judge: Callable[[bool, bool], None] = field(repr=False)
    webhook_id: str = ""
    event_id: str = ""
    subscription_id: int = 0
    attempt: int = 0
    _wire: bytes = field(default=b"", repr=False)

    def wire(self) -> bytes:
        """The whole request, which is the same at every attempt."""
        if not self._wire:
            _, host, path = target_of(self.uri)
            lines = [f"POST {path} HTTP/1.1", f"Host: {host}"]
            lines += [f"{name}: {value}" for name, value in self.headers.items()]
            lines += [f"Content-Length: {len(self.body)}", "", ""]
            self._wire = "\r\n".join(lines).encode("latin-1", "replace") + self.body
        return self._wire


@dataclass(slots=True)
class _Address:
    """What waits for one receiver, and the connections that are free."""

    where: tuple[str, str, int]
    waiting: deque[Delivery] = field(default_factory=deque)
    free: list[Line] = field(default_factory=list)
    lines: int = 0


class Sender:
    """One thread with an event loop, started by the first delivery."""

    def __init__(self, agenda: Agenda, oracle: Oracle) -> None:
        self._agenda, self._oracle = agenda, oracle
        self._lock = threading.Lock()
        self._arrived: deque[Delivery] = deque()
        self._addresses: dict[tuple[str, str, int], _Address] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0  # deliveries that were taken on and have no outcome yet
        self._age = 0  # of the world: what fails in an older one is not tried again
        self._stopped = False

    def enqueue(self, delivery: Delivery, *, after: float = 0.0) -> None:
        """Send it now, or so many seconds of the twin's clock later."""
        if after:
            self._agenda.after(after, lambda: self.enqueue(delivery))
            return
        with self._lock:
            if self._stopped:
                return
            self._open += 1
            self._arrived.append(delivery)
            called = len(self._arrived) > 1
            loop = self._running()
        if not called:
            loop.call_soon_threadsafe(self._take_on)

    def send(self, delivery: Delivery) -> int | str:
        """Try once and wait for it; returns the status or what went wrong."""
        with self._lock:
            self._open += 1
            loop = self._running()
        return asyncio.run_coroutine_threadsafe(self._alone(delivery), loop).result()

    def idle(self) -> bool:
        """Whether nothing is being sent; retries may be waiting."""
        with self._lock:
            return not self._open

    def clear(self) -> None:
        """Forget what waits; what is being sent ends without a retry."""
        with self._lock:
            self._age += 1
            self._open -= len(self._arrived)
            self._arrived.clear()
            for address in self._addresses.values():
                self._open -= len(address.waiting)
                address.waiting.clear()

    def stop(self) -> None:
        self.clear()
        with self._lock:
            self._stopped = True
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(ANSWER_SECONDS)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._run, daemon=True, name="twin-sender")
            self._thread.start()
        return self._loop

    def _run(self) -> None:
        if self._loop is None:
            return
        self._loop.run_forever()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        """Hang up everywhere; what was on its way ends unheard."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for address in self._addresses.values():
            for line in address.free:
                line.close()

    def _take_on(self) -> None:
        """Hand what arrived to its addresses, and open lines where there are too few."""
        with self._lock:
            arrived = list(self._arrived)
            self._arrived.clear()
            for delivery in arrived:
                where = target_of(delivery.uri)[0]
                address = self._addresses.setdefault(where, _Address(where))
                address.waiting.append(delivery)
        for where in {target_of(delivery.uri)[0] for delivery in arrived}:
            self._open_lines(self._addresses[where])

    def _open_lines(self, address: _Address) -> None:
        for _ in range(min(len(address.waiting), LINES - address.lines)):
            address.lines += 1
            task = asyncio.get_running_loop().create_task(self._work(address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, address: _Address) -> None:
        """Send one delivery after another over one connection, while any wait."""
        line = address.free.pop() if address.free else Line(*address.where)
        try:
            while (delivery := self._next(address)) is not None:
                await self._deliver(delivery, line)
        finally:
            address.lines -= 1
            address.free.append(line)
        asyncio.get_running_loop().call_later(IDLE_SECONDS, self._hang_up, address, line)

    def _next(self, address: _Address) -> Delivery | None:
        with self._lock:
            return address.waiting.popleft() if address.waiting else None

    def _hang_up(self, address: _Address, line: Line) -> None:
        if line in address.free:
            address.free.remove(line)
            line.close()

    async def _alone(self, delivery: Delivery) -> int | str:
        line = Line(*target_of(delivery.uri)[0])
        try:
            return await self._deliver(delivery, line)
        finally:
            line.close()

    async def _deliver(self, delivery: Delivery, line: Line) -> int | str:
        """Try once, log it and arrange the next try."""
        delivery.attempt += 1
        attempt, age = delivery.attempt, self._age
        try:
            status = await line.post(delivery.wire())
            if age == self._age:
                self._note(delivery, attempt, status)
        finally:
            with self._lock:
                self._open -= 1
        return status

    def _note(self, delivery: Delivery, attempt: int, status: int | str) -> None:
        """Arrange what follows, then log: who reads of a failure can count on its retry."""
        arrived, is_last = status in OK, attempt > len(RETRY_AFTER)
        delivery.judge(arrived, is_last)
        if not arrived and not is_last:
            self.enqueue(delivery, after=RETRY_AFTER[attempt - 1])
        self._oracle.write(
            "delivery",
            delivery.shop,
            topic=delivery.topic,
            webhook_id=delivery.webhook_id,
            event_id=delivery.event_id,
            attempt=attempt,
            status=status,
        )
