"""Trials: some edits everywhere, a death at one commit point, and the oracle's verdict."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalogue.models import Change
from stores.models import Store
from stores.services.pulls import enqueue_pull
from syncqueue.services.channel import pause, resume
from tests.faults.armed import Fault
from tests.faults.oracle import check
from tests.faults.stage import Stage

ROUNDS = 5
LATENCY = {"slow": 0.6, "pause": 0.05}


@dataclass(frozen=True, slots=True)
class Trial:
    """Where it strikes. `first` makes the mess that its point cleans up; `act` gets there."""

    when: str
    point: str
    act: str = "edits"
    first: tuple[str, str] | None = None
    turns: int = 1
    note: str = ""

    def __str__(self) -> str:
        return f"{self.when} {self.point} {self.note}".strip()


CRASH_DECIDING, CRASH_SENDING = ("before", "decide finish"), ("after", "send")
CRASH_PLANNING, CRASH_STARTING = ("before", "receipt"), ("before", "start")
IN_THE_PUMP = (
    "slot", "claim deliveries", "decide", "decide fan-out", "decide finish", "decided",
    "claim calls", "receipt", "plan commit", "start", "submit", "send", "write", "save answer",
    "settle", "mid settle", "absorb", "trail", "settle finish", "health", "points", "slot release",
    "acknowledge", "sweep",
)  # fmt: skip
AT_THE_DOOR = ("inbox", "inbox wake")
BY_HAND = ("edit fan-out", "mid fan-out", "announce", "send wake-up")
WHILE_SLOW = ("renew", "wake itself")
WHILE_PAUSED = ("withdraw",)
WHILE_PULLING = ("pull page", "pull cursor", "pull end", "walk chunk")
AFTER_A_DEATH = {
    "sweep wake": CRASH_DECIDING,
    "suspect delivery": CRASH_DECIDING,
    "suspect call": CRASH_PLANNING,
    "left call": CRASH_SENDING,
    "take over": CRASH_SENDING,
}
SIDES = ("before", "after")
TRIALS = [
    *(Trial(when, name, turns=3) for name in IN_THE_PUMP for when in SIDES),
    *(Trial(when, name, act="delivery") for name in AT_THE_DOOR for when in SIDES),
    *(Trial(when, name, act="hub edit") for name in BY_HAND for when in SIDES),
    *(Trial(when, name, act="slow") for name in WHILE_SLOW for when in SIDES),
    *(Trial(when, name, act="pause") for name in WHILE_PAUSED for when in SIDES),
    *(Trial(when, name, act="pull") for name in WHILE_PULLING for when in SIDES),
    *(Trial(when, name, first=first) for name, first in AFTER_A_DEATH.items() for when in SIDES),
    *(Trial(when, "take over", first=CRASH_STARTING, note="of a plan") for when in SIDES),
]
# What every run of the tests plays; the others are much the same as one of these.
QUICK = {
    "before inbox", "before inbox wake", "after mid fan-out", "before announce",
    "after slot", "after claim deliveries", "after decide finish", "after receipt",
    "after plan commit", "before start", "before send", "after send", "after save answer",
    "after mid settle", "after settle finish", "before points", "after slot release",
    "before acknowledge", "after renew", "after withdraw", "before sweep wake", "after left call",
    "after take over", "after take over of a plan", "after suspect call",
    "after suspect delivery", "after pull cursor",
}  # fmt: skip


def campaigns() -> list[list[Trial]]:
    """The quick ones, two after one another, so that they share their waiting and the oracle.

    A third death might meet the same job again, and make it poison.
    """
    found: list[list[Trial]] = []
    for trial in (trial for trial in TRIALS if str(trial) in QUICK):
        last = found[-1] if found else []
        if len(last) == 1 and last[0].act == trial.act and not (last[0].first or trial.first):
            last.append(trial)
        else:
            found.append([trial])
    return found


def run(stage: Stage, trials: Sequence[Trial], seed: int) -> None:
    """Act until all faults have struck, let everything settle, and ask the oracle."""
    rng = random.Random(f"{' '.join(map(str, trials))}/{seed}")
    since = len(stage.twin.log())
    act = trials[0].act
    for store in stage.stores:
        stage.twin.settings(store.domain, latency=LATENCY.get(act, 0.0))
    stage.arm(*(fault for trial in trials for fault in _faults(trial, rng)))
    try:
        for _ in range(ROUNDS * len(trials)):
            _act(stage, act, rng)
            if _struck(stage):
                break
        assert not stage.armoury.left(), f"{trials} were not all reached: {stage.why()}"
        stage.settle()
    finally:
        stage.armoury.disarm()
    check(stage, since=since)


def _faults(trial: Trial, rng: random.Random) -> Iterator[Fault]:
    if trial.first:
        yield Fault(*trial.first)
    yield Fault(trial.when, trial.point, rng.randint(1, trial.turns))


def _struck(stage: Stage) -> bool:
    ends = time.monotonic() + 3
    while stage.armoury.left() and time.monotonic() < ends:
        time.sleep(0.02)
        if stage.is_still():
            break
    return not stage.armoury.left()


def _act(stage: Stage, act: str, rng: random.Random) -> None:
    """What leads to the point: nothing else may happen that would hide a job nobody works on."""
    match act:
        case "pull":
            enqueue_pull(rng.choice(stage.stores), "reconcile")
        case "pause":
            _pause_at_work(stage, rng)
        case "delivery":
            _deliver_twice(stage, rng)
        case "hub edit":
            _edit_title(stage, rng)
        case _:
            edit_anything(stage, rng)


def _pause_at_work(stage: Stage, rng: random.Random) -> None:
    """Every product is to be written everywhere; while that goes on, everything is stopped."""
    for product in stage.products():
        title = f"Title {stage.next_number()}"
        _in_the_hub(stage, product_id=product.pk, attribute="title", value=title)
    time.sleep(rng.uniform(0.0, 0.05))
    for change in (pause, resume):
        for store in stage.stores:
            change(store.channel_id)
        time.sleep(0.1)


def edit_anything(stage: Stage, rng: random.Random) -> None:
    """A handful of edits in the hub and in the shops."""
    acts = [_edit_title, _edit_title, _edit_price, _edit_in_shop]
    rng.shuffle(acts)
    for one in acts:
        one(stage, rng)
        time.sleep(rng.uniform(0, 0.02))


def _edit_title(stage: Stage, rng: random.Random) -> None:
    product = rng.choice(stage.products())
    title = f"Title {stage.next_number()}"
    _in_the_hub(stage, product_id=product.pk, attribute="title", value=title)


def _edit_price(stage: Stage, rng: random.Random) -> None:
    product = rng.choice(stage.products())
    variant = product.variants.get()
    _in_the_hub(
        stage,
        product_id=product.pk,
        variant_id=variant.pk,
        attribute="price",
        value=f"{stage.next_number()}.00",
    )


def _in_the_hub(stage: Stage, **wish: object) -> None:
    """Whoever saw the program die looks whether the edit stands, and makes it if not."""
    while stage.edit(**wish):
        if Change.objects.filter(new=wish["value"]).exists():
            return


def _deliver_twice(stage: Stage, rng: random.Random) -> None:
    """Shopify sends again what was not answered, and sometimes what was."""
    for store in stage.stores:
        stage.twin.settings(store.domain, hold=True)
    store = _edit_in_shop(stage, rng)
    for each in stage.twin.held(store.domain):
        stage.twin.release(store.domain, [each["id"]] * 2)
    for store in stage.stores:
        stage.twin.settings(store.domain, hold=False)
        stage.twin.release(store.domain)


def _edit_in_shop(stage: Stage, rng: random.Random) -> Store:
    """Always in the product's own shop, so that no two shops fight over a value."""
    products = stage.products()
    place = rng.randrange(len(products))
    store = stage.stores[place % len(stage.stores)]
    vendor = f"Vendor {stage.next_number()}"
    stage.twin.edit(store.domain, stage.gid(store, products[place]), {"vendor": vendor})
    return store
