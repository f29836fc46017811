"""What a plan says of each store: how many values would become what, and samples of each kind."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from catalogue.models import Plan, PlanLine

SAMPLES = 5  # of each kind and store


@dataclass(frozen=True, slots=True)
class StoreOutline:
    """One store in a plan."""

    store: int
    counts: Mapping[str, int]
    samples: Sequence[PlanLine]


def outlines(plan: Plan) -> list[StoreOutline]:
    """Every store that the plan is about, in two queries."""
    lines = PlanLine.objects.filter(plan=plan).order_by()
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for store, kind, many in lines.values_list("listing__store", "kind").annotate(Count("id")):
        counts[store][kind] = many
    place = Window(
        RowNumber(), partition_by=[F("listing__store"), F("kind")], order_by=F("id").asc()
    )
    first = lines.annotate(place=place).filter(place__lte=SAMPLES).order_by("id")
    samples: dict[int, list[PlanLine]] = defaultdict(list)
    for line in first.select_related("listing", "product", "variant"):
        samples[line.listing.store_id].append(line)
    return [StoreOutline(store, counts[store], samples[store]) for store in sorted(counts)]
