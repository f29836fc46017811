"""When do two parties collide? When one of them set a value without sight of the other's."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from catalogue.domain.attributes import Attribute, fingerprint, renders
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.enums import OverrideKind, Source

Party: TypeAlias = int | None
"""A store, or None for the hub."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The value that an editor saw and replaced."""

    value: Value


def party(entry: Entry) -> Party:
    """Who made it: the hub sets and clears overrides, but for what a store was seen to have."""
    seen_there = entry.kind is OverrideKind.FOUND or entry.version.rank == Source.SYNC.rank
    return entry.store if entry.op == "edit" or seen_there else None


def collides(attribute: Attribute, entry: Entry, stood: Entry, basis: Basis) -> bool:
    """Whether an edit met another party's value that its author had not seen.

    Both saying the same is no collision; nor is an edit made on top of what stood.
    """
    if party(entry) == party(stood):
        return False
    theirs, mine = fingerprint(attribute, stood.value), fingerprint(attribute, entry.value)
    return theirs != mine and not renders(attribute, stood.value, basis.value)


def difference(attribute: Attribute, winner: Value, loser: Value) -> Decimal | None:
    """What reverting would move a price, a unit; None where there is no price on either side."""
    if not attribute.money or not isinstance(winner, str) or not isinstance(loser, str):
        return None
    return Decimal(loser) - Decimal(winner)
