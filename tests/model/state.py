"""What the model knows: jobs, lanes and their calls, what workers hold in memory, the world."""

from dataclasses import dataclass
from typing import NamedTuple

DEAD_PUMP = -1  # the token that a pump left which died
MOST_CRASHES = 2  # three in the engine; two are enough to see every way there
LANE_OF = (0, 0, 1)  # the lane of each delivery's job, oldest first
LANES = (0, 1)


@dataclass(frozen=True)
class Rules:
    """What protects the queue; and how much fate may do."""

    fence: bool = True  # whoever records a result holds the lane's token
    head: bool = True  # only the oldest open job of a lane is claimed
    dedupe: bool = True  # a delivery is stored once
    one_holder: bool = True  # a leased lane is nobody else's
    hold_checked_at_start: bool = True
    send_in_time: bool = True  # nothing is sent later than a lease after its plan
    reads_unknown: bool = True  # a call that nobody heard of is settled by reading
    absolve: bool = True  # who lives takes back the crash counted against its job
    fate: int = 2  # how many misfortunes: deaths, lost answers, doubled deliveries, holds


class Job(NamedTuple):
    """`open` from its delivery until `done` or `dead`; `crashes` may be a credit of one."""

    state: str = "absent"
    crashes: int = 0


class Call(NamedTuple):
    """The open call of a lane: states `planned`, `sent`, `answered`."""

    job: int
    token: int
    state: str
    answer: str = ""


class Lane(NamedTuple):
    token: int | None = None
    lapsed: bool = False  # its lease has ended; the token still stands
    call: Call | None = None
    unknown: bool = False  # the outcome of a call is to be found by reading


class Pump(NamedTuple):
    """What a worker holds in memory: a lane, its head, and how far it got."""

    lane: int
    job: int
    step: str
    late: bool = False  # by its own clock, more than a lease since the plan
    heard: str = ""
    epoch: int = 0  # of the channel, when it looked


class State(NamedTuple):
    jobs: tuple[Job, ...] = (Job("open"), Job(), Job("open"))
    lanes: tuple[Lane, ...] = (Lane(), Lane())
    pumps: tuple[Pump | None, ...] = (None, None)
    applied: tuple[int, ...] = (0, 0, 0)
    deaths: tuple[int, ...] = (0, 0, 0)  # of workers while they were on a job
    held: bool = False
    crashes: int = 0
    lost: int = 0
    doubled: int = 0
    holds: int = 0
    wrong: str = ""  # what must never happen, and has

    @property
    def fate(self) -> int:
        """The misfortunes so far."""
        return self.crashes + self.lost + self.doubled + self.holds

    @property
    def epoch(self) -> int:
        return 2 * self.holds - self.held

    def job(self, which: int, **change: object) -> "State":
        return self._replace(jobs=_changed(self.jobs, which, change))

    def lane(self, which: int, **change: object) -> "State":
        return self._replace(lanes=_changed(self.lanes, which, change))

    def pump(self, which: int, now: Pump | None) -> "State":
        return self._replace(pumps=put(self.pumps, which, now))

    def died(self, which: int, times: int) -> "State":
        return self._replace(deaths=put(self.deaths, which, times))

    def freed(self, lane: int, **change: object) -> "State":
        """FREE_LANES and CLOSE_CALLS."""
        return self.lane(lane, token=None, lapsed=False, call=None, **change)

    def open_jobs(self, lane: int) -> list[int]:
        return [n for n, job in enumerate(self.jobs) if job.state == "open" and LANE_OF[n] == lane]


class Deed(NamedTuple):
    """What happens in a step: by which worker, to which job (or lane)."""

    what: str
    which: int = 0
    worker: int | None = None

    def __str__(self) -> str:
        who = "" if self.worker is None else f"worker {self.worker}: "
        return f"{who}{self.what} {self.which}"


def put(things: tuple, which: int, thing: object) -> tuple:
    return (*things[:which], thing, *things[which + 1 :])


def _changed(things: tuple, which: int, change: dict[str, object]) -> tuple:
    return put(things, which, things[which]._replace(**change))
