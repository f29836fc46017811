"""The checks of the gates: what they object to, and what they let pass."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.gates import (
    Batch,
    Feed,
    Limits,
    Move,
    column_shift,
    decimal_shift,
    feed_size,
    object_to,
    pictures_gone,
    price_change,
    price_floor,
    required_fields,
)

ALL = [required_fields, price_floor, price_change, decimal_shift, column_shift, feed_size]


def prices(*pairs):
    return [Move(f"lamp {n}", "price", before, after) for n, (before, after) in enumerate(pairs)]


def reasons(moves, *, feed=None, checks=ALL):
    return [one.reason for one in object_to(Batch(moves, Limits(), feed), checks)]


def test_plain_edits_pass():
    moves = [Move("lamp", "title", "Lamp", "Tall lamp"), *prices(("20.00", "15.00"))]
    assert reasons([*moves, Move("lamp", "vendor", "Lumen", "")]) == []


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (Move("lamp", "price", "20.00", "0.00"), "A price below 0.01 is set once."),
        (Move("lamp", "price", "20.00", "40.00"), "A price moves by more than 60 % once."),
        (Move("lamp", "price", "20.00", "7.99"), "A price moves by more than 60 % once."),
        (Move("lamp", "sku", "LAMP-1", ""), "SKU would be emptied once."),
    ],
)
def test_a_single_value_can_be_held(move, said):
    assert said in reasons([move])


def test_a_new_price_and_the_first_of_all_have_nothing_to_be_compared_with():
    assert reasons(prices((None, "900.00"), ("0.00", "900.00"))) == []


@pytest.mark.parametrize("times", ["100", "10", "0.1", "0.01"])
def test_a_slipped_decimal_point_is_known_by_how_many_move_alike(times):
    moved = [(f"{n}9.90", f"{Decimal(f'{n}9.90') * Decimal(times):.2f}") for n in (1, 2, 3)]
    said = f"3 prices become {times} times what they were: a decimal point has slipped."
    assert reasons(prices(*moved), checks=[decimal_shift]) == [said]
    assert reasons(prices(*moved[:2]), checks=[decimal_shift]) == []


def test_columns_that_stand_where_others_belong_are_noticed():
    moves = [Move(f"lamp {n}", "title", f"Lamp {n}", f"{n}9.90") for n in (1, 2, 3)]
    assert reasons(moves) == ["Title looks like a price 3 times."]
    feed = Feed(10, unreadable={"price": 3, "title": 2})
    assert reasons([], feed=feed) == ["3 rows have a price that is none: a wrong column."]


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (Feed(0), ["The feed is empty."]),
        (Feed(49, before=100), ["The feed has 49 rows; the last one had 100."]),
        (Feed(50, before=100), []),
        (Feed(1), []),
        (Feed(2, bad=2), ["None of its 2 rows can be taken."]),
        (None, []),
    ],
)
def test_an_empty_or_half_feed_is_held(feed, said):
    assert reasons([], feed=feed) == said


amounts = st.decimals("0", "9999", places=2).map(lambda amount: f"{amount:.2f}")


@given(st.lists(st.tuples(st.none() | amounts, amounts), max_size=8))
def test_a_batch_that_passes_passes_in_parts_too(pairs):
    """An import is judged as a whole; its chunks meet the same gates and add no surprise."""
    moves = prices(*pairs)
    if not reasons(moves):
        assert [reasons(moves[start : start + 2]) for start in range(0, len(moves), 2)] == [
            [] for _ in range(0, len(moves), 2)
        ]


def gallery(before, after):
    return Move("lamp", "pictures", [f"{n}.jpg Text" for n in before], [f"{n}.jpg" for n in after])


def test_many_pictures_taken_off_at_once_are_held_however_they_are_spread():
    checks = [pictures_gone]
    some = [gallery(range(6), range(2)), gallery(range(6), range(1))]
    assert reasons(some, checks=checks) == []
    assert reasons([gallery(range(6), reversed(range(6)))] * 9, checks=checks) == []
    assert reasons([*some, gallery([1, 2], [2])], checks=checks) == [
        "10 pictures would be taken off 3 products."
    ]
    assert reasons([gallery([1], [])] * 3, checks=checks) == [
        "3 pictures would be taken off 3 products, 3 of which lose all of theirs."
    ]
