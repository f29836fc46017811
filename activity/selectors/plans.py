"""What the owner of a store sees before opting in: how it is matched, and the plan."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from activity.selectors.comparison import text_of
from catalogue.domain.attributes import attribute
from catalogue.enums import PlanKind, PlanState
from catalogue.models import Listing, Override, Plan, PlanLine
from stores.models import Store

SAMPLES = 20
WORDS = {
    PlanKind.CREATE: "values the store does not have would be set",
    PlanKind.UPDATE: "values would be replaced",
    PlanKind.CLEAR: "values would be emptied",
    PlanKind.CONFLICT: "values are disputed: a person has to decide about them",
    PlanKind.UNMANAGED: "values are left alone: not ours to write, or in another currency",
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
    counts = tuple(
        Count(kind.value, words, plan.counts.get(kind.value, 0)) for kind, words in WORDS.items()
    )
    return PlanPage(states, overrides, plan, counts, _samples(plan))


def _samples(plan: Plan) -> tuple[Sample, ...]:
    writes = plan.lines.exclude(kind=PlanKind.UNMANAGED)
    rows = writes.select_related("product", "variant").order_by("-dropped", "id")[:SAMPLES]
    return tuple(
        Sample(row, attribute(row.attribute).label, text_of(row.shown), text_of(row.wanted))
        for row in rows
    )
