"""When was it? Trigger times that can be believed, and what stored deliveries say of a read."""

from datetime import UTC, datetime, timedelta

import pytest

from catalogue.domain.attributes import attribute
from catalogue.domain.decide import absorb_leaf, decide_payload
from catalogue.domain.hints import hint_for
from catalogue.domain.journal import Leaf
from catalogue.domain.seen import Hint, ReadSeen, Seen, UnknownWrite, Written
from catalogue.domain.sighting import Sighting
from catalogue.domain.values import fingerprint
from catalogue.domain.version import Version
from catalogue.enums import Verdict, Via

TITLE = attribute("title")
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("triggered", "received", "believed"),
    [
        (10.4, 11, 10.4),
        (8.0, 11, 8.0),
        (7.9, 11, 10),  # long before the body's own second
        (13.0, 11, 13.0),
        (13.1, 11, 10),  # later than it reached us, though both clocks may be off by two
        (15.0, 3, 10),
        (12.9, 3, 12.9),  # our clock runs behind: the body's own second is proof enough
        (30.0, 40, 30.0),  # a body that nobody touched, told late
        (None, 11, 10),
    ],
)
def test_an_unsigned_trigger_time_is_believed_within_what_the_signed_second_allows(
    triggered, received, believed
):
    seen = Seen(at(10), None if triggered is None else at(triggered), at(received), "d")
    assert seen.instant == at(believed)


def known(value="O", second=0):
    sighting = Sighting(at(second), at(second), fingerprint(value), Via.HOOK, id="first")
    return Leaf.first(value, sighting)


LATE = ReadSeen(at(5), at(20), at(21), "read")


def told(*deliveries):
    return [(Seen(at(int(when)), at(when), at(when + 1), name), v) for when, v, name in deliveries]


@pytest.mark.parametrize(
    ("stored", "hint"),
    [
        ([], None),
        ([(3.2, "X", "a"), (4.1, "X", "b")], Hint(at(3.2), "a")),
        ([(3.2, "X", "a"), (4.1, "Y", "b"), (5.3, "X", "c")], Hint(at(5.3), "c")),
        ([(3.2, "X", "a"), (4.1, "Y", "b")], Hint(at(4.1))),
        ([(3.2, "X", "a"), (7.1, "Y", "b")], Hint(at(3.2), "a")),  # later than the read
        ([(3.2, "X", "first"), (4.1, "X", "b")], Hint(at(4.1), "b")),  # decided already
        ([(2.1, "Z", "c"), (3.2, "X", "a"), (4.1, "Y", "b")], Hint(at(4.1))),
        ([(4.1, "X", "a"), (4.1, "Y", "b")], Hint(at(4.1))),  # nobody knows which was first
    ],
)
def test_of_a_value_set_twice_the_last_time_counts(stored, hint):
    """A, B and A again while deliveries wait: what a read shows was not set the first time."""
    found = hint_for(known(), "X", attribute=TITLE, read=LATE, stored=told(*stored))
    assert found == hint


@pytest.mark.parametrize(("second", "hint"), [(3, Hint(at(3.2), "a")), (4, None)])
def test_what_was_told_before_the_last_sighting_says_nothing_of_what_came_after(second, hint):
    stored = told((3.2, "X", "a"))
    assert hint_for(known("O", second), "X", attribute=TITLE, read=LATE, stored=stored) == hint
    unseen = Leaf("O", fingerprint("O"))
    assert hint_for(unseen, "X", attribute=TITLE, read=LATE, stored=stored) == Hint(at(3.2), "a")


@pytest.mark.parametrize(("when", "unsure"), [(4.1, False), (5.1, True)])
def test_only_another_value_of_the_reads_own_second_may_be_the_later_one(when, unsure):
    read, stored = ReadSeen(at(5), at(4), at(6), "read"), told((when, "Y", "b"))
    found = hint_for(known(), "X", attribute=TITLE, read=read, stored=stored)
    assert found == Hint(at(when), unsure=unsure)
    assert not read.may_precede(at(5), None, old=True)


def test_that_the_value_itself_was_told_late_makes_a_read_of_it_no_less_sure():
    stored = [
        (Seen(at(5), at(5.1), at(8), "a"), "X"),
        (Seen(at(5), at(5.2), at(6), "b"), "Y"),
    ]
    read = ReadSeen(at(5), at(9), at(9.1), "read")
    assert hint_for(known(), "X", attribute=TITLE, read=read, stored=stored) == Hint(at(5.2))


def test_what_a_read_finds_is_no_older_than_what_stood_before_it():
    read = ReadSeen(at(5), at(5.9), at(6), "read")
    found = absorb_leaf(known(), "X", attribute=TITLE, read=read, hint=Hint(at(5.4)))
    (edit,) = found.edits
    assert (edit.version.time, edit.version.id) == (at(5.4) + timedelta(microseconds=1), "read")
    assert edit.bounds == (at(5.4), at(6))


def test_a_write_that_lands_after_it_was_given_up_is_no_edit_though_it_had_landed_before():
    """X was sent twice: the repeat landed, Y came, and then the first X lands after all."""
    ghost = UnknownWrite("X", at(1), Version(at(1), 2, "ours"))
    leaf = known()
    for instant, value in ((5.1, "X"), (5.6, "Y")):
        seen = Seen(at(5), at(instant), at(instant + 1), f"d{instant}")
        leaf = decide_payload(leaf, value, attribute=TITLE, seen=seen, unknown=[ghost]).leaf
    late = Seen(at(6), at(6.1), at(7), "d6")
    decision = decide_payload(leaf, "X", attribute=TITLE, seen=late, unknown=[ghost])
    assert (decision.verdict, decision.edits) == (Verdict.ECHO, ())
    assert decision.leaf.value == "X"


def read_at(asked, *, second=5):
    return ReadSeen(at(second), at(asked), at(asked + 0.1), f"read at {asked}")


def find(leaf, value, read, *stored):
    """What a read makes of a value, with the deliveries that are stored and wait."""
    hint = hint_for(leaf, value, attribute=TITLE, read=read, stored=told(*stored))
    return absorb_leaf(leaf, value, attribute=TITLE, read=read, hint=hint)


def hook(leaf, when, value):
    ((seen, value),) = told((when, value, f"d{when}"))
    return decide_payload(leaf, value, attribute=TITLE, seen=seen)


def test_a_read_that_lands_late_does_not_put_an_older_edit_over_a_newer_one_of_its_second():
    """The answer shows X. Y is set while it waits to be taken in, and told in the same second."""
    waiting = [(5.2, "X", "first"), (5.6, "Y", "second")]
    found = find(known(), "X", read_at(5.3), *waiting)
    assert (found.verdict, found.edits, found.leaf) == (Verdict.NEEDS_READ, (), known())
    leaf = hook(hook(found.leaf, 5.2, "X").leaf, 5.6, "Y").leaf
    after = find(leaf, "Y", read_at(7))
    assert (after.edits, after.leaf.value) == ((), "Y")
    assert max(s.version for s in after.leaf.sightings if s.version).time == at(5.6)


def test_a_read_dates_what_it_finds_by_the_delivery_that_waits_and_else_by_what_lies_around_it():
    (edit,) = find(known(), "X", LATE, (3.2, "X", "a")).edits
    assert (edit.version.time, edit.version.id, edit.bounds) == (at(3.2), "a", None)
    (edit,) = find(known(), "X", LATE).edits
    assert (edit.version.time, edit.version.id, edit.bounds) == (at(5), "read", (at(0), at(6)))
    (edit,) = find(Leaf("O", fingerprint("O")), "X", LATE).edits
    assert (edit.value, edit.based_on) == ("X", "O")


@pytest.mark.parametrize(("value", "came_after"), [("X", 5.3), ("Y", 5.300001), (None, 5.000001)])
def test_what_a_read_finds_came_after_what_was_told_of_its_second(value, came_after):
    stored = [(5.3, value, "a")] if value else []
    found = find(known(), "X", LATE, *stored).leaf.sightings[-1]
    assert (found.via, found.after) == (Via.READ, at(came_after))


def test_what_was_told_before_the_read_was_asked_for_came_before_what_it_shows():
    (edit,) = find(known(), "X", read_at(7.0), (5.6, "Y", "told")).edits
    assert (edit.value, edit.version.time) == ("X", at(5.6) + timedelta(microseconds=1))


@pytest.mark.parametrize(("asked", "believed"), [(8.0, False), (8.6, False), (8.7, True)])
def test_a_value_that_stood_before_is_believed_once_no_replica_can_lag_so_far(asked, believed):
    """Y is told at 6.6; a read that still shows O may be of a replica, for two seconds."""
    leaf = hook(known(second=5), 5.6, "Y").leaf
    found = find(leaf, "O", read_at(asked))
    assert (found.verdict is Verdict.NEEDS_READ, found.needs_read) == (not believed, not believed)
    assert [edit.value for edit in found.edits] == (["O"] if believed else [])


def test_an_echo_that_comes_late_casts_no_doubt_on_a_read():
    """We wrote X and were answered; somebody set Y then, and the echo of X comes after our read."""
    ours = Written("X", Version(at(4), 2, "edit"), at(5.1))
    written = absorb_leaf(known(), "X", attribute=TITLE, read=read_at(5.1), written=ours).leaf
    (edit,) = find(written, "Y", read_at(5.5), (5.15, "X", "echo")).edits
    assert edit.value == "Y"


def test_a_write_given_up_lands_late_and_is_no_edit_though_a_read_had_told_of_it_first():
    """X stood, Y was set, and our older X landed: the read shows nothing new until Y is told."""
    ghost = UnknownWrite("X", at(1), Version(at(1), 2, "ours"))
    leaf = absorb_leaf(known("X"), "X", attribute=TITLE, read=read_at(7, second=6)).leaf
    ((seen, value),) = told((5.4, "Y", "late"))
    decision = decide_payload(leaf, value, attribute=TITLE, seen=seen, unknown=[ghost])
    assert [edit.value for edit in decision.edits] == ["Y"]


def test_a_second_read_of_a_write_that_landed_late_finds_no_edit():
    ghost = UnknownWrite("X", at(1), Version(at(1), 2, "ours"))
    leaf = hook(known(), 5.2, "Y").leaf
    read = read_at(8)
    landed = absorb_leaf(leaf, "X", attribute=TITLE, read=read, unknown=[ghost])
    assert (landed.verdict, landed.edits) == (Verdict.ECHO, ())
    leaf = landed.leaf
    again = absorb_leaf(leaf, "X", attribute=TITLE, read=read_at(12), unknown=[ghost])
    assert (again.verdict, again.edits, again.leaf.value) == (Verdict.SAME, (), "X")
