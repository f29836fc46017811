"""What a write would be to a store's owner, and the mark by which a plan is approved."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalogue.domain.diff import LeafKey
from catalogue.domain.effective import Effective
from catalogue.domain.values import Value
from catalogue.enums import PlanKind

EMPTY: tuple[Value, ...] = (None, "", [])


@dataclass(frozen=True, slots=True)
class PlannedLeaf:
    """One value of one listing: what the store shows, and what it would be written."""

    listing_id: int
    key: LeafKey
    kind: PlanKind
    shown: Value
    wanted: Value

    def to_json(self) -> list[object]:
        return [self.listing_id, *self.key, self.kind.value, self.shown, self.wanted]


def kind_of(effect: Effective, shown: Value, *, due: bool, disputed: bool) -> PlanKind | None:
    """What would become of a value; None where the store shows what it should.

    `due`: it differs and would be written; `disputed`: a person has to decide about it.
    """
    if effect.source == "held":
        return PlanKind.CONFLICT
    if not effect.managed:
        return None if effect.source == "nothing" else PlanKind.UNMANAGED
    if not due:
        return None
    if disputed:
        return PlanKind.CONFLICT
    if shown in EMPTY:
        return PlanKind.CREATE
    return PlanKind.CLEAR if effect.value in EMPTY else PlanKind.UPDATE


def first_mark(subject: str) -> str:
    """The mark of a plan of nothing."""
    return hashlib.sha256(subject.encode()).hexdigest()


def chained(mark: str, lines: Iterable[object]) -> str:
    """The mark of a plan that goes on with these (in JSON's types); one other gives another."""
    for line in lines:
        spelled = json.dumps(line, sort_keys=True, separators=(",", ":"))
        mark = hashlib.sha256(f"{mark}\n{spelled}".encode()).hexdigest()
    return mark


def moved(
    approved: Sequence[PlannedLeaf], now: Sequence[PlannedLeaf]
) -> list[tuple[PlannedLeaf, str]]:
    """What would be written now though it was not approved so, each with the reason."""
    known = {(leaf.listing_id, leaf.key): leaf for leaf in approved}
    return [
        (leaf, why_moved(known.get((leaf.listing_id, leaf.key)), leaf))
        for leaf in now
        if leaf.kind in WRITES and known.get((leaf.listing_id, leaf.key)) != leaf
    ]


WRITES = frozenset({PlanKind.CREATE, PlanKind.UPDATE, PlanKind.CLEAR, PlanKind.CONFLICT})


def why_moved(before: PlannedLeaf | None, leaf: PlannedLeaf) -> str:
    if before is None:
        return "It was not in the plan: it began to differ after that was made."
    if before.shown != leaf.shown:
        return "The store shows another value than when the plan was made."
    return "Another value would be written than the plan said."
