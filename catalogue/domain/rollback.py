"""What taking changes back comes to, for one value: what stood before, if nothing came since."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from catalogue.domain.values import Value


@dataclass(frozen=True, slots=True)
class Step:
    """One change that won, as the ledger tells it; a kind is that of a store's own value.

    `chosen`: it is to be taken back.
    """

    id: int
    old: Value
    new: Value
    chosen: bool
    old_kind: str = ""
    new_kind: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What to go back to; a `kind` is that of a store's own value, empty where it had none."""

    value: Value
    kind: str


def target_of(steps: Sequence[Step]) -> Target | Step:
    """Where the newest chosen steps began, of all steps of one value from the first chosen on.

    The step that has moved it since, where that is the newest and was not chosen.
    """
    newest_first = sorted(steps, key=lambda step: step.id, reverse=True)
    if not newest_first[0].chosen:
        return newest_first[0]
    *_, first = takewhile(lambda step: step.chosen, newest_first)
    return Target(first.old, first.old_kind)
