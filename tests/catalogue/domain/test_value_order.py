"""The order of option values as pure rules: only what stands on both sides is ordered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.value_order import arranged, lists_of, normalise, rearranged, woven
from catalogue.domain.values import BadValueError

NAMES = st.lists(st.text("SMLX|\\\\ab", min_size=1, max_size=4), max_size=6, unique=True)


def test_people_write_an_option_a_line_and_bars_between_the_values():
    assert normalise("S | M|L\nRed | Blue") == ["S | M | L", "Red | Blue"]
    assert normalise([["S", "1|2"]]) == [r"S | 1\|2"]
    assert lists_of([r"S | 1\|2"]) == [["S", "1|2"]]
    for wrong in (7, [7], [["S", 7]]):
        with pytest.raises(BadValueError):
            normalise(wrong)


def test_coming_going_and_renaming_is_no_reordering():
    assert not rearranged(["S | M | L"], ["S | Middle | L | XL"])
    assert rearranged(["S | M | L"], ["M | S"])
    assert not rearranged(["S | M", "Red | Blue"], ["Red | Blue", "S | M"])


def test_a_store_shows_its_own_values_in_the_order_wanted():
    assert arranged(["S | Own | M | L"], ["L | XL | M | S"]) == ["L | Own | M | S"]
    assert arranged(["Klein | Gross"], ["L | M | S"]) == ["Klein | Gross"]


def test_an_edit_keeps_the_values_that_its_store_lacks_where_they_stood():
    assert woven(["S | M | L | XL"], ["L | S | M"]) == ["L | XL | S | M"]
    assert woven(None, ["L | S"]) == ["L | S"]


@given(NAMES, NAMES)
def test_what_is_arranged_has_the_same_values_and_rests(shown, wanted):
    clean = [[name.strip() for name in names if name.strip()] for names in (shown, wanted)]
    seen, asked = (normalise([[*dict.fromkeys(names)]]) for names in clean)
    once = arranged(seen, asked)
    assert [sorted(names) for names in lists_of(once)] == [sorted(n) for n in lists_of(seen)]
    assert arranged(once, asked) == once
    assert not rearranged(asked, once)
