"""Sets that several parties change at once: nobody's word is lost, whatever came first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.attributes import attribute
from catalogue.domain.joining import join, three_way
from catalogue.domain.registers import CanonicalRegister, Entry
from catalogue.domain.version import TICK, Version
from catalogue.enums import Source

TAGS = attribute("tags")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
words = st.lists(st.sampled_from(["Desk", "light", "LIGHT", "oak", "sale"]), max_size=4)


def edit(value, second, store):
    version = Version.of(NOON + timedelta(seconds=second), Source.SYNC, f"d{store}")
    return Entry(version, "edit", store, TAGS.normalise(value))


def folded(value):
    return {word.casefold() for word in value}


def arrive(base, *edits):
    register = CanonicalRegister((edit(base, 0, 9),))
    for one in edits:
        register = register.add(join(TAGS, one, TAGS.normalise(base), register.winner))
    return folded(register.winner.value)


@given(words, words, words, st.integers(-1, 1))
def test_two_edits_of_one_set_both_count_in_either_order(base, mine, theirs, later):
    first, second = edit(mine, 2, 1), edit(theirs, 2 + later, 2)
    old, one, other = folded(base), folded(mine), folded(theirs)
    both = (old - (old - one) - (old - other)) | (one - old) | (other - old)
    assert arrive(base, first, second) == arrive(base, second, first) == both


@given(words)
def test_the_first_word_and_what_adds_nothing_are_taken_as_they_are(mine):
    """What adds nothing to a newer set stays as old as it is."""
    first, standing = edit(mine, 2, 1), edit([*mine, "sale"], 3, 2)
    assert join(TAGS, first, None, None) == first
    assert join(TAGS, first, None, standing) == first


@given(words)
def test_what_comes_late_and_adds_something_is_just_newer_than_what_stands(mine):
    late, standing = edit([*mine, "oak"], 2, 1), edit(["sale"], 3, 2)
    joined = join(TAGS, late, None, standing)
    assert folded(joined.value) == folded([*mine, "oak", "sale"])
    assert joined.version == Version.of(standing.version.time + TICK, Source.SYNC, "d1")


def test_where_an_order_counts_it_is_that_of_the_newer_edit():
    pictures = attribute("pictures")
    a, b, c = (f"https://x.test/{name}.jpg Of {name}" for name in "abc")
    mine_first = three_way(pictures, [a, b], [b, a], [a, b, c])
    theirs_first = three_way(pictures, [a, b], [b, a], [a, b, c], mine_first=False)
    assert [mine_first, theirs_first] == [[b, a, c], [a, b, c]]
    older, standing = edit([], 2, 1), edit([], 3, 2)
    older, standing = replace(older, value=[b, a, "d.jpg"]), replace(standing, value=[a, b, c])
    assert join(pictures, older, [a, b], standing).value[:2] == [a, b]


@given(words, words)
def test_an_edit_of_what_stands_is_taken_as_it_is(base, mine):
    assert folded(three_way(TAGS, base, mine, base)) == folded(mine)
    assert arrive(base, edit(mine, 2, 1)) == folded(mine)
