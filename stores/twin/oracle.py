"""The truth: every true edit, every accepted write and every delivery, in order."""

import threading
from typing import Any

from stores.twin.clock import Clock

__all__ = ["Oracle"]


class Oracle:
    """An append-only log. Kinds: edit, touch, create, delete, delivery."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []

    def write(self, kind: str, shop: str, **facts: Any) -> None:
        time = self._clock.now().isoformat()
        with self._lock:
            seq = len(self._entries) + 1
            self._entries.append({"seq": seq, "time": time, "kind": kind, "shop": shop, **facts})

    def read(
        self, *, since: int = 0, shop: str | None = None, kind: str | None = None
    ) -> list[dict[str, Any]]:
        """The entries after `since`, of one shop and kind where asked."""
        with self._lock:
            found = self._entries[since:]
        return [
            entry
            for entry in found
            if shop in {None, entry["shop"]} and kind in {None, entry["kind"]}
        ]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
