"""Opting in: a preview of what would be written, then live first and a full comparison after."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction

from catalogue.domain.attributes import attribute
from catalogue.domain.values import Value
from catalogue.enums import ListingState
from catalogue.models import Listing, Override
from catalogue.selectors.picture import Picture, pictures
from catalogue.services.pull import queue_differences
from stores.models import Store
from stores.services import modes
from stores.services.modes import go_live

CHUNK = 200
SAMPLES = 20


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One value that going live would write, beside what the store shows."""

    product: str
    variant: str
    attribute: str
    shown: Value
    wanted: Value


@dataclass(frozen=True, slots=True)
class Preview:
    """What a store's opt-in would do, in counts and samples; nothing is written by looking."""

    linked: int
    unmatched: int
    ambiguous: int
    overrides: int
    unmanaged_prices: int
    writes: int
    by_attribute: dict[str, int]
    samples: tuple[PlannedWrite, ...]


def preview(store: Store) -> Preview:
    """Compute, with the same difference that writes, what a store would be written."""
    states = Counter(Listing.objects.filter(store=store).values_list("state", flat=True))
    counts: Counter[str] = Counter()
    samples: list[PlannedWrite] = []
    unmanaged = 0
    for pic in _linked(store):
        unmanaged += sum(pic.effective(key).source == "currency" for key in pic.leaf_keys())
        for planned in _writes(pic):
            counts[planned.attribute] += 1
            if len(samples) < SAMPLES:
                samples.append(planned)
    return Preview(
        linked=states[ListingState.LINKED],
        unmatched=states[ListingState.UNMATCHED],
        ambiguous=states[ListingState.AMBIGUOUS],
        overrides=Override.objects.filter(store=store, stands=True).count(),
        unmanaged_prices=unmanaged,
        writes=sum(counts.values()),
        by_attribute=dict(counts.most_common()),
        samples=tuple(samples),
    )


def opt_in(store: Store, *, by: str) -> int:
    """Make a store live and queue the comparison of all its listings; says of how many.

    The comparison is stored with the change of mode, so it runs only after that is committed,
    and no edit falls between.
    """
    with transaction.atomic():
        live = go_live(store.pk, by=by)
        return queue_differences(live, cause_id=uuid4())


def resume(store: Store, *, by: str) -> Store:
    """Let a paused store go on; a live one is compared, for nobody has queued the edits since."""
    with transaction.atomic():
        resumed = modes.resume(store.pk, by=by)
        if resumed.is_live:
            queue_differences(resumed, cause_id=uuid4())
    return resumed


def _linked(store: Store) -> Iterator[Picture]:
    rows = Listing.objects.filter(store=store, state=ListingState.LINKED).order_by("id")
    ids = list(rows.values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        yield from pictures(ids[start : start + CHUNK])


def _writes(pic: Picture) -> Iterator[PlannedWrite]:
    observed = pic.observed()
    for key, value in pic.to_write().items():
        variant = pic.variants[key[0]] if key[0] is not None else None
        yield PlannedWrite(
            product=str(pic.product),
            variant=str(variant or ""),
            attribute=attribute(key[1]).label,
            shown=observed[key].value,
            wanted=value,
        )
