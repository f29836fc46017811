"""The truth: every true edit, every accepted write and every delivery, in order."""

import bisect
import sys
import threading
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stores.twin.clock import Clock

__all__ = ["Oracle"]

_Entry = tuple[float, str, str, tuple[str, ...], tuple[Any, ...]]


class Oracle:
    """An append-only log, in memory. Kinds: edit, touch, create, delete, write, delivery, fetch.

    An entry is kept as tuples with shared names, and its place under its kind, its shop and both,
    so that a million deliveries stay cheap and a page of edits among them is found at once.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []
        self._places: defaultdict[tuple[str | None, str | None], array[int]]
        self._places = defaultdict(lambda: array("Q"))
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}

    def write(self, kind: str, shop: str, **facts: Any) -> None:
        moment, names = self._clock.seconds(), tuple(facts)
        with self._lock:
            shape = self._shapes.setdefault(names, names)
            entry = (moment, sys.intern(kind), shop, shape, tuple(facts.values()))
            self._entries.append(entry)
            seq = len(self._entries)
            for key in ((kind, None), (None, shop), (kind, shop)):
                self._places[key].append(seq)

    def read(
        self,
        *,
        since: int = 0,
        kind: str | None = None,
        shop: str | None = None,
        limit: int | None = None,
        newest: bool = False,
        **facts: Any,
    ) -> list[dict[str, Any]]:
        """The entries after `since`, of one kind, shop or other fact where asked, oldest first.

        `limit` keeps the first so many, or with `newest` the last so many.
        """
        found: list[dict[str, Any]] = []
        for seq in self._numbers(since, kind, shop, newest=newest):
            if limit is not None and len(found) >= limit:
                break
            entry = self._entries[seq - 1]
            if not facts or _holds(entry, facts):
                found.append(_told(seq, entry))
        return found[::-1] if newest else found

    def last(self) -> int:
        """The number of the newest entry."""
        return len(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._places.clear()

    def _numbers(
        self, since: int, kind: str | None, shop: str | None, *, newest: bool
    ) -> Iterator[int]:
        """The numbers of the candidates; what is appended meanwhile comes with the next reading."""
        with self._lock:
            every: Sequence[int] = range(1, len(self._entries) + 1)
            if kind is not None or shop is not None:
                every = self._places.get((kind, shop), array("Q"))
            start, end = bisect.bisect_right(every, since), len(every)
        order = range(end - 1, start - 1, -1) if newest else range(start, end)
        return (every[place] for place in order)


def _told(seq: int, entry: _Entry) -> dict[str, Any]:
    moment, kind, shop, names, values = entry
    time = datetime.fromtimestamp(moment, UTC).isoformat()
    head: Mapping[str, Any] = {"seq": seq, "time": time, "kind": kind, "shop": shop}
    return {**head, **dict(zip(names, values, strict=True))}


def _holds(entry: _Entry, facts: Mapping[str, Any]) -> bool:
    """Filters come from addresses, where everything is text."""
    _, _, _, names, values = entry
    for name, wanted in facts.items():
        if name not in names or (found := values[names.index(name)]) is None:
            return False
        if found != wanted and str(found) != str(wanted):
            return False
    return True
