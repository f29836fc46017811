"""What the twin holds: apps, and shops with their products, stock, grants and subscriptions."""

import itertools
import random
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from stores.twin.agenda import Agenda, settle
from stores.twin.apps import App, Code, Install
from stores.twin.clock import Clock
from stores.twin.custom import Definition, Metafields
from stores.twin.goods import Product, Variant
from stores.twin.jobs import Job, Operation
from stores.twin.knobs import Knobs, Settings
from stores.twin.library import File
from stores.twin.oracle import Oracle
from stores.twin.past import Past
from stores.twin.selling import Order, Publication
from stores.twin.sender import Delivery, Sender

if TYPE_CHECKING:
    from stores.twin.bulk.files import Upload

__all__ = ["PLANS", "Location", "Shop", "Twin"]

REST_SECONDS = 60.0
# Name on screen and points restored a second; a bucket holds twenty seconds of them.
PLANS = {
    "basic": ("Basic", 100),
    "advanced": ("Advanced", 200),
    "plus": ("Shopify Plus", 1000),
    "enterprise": ("Commerce Components", 2000),
}

ZONES = {"EUR": "Europe/Berlin", "GBP": "Europe/London"}


@dataclass(slots=True, eq=False)
class Location:
    """Its address has GraphQL's names: address1, city, countryCode and so on."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    active: bool = True
    fulfills_online: bool = True
    address: dict[str, Any] = field(default_factory=dict)
    deactivated_at: datetime | None = None

    @property
    def gid(self) -> str:
        return f"gid://shopify/Location/{self.id}"


@dataclass(slots=True)
class Shop:
    id: int
    domain: str
    name: str
    plan: str
    currency: str
    zone: ZoneInfo
    created_at: datetime
    locations: list[Location]
    publications: list[Publication]  # the web shop's first
    knobs: Knobs = field(default_factory=Knobs)
    products: dict[int, Product] = field(default_factory=dict)
    handles: dict[str, int] = field(default_factory=dict)  # to the product that has it
    variants: dict[int, Variant] = field(default_factory=dict)
    items: dict[int, Variant] = field(default_factory=dict)
    metafields: Metafields = field(default_factory=dict)  # the shop's own
    files: dict[int, File] = field(default_factory=dict)
    filenames: dict[str, File] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)  # by global id
    product_operations: dict[int, Operation] = field(default_factory=dict)
    # by owner type, namespace and key
    definitions: dict[tuple[str, str, str], Definition] = field(default_factory=dict)
    installs: dict[str, Install] = field(default_factory=dict)
    version: int = 0  # counts deeds
    orders_of_rows: dict[tuple[str, str], tuple[int, Sequence[Any]]] = field(
        default_factory=dict, repr=False
    )
    past: Past | None = field(default=None, repr=False)
    uploads: "dict[str, Upload]" = field(default_factory=dict, repr=False)  # staged, by their keys
    orders: dict[int, Order] = field(default_factory=dict)
    organization: str | None = None  # whose shop it is; no API of Shopify's tells
    codes: dict[str, Code] = field(default_factory=dict, repr=False)
    held: list[Delivery] = field(default_factory=list)
    melting: dict[tuple[int, str], Delivery] = field(default_factory=dict)
    counters: dict[str, float] = field(default_factory=dict)
    operations: dict[str, dict[str, float]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def gid(self) -> str:
        return f"gid://shopify/Shop/{self.id}"

    @property
    def online_store(self) -> Publication:
        return self.publications[0]

    def count(self, **amounts: float) -> None:
        _add(self.counters, amounts)

    def count_operation(self, operation: str, **amounts: float) -> None:
        """The same, told apart by the names of documents."""
        _add(self.operations.setdefault(operation, {}), amounts)


Reader = Callable[[Shop, Install, str, Mapping[str, Any]], dict[str, Any]]


class Twin:
    """The whole world of one twin."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.oracle = Oracle(self.clock)
        self.agenda = Agenda(self.clock)
        self.sender = Sender(self.agenda, self.oracle)
        self.settings = Settings()
        # How Events read a shop for an app; the graph, which announces them, lends itself.
        self.read: Reader = _nobody_reads
        self._works, self._counting = 0, threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._chances: dict[str, random.Random] = {}
        self.apps: dict[str, App] = {}
        self.shops: dict[str, Shop] = {}
        self._ids = {kind: itertools.count(start) for kind, start in _FIRST_IDS.items()}

    def next_id(self, kind: str) -> int:
        """Ids are never shared between shops: what must not be copied can't be."""
        return next(self._ids[kind])

    def chance(self, *about: str) -> random.Random:
        """A stream of chance for each subject: what happens elsewhere doesn't move it."""
        name = ":".join((str(self.settings.seed), *about))
        if name not in self._chances:
            self._chances[name] = random.Random(name)  # noqa: S311  by seed, no secret
        return self._chances[name]

    def begin_chance(self) -> None:
        """Let every stream of chance begin anew."""
        self._chances.clear()

    def second(self) -> datetime:
        """Now, as Shopify stores it: in whole seconds."""
        return self.clock.now().replace(microsecond=0)

    def add_shop(
        self,
        domain: str,
        *,
        name: str = "",
        plan: str = "basic",
        currency: str = "USD",
        organization: str | None = None,
    ) -> Shop:
        """Open an empty shop, or return the one that already has this domain."""
        if domain in self.shops:
            return self.shops[domain]
        if plan not in PLANS:
            raise ValueError(f"There is no plan {plan!r}: {', '.join(PLANS)}.")
        now = self.second()
        self.shops[domain] = Shop(
            id=self.next_id("shop"),
            domain=domain,
            name=name or domain.partition(".")[0].title(),
            plan=plan,
            currency=currency,
            zone=ZoneInfo(ZONES.get(currency, "America/New_York")),
            created_at=now,
            organization=organization,
            locations=[Location(self.next_id("location"), "Main warehouse", now, now)],
            publications=[
                Publication(self.next_id("publication"), "Online Store", "online_store"),
                Publication(self.next_id("publication"), "Point of Sale", "pos"),
            ],
        )
        return self.shops[domain]

    def clear(self) -> None:
        """Forget every app and shop and tell the real time; the ids go on."""
        self.clock.reset()
        self.agenda.clear()
        self.sender.clear()
        self.apps.clear()
        self.shops.clear()
        self.oracle.clear()
        self.begin_chance()
        self.settings = Settings()

    def is_quiet(self) -> bool:
        """Whether nothing is on its way or due; retries and delays may be waiting."""
        return self.agenda.idle() and self.sender.idle() and not self._works

    def work_begins(self) -> None:
        """Something runs beside the agenda: there is no quiet until it ends."""
        with self._counting:
            self._works += 1

    def work_ends(self) -> None:
        with self._counting:
            self._works -= 1

    def folder(self) -> str:
        """Where files are kept that are too large for memory; it goes with the twin."""
        with self._counting:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="twin-")
            return self._folder.name

    def advance(self, by: timedelta) -> None:
        """Move the clock on.

        A standing one goes from moment to moment and waits at each until all that was due has
        come to rest; a running one jumps.
        """
        if not self.clock.virtual:
            self.clock.advance(by)
            self.agenda.wake()
            return
        end = self.clock.seconds() + max(0.0, by.total_seconds())
        self._rest()
        while (due := self.agenda.next_due()) is not None and due <= end:
            self.clock.reach(due)
            self.agenda.wake()
            self._rest()
        self.clock.reach(end)

    def stop(self) -> None:
        self.agenda.stop()
        self.sender.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def _rest(self) -> None:
        settle(self.is_quiet, seconds=REST_SECONDS)


def _nobody_reads(*_: Any) -> dict[str, Any]:
    raise NotImplementedError("A twin without its front door can't answer the queries of Events.")


def _add(counters: dict[str, float], amounts: dict[str, float]) -> None:
    for name, amount in amounts.items():
        counters[name] = counters.get(name, 0) + amount


_FIRST_IDS = {
    "shop": 60_000_001,
    "location": 70_000_001,
    "product": 8_000_000_001,
    "metafield": 30_000_000_001,
    "definition": 90_000_001,
    "file": 35_000_000_001,
    "image": 40_000_000_001,
    "operation": 20_000_001,
    "option": 10_000_000_001,
    "option_value": 2_000_000_001,
    "variant": 45_000_000_001,
    "item": 47_000_000_001,
    "install": 500_001,
    "subscription": 1_200_000_001,
    "publication": 90_000_001,
    "bulk": 720_000_001,
    "order": 5_600_000_001,
    "line": 14_000_000_001,
    "group": 3_000_001,
}
