"""When was a value set that a read has found? Stored deliveries that show it know better."""

from collections.abc import Iterable
from datetime import datetime

from catalogue.domain.attributes import Attribute, fingerprint
from catalogue.domain.journal import Leaf
from catalogue.domain.seen import Hint, Seen
from catalogue.domain.values import Value


def hint_for(
    leaf: Leaf,
    value: Value,
    *,
    attribute: Attribute,
    read: datetime,
    stored: Iterable[tuple[Seen, Value]],
) -> Hint | None:
    """The earliest undecided delivery that shows the value as it stood at a second of the store.

    One that shows another value, later than all of those, says at least what came before it.
    """
    wanted, as_of = fingerprint(attribute, value), leaf.as_of
    decided = {sighting.id for sighting in leaf.sightings}
    undecided = [
        (Hint(seen.instant, seen.delivery_id), fingerprint(attribute, shown) == wanted)
        for seen, shown in stored
        if (as_of is None or seen.second >= as_of)
        and seen.second <= read
        and seen.delivery_id not in decided
    ]
    other = max((hint.time for hint, same in undecided if not same), default=None)
    since = (hint for hint, same in undecided if same and (other is None or hint.time > other))
    first = min(since, key=lambda hint: (hint.time, hint.id), default=None)
    return first if first or other is None else Hint(other)
