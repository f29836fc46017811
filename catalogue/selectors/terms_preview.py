"""What a change of terms would write, before anybody makes it: counts and samples per store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from catalogue.domain.diff import LeafKey
from catalogue.domain.terms import Terms
from catalogue.domain.values import Value
from catalogue.enums import ListingState
from catalogue.models import Listing
from catalogue.selectors.picture import Picture, pictures
from stores.models import Store

CHUNK = 200
MOST_LISTINGS = 2_000
SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """One value that would be written, beside what the store shows now."""

    product: str
    variant: str
    shown: Value
    wanted: Value


@dataclass(frozen=True, slots=True)
class StorePreview:
    """What other terms would do to one attribute in one store.

    `looked_at` of `listings` products were compared; `writes` values would be written that are not
    now.
    """

    store: Store
    listings: int
    looked_at: int
    writes: int
    samples: tuple[Sample, ...]
    objections: tuple[str, ...] = ()


def preview_terms(store: Store, name: str, change: Callable[[Terms], Terms]) -> StorePreview:
    """Compare, with the same difference that writes, a store's products under other terms."""
    rows = Listing.objects.filter(store=store, state=ListingState.LINKED).order_by("id")
    ids = list(rows.values_list("pk", flat=True)[:MOST_LISTINGS])
    writes = 0
    samples: list[Sample] = []
    for pic in _pictures(ids):
        before = pic.to_write(name)
        pic.terms = change(pic.terms)
        after = pic.to_write(name)
        moved = {key: value for key, value in after.items() if (key, value) not in before.items()}
        writes += len(moved)
        room = SAMPLES - len(samples)
        samples += [_sample(pic, key, value) for key, value in list(moved.items())[:room]]
    return StorePreview(store, rows.count(), len(ids), writes, tuple(samples))


def _pictures(ids: list[int]) -> Iterator[Picture]:
    for start in range(0, len(ids), CHUNK):
        yield from pictures(ids[start : start + CHUNK])


def _sample(pic: Picture, key: LeafKey, wanted: Value) -> Sample:
    leaf = pic.host(key[0]).leaf(key[1])
    variant = pic.variants[key[0]] if key[0] is not None else ""
    return Sample(str(pic.product), str(variant), leaf.value if leaf else None, wanted)
