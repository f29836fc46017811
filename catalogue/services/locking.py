"""Locks in the order of the house: canonical record, then listing, then lanes."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from catalogue.models import Listing, Product
from catalogue.selectors.picture import Picture, picture

T = TypeVar("T")


class CanonicalNeededError(Exception):
    """A decision wants to move canonical values and has not locked them."""


class Locked:
    """A picture whose listing is locked, and its product where `canonical`."""

    def __init__(self, listing_id: int, *, canonical: bool) -> None:
        self.canonical = canonical
        if canonical:
            linked = Listing.objects.filter(pk=listing_id).values("product_id")
            list(Product.objects.filter(pk__in=linked).select_for_update().values("pk"))
        self.picture: Picture = picture(listing_id, lock=True)

    def demand_canonical(self) -> None:
        if not self.canonical:
            raise CanonicalNeededError


def with_listing(listing_id: int, decide: Callable[[Locked], T]) -> T:
    """Decide under the listing's lock.

    A decision that turns out to move canonical values is taken again, the product locked first.
    """
    try:
        with transaction.atomic():
            return decide(Locked(listing_id, canonical=False))
    except CanonicalNeededError:
        with transaction.atomic():
            return decide(Locked(listing_id, canonical=True))
