"""One trial: some edits everywhere, a death at one commit point, and the oracle's verdict."""

import random
import time
from dataclasses import dataclass

from catalogue.models import Change
from stores.models import Store
from stores.services.handlers import enqueue_pull
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
WHILE_PULLING = ("pull page", "pull cursor", "pull end")
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
    "before inbox", "before inbox wake", "after edit fan-out", "after mid fan-out",
    "before announce", "after send wake-up", "after slot", "after claim deliveries",
    "after decide fan-out", "after decide finish", "after decided", "after claim calls",
    "after receipt", "before start", "before send", "after send", "after save answer",
    "after mid settle", "after absorb", "after settle finish", "before health", "before points",
    "before slot release", "after slot release", "before acknowledge", "after renew",
    "before sweep wake", "after left call", "after take over", "after suspect call",
    "after suspect delivery", "after withdraw", "after take over of a plan", "after plan commit",
    "after pull page", "after pull cursor",
}  # fmt: skip


def run(stage: Stage, trial: Trial, seed: int) -> None:
    """Act until the fault has struck, let everything settle, and ask the oracle."""
    rng = random.Random(f"{trial}/{seed}")
    since = len(stage.twin.log())
    faults = [Fault(trial.when, trial.point, rng.randint(1, trial.turns))]
    if trial.first:
        faults.insert(0, Fault(*trial.first))
    for store in stage.stores:
        stage.twin.settings(store.domain, latency=LATENCY.get(trial.act, 0.0))
    stage.arm(*faults)
    try:
        for _ in range(ROUNDS):
            _act(stage, trial.act, rng)
            if _struck(stage):
                break
        assert not stage.armoury.left(), f"{trial} was never reached: {stage.why()}"
        stage.settle()
    finally:
        stage.armoury.disarm()
    check(stage, since=since)


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
