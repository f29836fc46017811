"""What is an incoming value? The algorithm of the sync rules, one attribute of one store at a time.

A journal is cut into runs of one value. Every run but the oldest needs one voice: our write, or an
edit. A sighting that no voice of its run explains is how an edit is found; so the edits follow from
the set of sightings, not from the order in which they came in.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, pairwise

from catalogue.domain.attributes import Attribute, fingerprint, renders
from catalogue.domain.journal import Leaf
from catalogue.domain.seen import SECOND, Hint, ReadSeen, Seen, UnknownWrite, Written
from catalogue.domain.sighting import Sighting
from catalogue.domain.values import Value
from catalogue.domain.version import TICK, Bounds, Version, causal_floor
from catalogue.enums import Source, Verdict, Via


@dataclass(frozen=True, slots=True)
class Edit:
    """Somebody in the store set this value; `bounds` where only an interval of it is known.

    `based_on` is what the store held before: what the editor saw and replaced. `redates`: as which
    version it was told before an older sighting of it came.
    """

    value: Value
    version: Version
    based_on: Value
    bounds: Bounds | None = None
    redates: Version | None = None

    @property
    def time_uncertain(self) -> bool:
        return self.bounds is not None


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, the leaf to store, the edits to merge, and whether a read must decide more."""

    verdict: Verdict
    leaf: Leaf
    edits: tuple[Edit, ...] = ()
    needs_read: bool = False


def decide_payload(
    leaf: Leaf | None,
    value: Value,
    *,
    attribute: Attribute,
    seen: Seen,
    unknown: Sequence[UnknownWrite] = (),
) -> Decision:
    """Decide one attribute of a delivery. Only while no call of the listing is open."""
    sighting = Sighting(
        seen.second,
        seen.instant,
        fingerprint(attribute, value),
        Via.HOOK,
        id=seen.delivery_id,
        heard=seen.received,
    )
    if leaf is None:
        return Decision(Verdict.SAME, Leaf.first(value, sighting))
    if leaf.shows(sighting.hash):
        sighting, value = replace(sighting, hash=leaf.hash), leaf.value
    as_of, near = leaf.as_of, leaf.neighbours(seen.second)
    if as_of and not near.before and not near.same:
        verdict = Verdict.STALE if near.holding(sighting.hash) else Verdict.NEEDS_READ
        return Decision(verdict, leaf, needs_read=verdict is Verdict.NEEDS_READ)
    repeated = any(s.key == sighting.key for s in leaf.sightings)
    after = leaf.with_sighting(sighting, value)
    if as_of is None or seen.second > as_of:
        after = _observe(after, value, sighting.hash)
    ghost = _ghost(value, attribute, seen.second, unknown)
    after, edits = _give_voices(after, attribute, unknown)
    after, dated = _redate(after)
    edits += dated
    doubtful = seen.second == as_of and sighting.hash != leaf.hash and not repeated
    if edits:
        return Decision(Verdict.EDIT, after, edits, needs_read=doubtful)
    if doubtful:
        return Decision(Verdict.NEEDS_READ, after, needs_read=True)
    if repeated:
        return Decision(Verdict.SAME, after)
    ours = ghost or any(s.via is Via.WRITE for s in near.holding(sighting.hash))
    late = as_of is not None and seen.second < as_of
    return Decision(Verdict.ECHO if ours else Verdict.STALE if late else Verdict.SAME, after)


def absorb_leaf(
    leaf: Leaf | None,
    value: Value,
    *,
    attribute: Attribute,
    read: ReadSeen,
    written: Written | None = None,
    hint: Hint | None = None,
    unknown: Sequence[UnknownWrite] = (),
) -> Decision:
    """Absorb one attribute of an answer or a read: confirm what we wrote, find what we did not."""
    value_hash = fingerprint(attribute, value)
    sent = fingerprint(attribute, written.value) if written else None
    if written and (written.certain or renders(attribute, written.value, value)):
        rendered = value_hash == sent or attribute.lossy
        landed = value if rendered else written.value
        leaf, late = _confirm(
            leaf, landed, attribute=attribute, read=read, written=written, unknown=unknown
        )
        if late or rendered:
            return late or Decision(Verdict.SAME, leaf)
    if leaf is None:
        return Decision(Verdict.SAME, Leaf.first(value, _called(None, read, value_hash, None)))
    if leaf.as_of and read.second < leaf.as_of:
        return Decision(Verdict.STALE, leaf, needs_read=True)
    ghost = None if leaf.shows(value_hash) else _ghost(value, attribute, read.second, unknown)
    if ghost:
        after = leaf.with_sighting(_called(leaf, read, value_hash, ghost), value)
        return Decision(Verdict.ECHO, _observe(after, value, value_hash))
    return _absorb_foreign(leaf, value, value_hash, read=read, hint=hint)


def outcome(verdicts: Sequence[Verdict]) -> str:
    """The one outcome of a delivery from the verdicts of its attributes."""
    for verdict, name in (
        (Verdict.EDIT, "applied"),
        (Verdict.ECHO, "echo"),
        (Verdict.STALE, "stale"),
    ):
        if verdict in verdicts:
            return name
    return "nothing_to_do"


def _observe(leaf: Leaf, value: Value, value_hash: str) -> Leaf:
    accepted_from = leaf.accepted_from if value_hash == leaf.hash else None
    return leaf.observing(value, value_hash, accepted_from)


def _called(
    leaf: Leaf | None,
    read: ReadSeen,
    value_hash: str,
    version: Version | None,
    via: Via = Via.READ,
    *,
    since: datetime | None = None,
) -> Sighting:
    """What a call saw; whatever of its second was decided before the call is older."""
    after = leaf.end_of(read.second) + TICK if leaf else read.second
    after = max(after, since) if since else after
    return Sighting(read.second, None, value_hash, via, version, read.id, after, read.received)


def _ghost(
    value: Value, attribute: Attribute, second: datetime, unknown: Sequence[UnknownWrite]
) -> Version | None:
    """The version of a write of unknown outcome that this may be, landed late."""
    return max(
        (
            write.version
            for write in unknown
            if write.sent_at <= second + SECOND and renders(attribute, write.value, value)
        ),
        default=None,
    )


def _give_voices(
    leaf: Leaf, attribute: Attribute, unknown: Sequence[UnknownWrite]
) -> tuple[Leaf, tuple[Edit, ...]]:
    """What no voice of its run explains is an edit, dated by the first sighting of it.

    Unless a write of unknown outcome has landed late.
    """
    edits: list[Edit] = []
    while silent := next(_unexplained(leaf), None):
        first, before = silent
        value = leaf.value_of(first.hash)
        version = _ghost(value, attribute, first.second, unknown)
        if version is None:
            edits.append(_edit_of(leaf, first, before))
            version = edits[-1].version
        leaf = leaf.with_sighting(replace(first, version=version), value)
    return leaf, tuple(edits)


def _edit_of(leaf: Leaf, first: Sighting, before: Sequence[Sighting]) -> Edit:
    version = Version.of(causal_floor(first.time, _newest(before)), Source.SYNC, first.id)
    found = first.via is Via.READ
    bounds = (before[-1].time, first.second + SECOND) if found else None
    return Edit(leaf.value_of(first.hash), version, leaf.value_of(before[0].hash), bounds)


def _unexplained(leaf: Leaf) -> Iterator[tuple[Sighting, Sequence[Sighting]]]:
    """The sightings that nothing in their run explains, oldest first, each with the run before."""
    for before, run in pairwise(leaf.runs()):
        for sighting in run:
            if not any(voice.explains(sighting) for voice in run):
                yield sighting, before


def _redate(leaf: Leaf) -> tuple[Leaf, tuple[Edit, ...]]:
    """An edit of which a later touch, or a read, had told first is as old as the first of its run.

    So the edits follow from what was seen alone, in whatever order it comes.
    """
    edits: list[Edit] = []
    ids = {sighting.id for sighting in leaf.sightings}
    for before, run in pairwise(leaf.runs()):
        first, voice = run[0], _own_voice(run, ids)
        if voice is None or voice.version is None or not first.triggered:
            continue
        time = causal_floor(first.time, _newest(before))
        if time < voice.version.time:
            version = replace(voice.version, time=time)
            value, based_on = leaf.value_of(first.hash), leaf.value_of(before[0].hash)
            edits.append(Edit(value, version, based_on, redates=voice.version))
            leaf = leaf.with_voice(voice, None).with_voice(first, version)
    return leaf, tuple(edits)


def _own_voice(run: Sequence[Sighting], ids: Collection[str]) -> Sighting | None:
    """The sighting by which a run is known for an edit, unless it may be our write."""
    voices = [sighting for sighting in run if sighting.version]
    ours = any(_is_ours(sighting, ids) for sighting in voices)
    return voices[0] if len(voices) == 1 and not ours else None


def _is_ours(sighting: Sighting, ids: Collection[str]) -> bool:
    """Whether a sighting is of a write of ours, answered or late: no edit of the journal's own."""
    late = sighting.version is not None and sighting.version.id not in ids
    return late or sighting.via is Via.WRITE


def _newest(sightings: Iterable[Sighting]) -> Version | None:
    return max((s.version for s in sightings if s.version), default=None)


def _confirm(
    leaf: Leaf | None,
    landed: Value,
    *,
    attribute: Attribute,
    read: ReadSeen,
    written: Written,
    unknown: Sequence[UnknownWrite],
) -> tuple[Leaf, Decision | None]:
    """Our write as the store took it; an answer older than what was seen since moves nothing."""
    landed_hash, sent = fingerprint(attribute, landed), fingerprint(attribute, written.value)
    sighting = replace(
        _called(leaf, read, landed_hash, written.version, Via.WRITE), heard=written.planned
    )
    if leaf is None:
        leaf = Leaf.first(landed, sighting)
    late = leaf.as_of is not None and read.second < leaf.as_of
    leaf = leaf.with_sighting(sighting, landed)
    if late:
        leaf, edits = _give_voices(leaf, attribute, unknown)
        verdict = Verdict.EDIT if edits else Verdict.NEEDS_READ
        return leaf, Decision(verdict, leaf, edits, needs_read=True)
    return leaf.observing(landed, landed_hash, sent if sent != landed_hash else None), None


def _absorb_foreign(
    leaf: Leaf, value: Value, value_hash: str, *, read: ReadSeen, hint: Hint | None
) -> Decision:
    """Absorb what a read shows now: whatever else was seen in that second came before it.

    But for what reached us only after we had asked: the next read will know.
    """
    known = leaf.shows(value_hash)
    if known:
        value, value_hash = leaf.value, leaf.hash
    last = leaf.at(leaf.as_of)
    own = [s for s in last if s.hash == value_hash]
    rivals = [s for s in last if s.hash != value_hash and s.via is not Via.WRITE]
    if (hint and hint.unsure) or _may_be_older(leaf, value_hash, read=read):
        return Decision(Verdict.NEEDS_READ, leaf, needs_read=True)
    ids = {s.id for s in leaf.sightings}
    if known and any(_is_ours(s, ids) for s in own):
        rivals = []  # our write came over them: the versions decide, not this read
    replaced = max(
        filter(None, (_newest(rivals), None if known else _voice(leaf, leaf.hash))), default=None
    )
    voiced = _newest(own)
    settled = replaced is None or (voiced is not None and voiced > replaced)
    if settled and (known or voiced):
        after = leaf.with_sighting(_called(leaf, read, value_hash, None), value)
        return Decision(Verdict.SAME, _observe(after, value, value_hash))
    standing = leaf.runs()[-1:]  # what stood before a later value says nothing of this one
    still = (s for s in own if s.triggered and s in chain(*standing))
    dated = max(still, key=lambda s: s.time, default=None)
    hint = Hint(dated.time, dated.id) if dated else hint
    seen = leaf.sightings[-1].time if leaf.sightings else read.second
    since = None if hint is None else hint.time if hint.id else hint.time + TICK
    if hint and not hint.id:
        seen, hint = max(seen, hint.time), None
    found = min(max(read.second, seen + TICK), read.received)
    time = causal_floor(min(hint.time, read.received) if hint else found, replaced)
    version = Version.of(time, Source.SYNC, hint.id if hint else read.id)
    bounds = None if hint else (seen, max(found, min(read.second + SECOND, read.received)))
    edit = Edit(value, version, leaf.value, bounds)
    after = leaf.with_sighting(_called(leaf, read, value_hash, version, since=since), value)
    return Decision(Verdict.EDIT, _observe(after, value, value_hash), (edit,))


def _may_be_older(leaf: Leaf, value_hash: str, *, read: ReadSeen) -> bool:
    """Whether a read of a value may be older than other values seen in its second.

    Not than those told before it, and not than those that we had heard of before we planned to
    write it. An echo is as old as our write, which had been answered before we asked.
    """
    rivals = [s for s in leaf.at(read.second) if s.hash != value_hash and s.id != read.id]
    shown = [s for s in leaf.sightings if s.hash == value_hash]
    planned = max((s.heard for s in shown if s.via is Via.WRITE and s.heard), default=None)
    told = max((s.triggered for s in shown if s.triggered), default=None)
    return any(
        read.may_precede(rival.second, rival.heard, old=bool(shown))
        for rival in rivals
        if (rival.via is Via.WRITE or rival.hash not in leaf.written(read.second))
        and not (planned and rival.heard and rival.heard < planned)
        and not (told and rival.triggered and rival.triggered < told)
    )


def _voice(leaf: Leaf, value_hash: str) -> Version | None:
    runs = [run for run in leaf.runs() if run[0].hash == value_hash]
    return _newest(runs[-1]) if runs else None
