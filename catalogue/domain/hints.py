"""When was a value set that a read has found? Stored deliveries that show it know better."""

from collections.abc import Iterable

from catalogue.domain.attributes import Attribute, fingerprint
from catalogue.domain.decide import Hint, Seen
from catalogue.domain.journal import Leaf
from catalogue.domain.values import Value


def hint_for(
    leaf: Leaf, value: Value, *, attribute: Attribute, stored: Iterable[tuple[Seen, Value]]
) -> Hint | None:
    """The earliest undecided delivery that shows the value, none older than the last sighting."""
    wanted, as_of = fingerprint(attribute, value), leaf.as_of
    decided = {sighting.id for sighting in leaf.sightings}
    return min(
        (
            Hint(seen.instant, seen.delivery_id)
            for seen, shown in stored
            if fingerprint(attribute, shown) == wanted
            and (as_of is None or seen.second >= as_of)
            and seen.delivery_id not in decided
        ),
        key=lambda hint: (hint.time, hint.id),
        default=None,
    )
