"""What people see of a plan before they approve it: of a store's opt-in, or of a batch."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from activity.selectors.comparison import text_of
from catalogue.domain.attributes import attribute
from catalogue.enums import PlanKind, PlanState
from catalogue.models import Listing, Override, Plan, PlanLine
from catalogue.selectors.plans import outlines
from stores.models import Store

SAMPLES = 20
# Of one value, and of several.
WORDS = {
    PlanKind.CREATE: (
        "value that the store does not have would be set",
        "values the store does not have would be set",
    ),
    PlanKind.UPDATE: ("value would be replaced", "values would be replaced"),
    PlanKind.CLEAR: ("value would be emptied", "values would be emptied"),
    PlanKind.CONFLICT: (
        "value is disputed: a person has to decide about it",
        "values are disputed: a person has to decide about them",
    ),
    PlanKind.UNMANAGED: (
        "value is left alone: not ours to write, or in another currency",
        "values are left alone: not ours to write, or in another currency",
    ),
}
KEPT = {
    PlanKind.KEPT: (
        "value stays: the store has one of its own",
        "values stay: the store has its own",
    )
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many values, in words; the rows behind it are the plan's lines of this kind."""

    kind: str
    words: str
    many: int


@dataclass(frozen=True, slots=True)
class Sample:
    line: PlanLine
    label: str
    shown: str
    wanted: str


@dataclass(frozen=True, slots=True)
class StorePart:
    """What a batch would do in one store."""

    store: Store
    counts: tuple[Count, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """How many listings are linked or wait, the newest plan, and what it says."""

    states: Mapping[str, int]
    overrides: int
    plan: Plan | None
    counts: tuple[Count, ...] = ()
    samples: tuple[Sample, ...] = ()

    @property
    def ready(self) -> bool:
        return self.plan is not None and self.plan.state == PlanState.READY

    @property
    def busy(self) -> bool:
        """Whether workers go on with it."""
        return self.plan is not None and self.plan.state in (
            PlanState.DRAFTING,
            PlanState.CHECKING,
        )


def plan_page(store: Store) -> PlanPage:
    """Counts and a first sample of each kind; nothing is computed anew by looking."""
    states = Counter(Listing.objects.filter(store=store).values_list("state", flat=True))
    overrides = Override.objects.filter(store=store, stands=True).count()
    plan: Plan | None = Plan.objects.filter(store=store).order_by("-id").first()
    if plan is None:
        return PlanPage(states, overrides, None)
    counts = tuple(_count(kind, plan.counts.get(kind, 0)) for kind in WORDS)
    writes = plan.lines.exclude(kind=PlanKind.UNMANAGED)
    rows = writes.select_related("product", "variant").order_by("-dropped", "id")[:SAMPLES]
    return PlanPage(states, overrides, plan, counts, _samples(rows))


def parts_of(plan: Plan) -> list[StorePart]:
    """What a batch would do in each store that it is about."""
    found = outlines(plan)
    stores = Store.objects.in_bulk([one.store for one in found])
    return [
        StorePart(
            stores[one.store],
            tuple(_count(kind, one.counts[kind]) for kind in WORDS | KEPT if kind in one.counts),
            _samples(one.samples),
        )
        for one in found
    ]


def _count(kind: PlanKind, many: int) -> Count:
    one, more = (WORDS | KEPT)[kind]
    return Count(kind.value, one if many == 1 else more, many)


def _samples(rows: Iterable[PlanLine]) -> tuple[Sample, ...]:
    return tuple(
        Sample(row, attribute(row.attribute).label, text_of(row.shown), text_of(row.wanted))
        for row in rows
    )
