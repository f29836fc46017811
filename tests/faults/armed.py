"""Faults that strike by name: armed in a file, struck once by whichever process gets there."""

import fcntl
import functools
import importlib
import json
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.points import POINTS

FILE = "FAULTS_FILE"


@dataclass(frozen=True, slots=True)
class Fault:
    """Where (`before` or `after` a point), which time it is passed, and by which signal."""

    when: str
    point: str
    turn: int = 1
    signal: int = signal.SIGKILL


class Armoury:
    """The faults still to come, in their order; only the first is armed."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def arm(self, faults: Sequence[Fault]) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps([asdict(fault) for fault in faults]))
        fresh.rename(self.file)

    def disarm(self) -> None:
        self.file.unlink(missing_ok=True)

    def left(self) -> int:
        """How many have not struck yet."""
        return len(json.loads(self.file.read_text() or "[]")) if self.file.exists() else 0

    def pass_by(self, when: str, point: str) -> None:
        """Strike this very process if this is the place and the turn."""
        if (fault := self._due(when, point)) is not None:
            os.kill(os.getpid(), fault.signal)

    def _due(self, when: str, point: str) -> Fault | None:
        try:
            with self.file.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                first, *others = [Fault(**each) for each in json.load(file)] or [None]
                if first is None or (first.when, first.point) != (when, point):
                    return None
                struck = first.turn <= 1
                left = others if struck else [Fault(when, point, first.turn - 1, first.signal)]
                file.seek(0)
                file.truncate()
                json.dump([asdict(fault) for fault in (left if struck else left + others)], file)
                return first if struck else None
        except FileNotFoundError:
            return None


def wrap_points() -> None:
    """Wrap every point of this process; whether anything strikes is up to the armoury's file."""
    armoury = Armoury(Path(os.environ[FILE]))
    for point, target in POINTS.items():
        holder, name = found(target)
        setattr(holder, name, _wrapped(armoury, point, getattr(holder, name)))


def found(target: str) -> tuple[Any, str]:
    """Where a point's function is looked up, and its name there."""
    module, _, path = target.partition(":")
    *holders, name = path.split(".")
    return functools.reduce(getattr, holders, importlib.import_module(module)), name


def _wrapped(armoury: Armoury, point: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def between(*args: Any, **more: Any) -> Any:
        armoury.pass_by("before", point)
        result = function(*args, **more)
        armoury.pass_by("after", point)
        return result

    return between
