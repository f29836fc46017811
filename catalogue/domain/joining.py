"""Sets: what one party added and the other removed is meant by both, so neither replaces all."""

from dataclasses import replace

from catalogue.domain.attributes import Attribute
from catalogue.domain.registers import Entry
from catalogue.domain.values import Value
from catalogue.domain.version import TICK, Version
from catalogue.enums import Source

JOINED = "Somebody else had changed the same set unseen: what both added and removed counts."


def join(attribute: Attribute, entry: Entry, basis: Value, winner: Entry | None) -> Entry:
    """An edit of a set, made in sight of `basis`, on top of what stands meanwhile.

    It is the same set in whatever order two edits come. Where it is older than what stands and
    adds something to it, it becomes just newer, else the earlier edit would be lost.
    """
    if winner is None:
        return entry
    newer = entry.version > winner.version
    joined = three_way(attribute, basis, entry.value, winner.value, mine_first=newer)
    if newer:
        return replace(entry, value=joined)
    if joined == attribute.normalise(winner.value):
        return entry
    version = Version.of(winner.version.time + TICK, Source.SYNC, entry.version.id)
    return replace(entry, value=joined, version=version)


def three_way(
    attribute: Attribute, base: Value, mine: Value, theirs: Value, *, mine_first: bool = True
) -> Value:
    """Their set without what I took from the base, and with what I added to it.

    Where an order counts it is that of who comes first.
    """
    before, wanted, standing = (_folded(attribute, value) for value in (base, mine, theirs))
    kept = {word: said for word, said in standing.items() if word in wanted or word not in before}
    added = {word: said for word, said in wanted.items() if word not in before}
    both = {**added, **kept}
    order = [*wanted, *standing] if mine_first else [*standing, *wanted]
    return attribute.normalise([both[word] for word in dict.fromkeys(order) if word in both])


def _folded(attribute: Attribute, value: Value) -> dict[str, str]:
    words = attribute.normalise(value)
    return {word.casefold(): word for word in words} if isinstance(words, list) else {}
