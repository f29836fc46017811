"""When and by whom an attribute was last set: a total order that no arrival order can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from catalogue.enums import Source

TICK = timedelta(microseconds=1)

Bounds: TypeAlias = tuple[datetime, datetime]
"""Between which instants something happened of which no better time is known."""


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Compared by instant, then by the rank of its origin, then by its stable id."""

    time: datetime
    rank: int
    id: str

    @classmethod
    def of(cls, time: datetime, source: Source, stable_id: str) -> Version:
        return cls(time, source.rank, stable_id)

    def to_json(self) -> dict[str, Any]:
        return {"time": self.time.isoformat(), "rank": self.rank, "id": self.id}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Version:
        return cls(datetime.fromisoformat(data["time"]), int(data["rank"]), str(data["id"]))


def causal_floor(time: datetime, based_on: Version | None, *, ours: bool = True) -> datetime:
    """Never earlier than the value of ours that this edit replaced, whatever the clocks say."""
    if based_on is None or not ours:
        return time
    return max(time, based_on.time + TICK)
