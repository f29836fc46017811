"""Shapes of products: any leads to any other by steps that end, or it is said why not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.order import in_order, reordered
from catalogue.domain.shape import DEFAULT_NAME, DEFAULT_VALUE, Row, Shape, Step, UnfitError
from catalogue.domain.steps import apply
from catalogue.domain.structure import next_step

NAMES = ("Size", "Colour", "Cut")
VALUES = ("S", "M", "L")
PLAIN = Shape((DEFAULT_NAME,), (Row("a", (DEFAULT_VALUE,)),))


@st.composite
def shapes(draw, keys="abcdef"):
    """Any shape that Shopify allows, with variants of these keys."""
    if draw(st.integers(0, 6)) == 0:
        return Shape((DEFAULT_NAME,), (Row(draw(st.sampled_from(keys)), (DEFAULT_VALUE,)),))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    every = st.tuples(*[st.sampled_from(VALUES)] * len(names))
    values = draw(st.lists(every, min_size=1, max_size=len(keys), unique=True))
    used = draw(st.permutations(keys))[: len(values)]
    return Shape(tuple(names), tuple(Row(k, v) for k, v in zip(used, values, strict=True)))


def walked(wanted, shown, doomed=()):
    """Every shape on the way; more steps than this and it would never end."""
    way = [shown]
    for _ in range(30):
        step = next_step(wanted, way[-1], doomed=doomed)
        if step is None:
            return way
        way.append(apply(step, way[-1]))
    raise AssertionError(way)


@given(shapes(), shapes())
def test_any_shape_leads_to_any_other_or_it_is_said_why_not(wanted, shown):
    strangers = set(shown.keys) - set(wanted.keys)
    try:
        way = walked(wanted, shown)
    except UnfitError:
        return
    ended = way[-1]
    assert ended.names == wanted.names
    assert [row for row in ended.rows if row.key not in strangers] == list(wanted.rows)
    assert next_step(wanted, ended) is None
    assert all(strangers <= set(shape.keys) for shape in way)


@given(shapes(), shapes())
def test_no_step_loses_a_variant_that_nobody_doomed(wanted, shown):
    try:
        way = walked(wanted, shown)
    except UnfitError:
        return
    for before, after in itertools.pairwise(way):
        assert set(before.keys) <= set(after.keys)
        folded = [tuple(v.casefold() for v in row.values) for row in after.rows]
        assert len(set(folded)) == len(folded)


@given(shapes("abc"), st.randoms())
def test_edits_of_names_values_and_order_always_arrive(shown, chance):
    """What one store can do to its shape, every other can do after it."""
    named = shown.is_default
    names = shown.names if named else tuple(f"{name}!" for name in shown.names)
    rows = [Row(r.key, r.values if named else tuple(f"{v}?" for v in r.values)) for r in shown.rows]
    chance.shuffle(rows)
    wanted = Shape(names, tuple(rows))
    assert walked(wanted, shown)[-1] == wanted


@given(shapes(), st.sets(st.sampled_from("abcdef")))
def test_the_doomed_go_and_only_they(shown, doomed):
    staying = tuple(row for row in shown.rows if row.key not in doomed)
    if not staying:
        return
    wanted = Shape(shown.names, staying)
    assert walked(wanted, shown, doomed)[-1] == wanted


def test_a_renamed_value_keeps_its_variants():
    shown = Shape(("Colour",), (Row("a", ("Red",)), Row("b", ("Blue",))))
    wanted = Shape(("Colour",), (Row("a", ("Crimson",)), Row("b", ("Blue",))))
    assert next_step(wanted, shown) == Step("rename_value", old="Red", name="Crimson")


def test_a_renamed_option_is_no_new_one():
    shown = Shape(("Colour", "Size"), (Row("a", ("Red", "S")),))
    wanted = Shape(("Size", "Farbe"), (Row("a", ("S", "Red")),))
    kinds = []
    while (step := next_step(wanted, shown)) is not None:
        kinds.append(step.kind)
        shown = apply(step, shown)
    assert kinds == ["rename_option", "order_options"]


def test_a_first_option_takes_the_place_of_none():
    wanted = Shape(("Size",), (Row("a", ("S",)), Row("b", ("M",))))
    assert [shape.names for shape in walked(wanted, PLAIN)] == [("Title",), ("Size",), ("Size",)]


def test_two_thousand_variants_are_created_250_at_a_time_and_no_more_than_2048():
    rows = tuple(Row(str(number), (str(number),)) for number in range(2048))
    way = walked(Shape(("Number",), rows), Shape(("Number",), rows[:1]))
    assert len(way) == 1 + 9
    with pytest.raises(UnfitError, match="2048"):
        next_step(Shape(("Number",), (*rows, Row("x", ("x",)))), PLAIN)


def test_a_stranger_in_the_place_of_a_new_variant_is_named():
    shown = Shape(("Size",), (Row("theirs", ("S",)), Row("a", ("M",))))
    wanted = Shape(("Size",), (Row("a", ("M",)), Row("b", ("S",))))
    with pytest.raises(UnfitError, match="“S”"):
        next_step(wanted, shown)


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.permutations("abcdef"))
def test_coming_and_going_is_no_reordering(some, order):
    sorted_ = in_order(some, order)
    assert not reordered(sorted_, order)
    assert reordered(sorted_[::-1], order) == (len(some) > 1)
