"""What a change of terms would write, before anybody makes it: counts and samples per store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from catalogue.domain.terms import Terms
from catalogue.domain.values import Value
from catalogue.selectors.leaves import Seen, leaves, linked_pages
from catalogue.selectors.picture import Picture, pictures
from catalogue.selectors.terms import terms_of
from stores.models import Store

CHUNK = 200
SAMPLES = 10
Change = Callable[[Terms], Terms]


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

    All linked `listings` were compared; `writes` values would be written that are not now.
    """

    store: Store
    listings: int
    writes: int
    samples: tuple[Sample, ...]
    objections: tuple[str, ...] = ()


def preview_terms(store: Store, name: str, change: Change) -> StorePreview:
    """Compare all of a store's products under other terms, page by page."""
    terms = terms_of([store.pk])[store.pk]
    listings = writes = 0
    samples: list[Sample] = []
    for page in linked_pages(store):
        listings += len(page)
        for sample in _written(page, name, terms, change):
            writes += 1
            if writes <= SAMPLES:
                samples.append(sample)
    return StorePreview(store, listings, writes, tuple(samples))


def _written(page: Sequence[int], name: str, terms: Terms, change: Change) -> Iterator[Sample]:
    """Every value of some listings that would be written under other terms, and is not now."""
    other = change(terms)
    ruled = terms.rule(name) is not None or other.rule(name) is not None
    found = list(leaves(page, name, settled=ruled))
    whole = {one.listing_id for one in found if one.whole}
    for one in found:
        if one.listing_id not in whole and (sample := _of_leaf(one, terms, other)):
            yield sample
    for start in range(0, len(whole), CHUNK):
        for pic in pictures(sorted(whole)[start : start + CHUNK]):
            yield from _of_picture(pic, name, change)


def _of_leaf(one: Seen, terms: Terms, other: Terms) -> Sample | None:
    """By the rules of the difference that writes, as far as no picture is needed."""
    now, then = one.under(terms), one.under(other)
    same = now.managed and now.value == then.value
    if not then.managed or same or one.shows(then.value):
        return None
    return Sample(one.product, one.variant, one.shown, then.value)


def _of_picture(pic: Picture, name: str, change: Change) -> Iterator[Sample]:
    before = pic.to_write(name)
    pic.terms = change(pic.terms)
    for key, value in pic.to_write(name).items():
        if (key, value) not in before.items():
            leaf = pic.host(key[0]).leaf(key[1])
            variant = pic.variants[key[0]] if key[0] is not None else ""
            yield Sample(str(pic.product), str(variant), leaf.value if leaf else None, value)
