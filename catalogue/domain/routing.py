"""What an edit made in a store becomes, by the terms of the time at which it was made.

Nothing here looks at what has arrived meanwhile, so that the order of arrival changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalogue.domain.decide import Edit
from catalogue.domain.layers import Layer
from catalogue.domain.registers import Entry
from catalogue.domain.terms import Terms
from catalogue.enums import ChangeFate, OverrideKind, Ownership

HUB_OWNS = "The hub owns this attribute, so what was set in the store is corrected."
IGNORED = "This attribute is ignored in this store: the edit is noted, and goes nowhere."
STORE_OWNS = "The store owns this attribute, so what is set there stays there."
ON_SALE = "A sale lays its price over the store's, so what was set there waits for a person."
RULED = "A rule prices this store, so what is set there is an exception of its own."


@dataclass(frozen=True, slots=True)
class Routing:
    """The entry of an edit, and why it is no plain one; with a `fate` it moves no register."""

    entry: Entry
    reason: str = ""
    fate: ChangeFate | None = None

    @property
    def corrected(self) -> bool:
        return self.fate is not None


def routing_of(
    edit: Edit,
    name: str,
    *,
    store: int,
    terms: Terms,
    held: bool,
    may_move: bool,
    layers: Sequence[Layer] = (),
) -> Routing:
    """Where an edit goes.

    `held`: a person must decide about its value there first; `may_move`: whether the store's plain
    edits compete for the canonical value, else they stay its own.
    """
    plain = Entry(edit.version, "edit", store, edit.value, bounds=edit.bounds)
    if held:
        return Routing(plain)
    found = Entry(edit.version, "set", store, edit.value, OverrideKind.FOUND)
    ownership = terms.ownership_at(name, edit.version.time, edit.bounds)
    if ownership is Ownership.IGNORE:
        return Routing(plain, IGNORED, ChangeFate.REJECTED)
    if ownership is Ownership.HUB:
        return Routing(plain, HUB_OWNS, ChangeFate.LOST)
    if ownership is not Ownership.TWO_WAY:
        return Routing(found, STORE_OWNS)
    time, bounds = edit.version.time, edit.bounds
    on_sale = any(one.covers(name) and one.stood(time, bounds) for one in layers)
    if on_sale or terms.ruled_at(name, time, bounds):
        kind = OverrideKind.HELD if on_sale else OverrideKind.PINNED
        return Routing(replace(found, kind=kind), ON_SALE if on_sale else RULED)
    return Routing(plain if may_move else found)
