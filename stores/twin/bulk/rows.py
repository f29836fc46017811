"""The rows of a bulk result: flat, in no order, and never all in memory."""

import json
import random
from collections.abc import Iterator
from typing import Any, TextIO

__all__ = ["Rows", "flattened"]

Json = dict[str, Any]
WINDOW = 5_000


def flattened(node: Json, parent: str | None = None) -> Iterator[Json]:
    """A node as one row, then the nodes of its connections, which name it as `__parentId`."""
    row, below = _split(node)
    if parent is not None:
        row["__parentId"] = parent
    yield row
    for connection in below:
        for edge in connection["edges"]:
            yield from flattened(edge["node"], node.get("id"))


def _split(value: Json) -> tuple[Json, list[Json]]:
    """What stays in the row, and the connections in it, however deep inside of objects."""
    row: Json = {}
    below: list[Json] = []
    for key, each in value.items():
        if isinstance(each, dict) and isinstance(each.get("edges"), list):
            below.append(each)
        elif isinstance(each, dict):
            row[key], inner = _split(each)
            below += inner
        else:
            row[key] = each
    return row, below


class Rows:
    """Writes rows as JSON lines; unless grouped, each may come long after those before it."""

    def __init__(self, file: TextIO, chance: random.Random, *, grouped: bool) -> None:
        self._file, self._chance, self._grouped = file, chance, grouped
        self._waiting: list[str] = []

    def add(self, row: Json) -> None:
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        if self._grouped:
            self._file.write(f"{line}\n")
        elif len(self._waiting) < WINDOW:
            self._waiting.append(line)
        else:
            place = self._chance.randrange(WINDOW)
            self._file.write(f"{self._waiting[place]}\n")
            self._waiting[place] = line

    def end(self) -> None:
        self._chance.shuffle(self._waiting)
        self._file.writelines(f"{line}\n" for line in self._waiting)
        self._waiting.clear()
