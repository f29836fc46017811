"""The journal of one attribute in one store: what it keeps, for how long, and what it can tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from catalogue.domain.journal import Leaf
from catalogue.domain.sighting import Sighting, in_order
from catalogue.domain.version import Version
from catalogue.enums import Via

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
TWO_DAYS = 48 * 3600


def at(second):
    return START + timedelta(seconds=second)


def sighting(second, value, *, version=None, via=Via.HOOK, triggered=None, after=None):
    moment = None if triggered is None else at(triggered)
    came = None if after is None else at(after)
    named = Version(at(version), 2, f"v{version}") if version is not None else None
    return Sighting(at(second), moment, f"#{value}", via, named, f"d{second}", came, at(second))


def leaf(*seen):
    first, *others = seen
    grown = Leaf.first(first.hash[1:], first)
    for one in others:
        grown = grown.with_sighting(one, one.hash[1:])
        grown = grown.observing(one.hash[1:], one.hash)
    return grown


def seconds(found):
    return [(one.second - START).total_seconds() for one in found.sightings]


def test_it_survives_being_stored_with_all_that_it_knows():
    known = leaf(
        sighting(1, "O", triggered=1.5),
        sighting(2, "X", version=2, via=Via.WRITE, after=2.25),
    ).observing("X", "#X", "#sent")
    assert Leaf.from_json(known.to_json()) == known


def test_what_is_older_than_two_days_goes_but_for_the_last_second_before():
    told = [sighting(second, f"v{second}") for second in (0, 1, 10, 11)]
    newest = sighting(10 + TWO_DAYS, "last")
    grown = leaf(*told, newest)
    assert seconds(grown) == [1, 10, 11, 10 + TWO_DAYS]
    assert set(grown.past) == {"#v1", "#v10", "#v11"}
    assert seconds(leaf(*told, sighting(11 + TWO_DAYS, "last"))) == [10, 11, 11 + TWO_DAYS]
    assert grown.value_of("#last") == "last"
    assert grown.value_of("#v10") == "v10"


def test_a_leaf_that_nothing_was_seen_of_is_of_no_time_and_may_be_observed():
    never = Leaf("O", "#O")
    assert (never.as_of, never.end_of(at(3))) == (None, at(3))
    moved = never.observing("X", "#X")
    assert (moved.value, moved.value_of("#O")) == ("X", "O")


def test_neighbours_are_those_of_the_nearest_seconds():
    grown = leaf(*(sighting(second, "O") for second in (1, 2, 4, 6, 7)))
    near = grown.neighbours(at(4))
    found = [
        [(one.second - START).total_seconds() for one in side]
        for side in (near.before, near.same, near.after)
    ]
    assert found == [[2], [4], [6]]
    assert len(near.holding("#O")) == 3
    assert near.holding("#X") == ()


@pytest.mark.parametrize(
    ("known", "again", "kept"), [(None, 3, 3), (3, 5, 5), (5, 3, 5), (3, None, 3)]
)
def test_the_same_sighting_again_adds_at_most_a_newer_version(known, again, kept):
    grown = leaf(sighting(1, "X", version=known), sighting(1, "X", version=again))
    (only,) = grown.sightings
    assert only.version.time == at(kept)


def test_a_second_ends_with_the_latest_that_is_known_of_it():
    grown = leaf(
        sighting(4, "O", triggered=4.9),
        sighting(5, "O", triggered=5.2),
        sighting(5, "X", triggered=5.7),
        sighting(5, "Y", via=Via.READ, after=5.4),
    )
    assert grown.end_of(at(5)) == at(5.7)
    assert grown.end_of(at(9)) == at(9)


def test_what_was_written_in_a_second_is_known_by_its_call():
    grown = leaf(sighting(4, "O", via=Via.WRITE), sighting(5, "X", via=Via.WRITE), sighting(5, "Y"))
    assert grown.written(at(5)) == {"#X"}


def test_a_time_is_never_in_our_own_future():
    ahead = Sighting(at(5), at(5.5), "#O", Via.HOOK, heard=at(5.2))
    assert (ahead.time, Sighting(at(5), at(5.5), "#O", Via.HOOK).time) == (at(5.2), at(5.5))
    read = Sighting(at(5), None, "#O", Via.READ, after=at(5.3))
    assert (read.time, read.earliest) == (at(5), at(5.3))
    assert Sighting(at(5), at(5.5), "#O", Via.HOOK, after=at(5.3)).earliest == at(5.5)
    assert Sighting(at(5), None, "#O", Via.READ).earliest == at(5)


def test_a_write_explains_no_delivery_that_had_come_before_it_was_planned():
    written = sighting(5, "X", version=4, via=Via.WRITE)
    early, later = sighting(4, "X"), sighting(6, "X")
    assert [written.explains(one) for one in (early, later)] == [False, True]
    assert written.explains(sighting(4, "X", via=Via.READ))
    assert not sighting(5, "X").explains(later), "It is no edit, nor a write of ours."
    assert sighting(5, "X", version=4).explains(early), "An edit, not a write."
    for one, other in ((written, early), (early, written)):
        unheard = replace(one, heard=None, version=written.version, via=Via.WRITE)
        assert unheard.explains(replace(other, via=Via.HOOK))
    assert written.explains(replace(early, heard=None))
    assert written.explains(sighting(5, "X")), "Heard at the very instant."


# --- the order of what was seen in one second of the store's --------------------------------------
def hook(triggered, value):
    return sighting(5, value, triggered=triggered)


def call(after, value, *, version=None, via=Via.WRITE):
    return sighting(5, value, version=version, via=via, after=after)


def order(*seen):
    return " ".join(f"{one.hash[1:]}{'' if one.triggered else '*'}" for one in in_order(seen))


def test_a_write_stands_at_its_first_echo_after_the_call_before_it():
    first, second = call(5.0, "X", version=1), call(5.05, "Y", version=2)
    told = [hook(5.3, "X"), hook(5.4, "Z"), hook(5.6, "Y"), hook(5.7, "X")]
    assert order(first, second, *told) == "X X* Z Y Y* X"
    again = call(5.06, "X", version=3, via=Via.READ)
    assert order(first, second, again, *told) == "X X* Z Y Y* X X*"


def test_a_write_without_an_echo_closes_its_second_in_the_order_of_the_calls():
    first, second = call(5.1, "X", version=1), call(5.2, "Y", version=2)
    assert order(second, hook(5.9, "Z"), first) == "Z X* Y*"
    assert order(second, hook(5.9, "Z"), first, hook(5.95, "Y")) == "Z X* Y Y*"


def test_a_read_that_confirms_a_change_is_as_old_as_that_and_no_older_than_itself():
    written = call(5.0, "X", version=1)
    early, late = (call(after, "X", via=Via.READ) for after in (5.1, 5.5))
    told = [hook(5.3, "X"), hook(5.4, "Y")]
    assert order(written, early, *told) == "X X* X* Y"
    assert order(written, late, *told) == "X X* Y X*"
    assert order(hook(5.2, "Y"), early) == "X* Y"
    other = call(5.05, "Z", version=2)
    assert order(written, other, early, *told, hook(5.6, "Z")) == "X X* X* Y Z Z*"
    assert order(hook(5.9, "O"), call(5.0, "O", via=Via.READ)) == "O* O"
