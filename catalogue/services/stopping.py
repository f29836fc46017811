"""The gates before the fan-out: what a store has set and must not reach others unseen is held."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from catalogue.domain.diff import LeafKey
from catalogue.domain.gates import Move, Objection
from catalogue.domain.registers import Entry, route
from catalogue.domain.routing import Routing
from catalogue.enums import HeldAct, OverrideKind
from catalogue.selectors.picture import Picture
from catalogue.services.desk import SetValue
from catalogue.services.gates import Cause, describe, hold, judge, stored_wish

HELD = "Held at the gates: {} It is neither spread to other stores nor reverted."
Routes: TypeAlias = Mapping[int, tuple[LeafKey, Routing]]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Which of a store's edits are held, by their place, and what the ledger says of them."""

    places: frozenset[int] = frozenset()
    reason: str = ""

    def entry(self, place: int, routing: Routing) -> Routing:
        """The edit as it goes on: as a value of its store that a person must decide about."""
        if place not in self.places:
            return routing
        held = replace(routing.entry, op="set", kind=OverrideKind.HELD, bounds=None)
        return Routing(held, self.reason)


def stop(pic: Picture, routes: Routes, cause: Cause) -> Stopped:
    """Hold those edits of a store which would win everywhere and to which the checks object.

    Edits that stay in their store, or have lost already, go to nobody and need no gate.
    """
    leaving = {place: found for place, found in routes.items() if _leaves_the_store(pic, *found)}
    order = list(leaving)
    moves = [_move(pic, *leaving[place]) for place in order]
    objections = judge(moves)
    if not objections:
        return Stopped()
    meant = {place for one in objections for place in one.places} or range(len(moves))
    places = [order[place] for place in sorted(meant)]
    held, wishes = [], []
    for place in places:
        held.append(_move(pic, *leaving[place]))
        wishes.append(_wish(pic, *leaving[place]))
    hold(HeldAct.INBOUND, cause, held, [Objection(one.reason) for one in objections], wishes=wishes)
    words = " ".join(one.reason for one in objections)
    return Stopped(frozenset(places), HELD.format(words))


def _leaves_the_store(pic: Picture, key: LeafKey, routing: Routing) -> bool:
    """Whether an edit would become the canonical value."""
    entry = routing.entry
    if routing.corrected or entry.op != "edit":
        return False
    override = pic.overrides.get(key)
    timeline = override.read_timeline() if override else None
    winner = route(pic.record(key).register(key[1]), timeline, entry).register.winner
    return winner is not None and winner.version == entry.version


def _move(pic: Picture, key: LeafKey, routing: Routing) -> Move:
    winner = _winner(pic, key)
    variant = pic.variants[key[0]] if key[0] is not None else None
    what = describe(pic.product, variant) if pic.product else str(pic.listing)
    return Move(what, key[1], winner.value if winner else None, routing.entry.value)


def _wish(pic: Picture, key: LeafKey, routing: Routing) -> dict[str, Any]:
    winner, value = _winner(pic, key), routing.entry.value
    wish = SetValue(product_id=_product_id(pic), variant_id=key[0], attribute=key[1])
    return stored_wish(wish, value, winner.version.id if winner else "")


def _winner(pic: Picture, key: LeafKey) -> Entry | None:
    return pic.record(key).register(key[1]).winner


def _product_id(pic: Picture) -> int:
    if pic.product is None:
        raise LookupError(f"{pic.listing} is not linked.")
    return pic.product.pk
