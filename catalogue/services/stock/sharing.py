"""Which levels share the stock of a place: founded, joined, left, kept back, handed to an owner.

Each verb acts on all variants of a location or a place, or on those that are named: an errand, one
variant after the other, which passes the gates as a whole before it begins. It can be repeated,
because what stands already is left alone.
"""

from collections.abc import Collection

from catalogue.domain.stock import MOST
from catalogue.enums import JoinChoice, StockVerb
from catalogue.errors import BadQuantityError, NotAllowedNowError, NotFoundHereError
from catalogue.models import StockErrand
from catalogue.models.stock import OWN
from catalogue.services.stock.carrying import finish, start
from catalogue.services.stock.ledger import Doer
from stores.models import Location, Store


def start_founding(
    doer: Doer, *, place: str, location_id: int, variant_ids: Collection[int] | None = None
) -> StockErrand:
    """Make the own stock of a location that of a place which others can join.

    Its pools become the shared ones as they stand. Raises NotFoundHereError, NotAllowedNowError.
    """
    errand = _errand(doer, StockVerb.FOUND, variant_ids)
    return start(_at(errand, place, location_id))


def start_joining(
    doer: Doer,
    *,
    place: str,
    location_id: int,
    choice: JoinChoice,
    variant_ids: Collection[int] | None = None,
) -> StockErrand:
    """Send the levels of a location on their way into the pools of a place.

    Each is read, then set to the chosen number by compare-and-set; with that it is a member.
    Raises NotFoundHereError, NotAllowedNowError.
    """
    errand = _errand(doer, StockVerb.JOIN, variant_ids)
    errand.choice = choice
    return start(_at(errand, place, location_id))


def found_place(
    doer: Doer, *, place: str, location_id: int, variant_ids: Collection[int] | None = None
) -> StockErrand:
    """Found a place here and now; the errand as it ended."""
    return finish(
        start_founding(doer, place=place, location_id=location_id, variant_ids=variant_ids)
    )


def join_place(
    doer: Doer,
    *,
    place: str,
    location_id: int,
    choice: JoinChoice,
    variant_ids: Collection[int] | None = None,
) -> StockErrand:
    """Begin the joining of all here and now; the errand as it ended."""
    return finish(
        start_joining(
            doer, place=place, location_id=location_id, choice=choice, variant_ids=variant_ids
        )
    )


def leave_place(
    doer: Doer, *, place: str, location_id: int, variant_ids: Collection[int] | None = None
) -> StockErrand:
    """Take the levels of a location out of a place; each goes on as its own with its number."""
    errand = _errand(doer, StockVerb.LEAVE, variant_ids)
    return finish(start(_at(errand, place, location_id)))


def keep_back(
    doer: Doer,
    *,
    store_id: int,
    buffer: int,
    place: str | None = None,
    variant_ids: Collection[int] | None = None,
) -> StockErrand:
    """Keep so many pieces of every pool back from a store (of one place, where it is named)."""
    if not 0 <= buffer <= MOST:
        raise BadQuantityError(f"{buffer:,} pieces can't be kept back.")
    errand = _errand(doer, StockVerb.KEEP_BACK, variant_ids)
    errand.store, errand.buffer = _store(doer, store_id), buffer
    errand.place = "" if place is None else _name(place)
    return finish(start(errand))


def hand_over(
    doer: Doer,
    *,
    place: str,
    store_id: int | None,
    variant_ids: Collection[int] | None = None,
) -> StockErrand:
    """Let a store's own system count a place: its level is the stock, the others copy it.

    None takes it back: movements of all members count again.
    """
    errand = _errand(doer, StockVerb.HAND_OVER, variant_ids)
    errand.store = _store(doer, store_id) if store_id else None
    errand.place = _name(place)
    return finish(start(errand))


def _at(errand: StockErrand, place: str, location_id: int) -> StockErrand:
    """Name the location and the place that an errand is about."""
    mine = Location.objects.filter(store__workspace=errand.workspace_id, pk=location_id)
    location = mine.select_related("store").first()
    if location is None:
        raise NotFoundHereError("This location does not exist in this workspace.")
    errand.place, errand.location, errand.store = _name(place), location, location.store
    return errand


def _errand(doer: Doer, verb: StockVerb, variant_ids: Collection[int] | None) -> StockErrand:
    return StockErrand(
        workspace_id=doer.workspace_id,
        verb=verb,
        source=doer.source,
        by=doer.actor,
        cause_id=doer.cause_id,
        variants=None if variant_ids is None else sorted(variant_ids),
    )


def _store(doer: Doer, store_id: int) -> Store:
    store: Store | None = Store.objects.filter(workspace=doer.workspace_id, pk=store_id).first()
    if store is None:
        raise NotFoundHereError("This store does not exist in this workspace.")
    return store


def _name(place: str) -> str:
    name = place.strip()
    if not name or name.startswith(OWN):
        raise NotAllowedNowError("A shared place needs a name of its own.")
    return name
