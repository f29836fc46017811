"""When was a value set that a read has found? Stored deliveries that show it know better."""

from collections.abc import Iterable

from catalogue.domain.attributes import Attribute, fingerprint
from catalogue.domain.journal import Leaf
from catalogue.domain.seen import Hint, ReadSeen, Seen
from catalogue.domain.values import Value


def hint_for(
    leaf: Leaf,
    value: Value,
    *,
    attribute: Attribute,
    read: ReadSeen,
    stored: Iterable[tuple[Seen, Value]],
) -> Hint | None:
    """The earliest undecided delivery that shows the value that a read has found.

    One that shows another value, later than all of those, says at least what came before it; where
    it came after the read was asked for and is of the same second, not even that.
    """
    wanted, as_of = fingerprint(attribute, value), leaf.as_of
    decided = {sighting.id for sighting in leaf.sightings}
    undecided = [
        (seen, fingerprint(attribute, shown))
        for seen, shown in stored
        if (as_of is None or seen.second >= as_of)
        and seen.second <= read.second
        and seen.delivery_id not in decided
    ]
    other = max((seen.instant for seen, shown in undecided if shown != wanted), default=None)
    since = (
        Hint(seen.instant, seen.delivery_id)
        for seen, shown in undecided
        if shown == wanted and (other is None or seen.instant > other)
    )
    first = min(since, key=lambda hint: (hint.time, hint.id), default=None)
    if first or other is None:
        return first
    old = wanted in {*(s.hash for s in leaf.sightings), *(shown for _, shown in undecided)}
    unsure = any(
        read.may_precede(seen.second, seen.received, old=old)
        for seen, shown in undecided
        if shown != wanted and shown not in leaf.written(read.second)
    )
    return Hint(other, unsure=unsure)
