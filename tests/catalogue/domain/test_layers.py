"""Sales as pure rules: what lies over what, and what o'clock it is in a store."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.effective import Effective
from catalogue.domain.layers import Layer, instant, lay_over
from catalogue.domain.values import BadValueError
from catalogue.domain.version import Version
from catalogue.enums import Source

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def layer(number=1, *, since=NOON, **more):
    return Layer(**{"id": number, "since": since, "percent": Decimal(20), **more})


def canonical(value):
    return Effective(value, "canonical", Version.of(NOON - HOUR, Source.MANUAL, "ada"))


def shown(*layers, name="price", beneath="20.00", price="20.00"):
    return lay_over(layers, name, canonical(beneath), canonical(price))


def test_a_sale_lies_over_the_price_and_strikes_what_is_beneath():
    assert shown(layer()).value == "16.00"
    assert shown(layer(), name="compare_at_price", beneath=None).value == "20.00"
    assert shown(layer(strike=False), name="compare_at_price", beneath=None).value is None
    assert shown(layer(), name="title", beneath="Lamp").source == "canonical"


def test_it_rounds_as_a_price_rule_does_and_never_above_what_is_beneath():
    charmed = layer(step=Decimal(1), charm=Decimal("0.01"))
    assert charmed.price("24.40") == "19.99"
    assert layer(percent=Decimal("0.5"), step=Decimal(10)).price("17.00") == "17.00"
    assert charmed.price("0.30") == "0.00"
    assert layer().price(None) is None


def test_of_two_the_one_begun_later_counts_and_what_ended_leaves_no_price():
    late = layer(2, since=NOON + HOUR, percent=Decimal(50))
    assert shown(late, layer()).value == "10.00"
    over = layer(2, since=NOON, until=NOON + HOUR, percent=Decimal(50))
    assert shown(over, layer()).value == "16.00"


def test_an_ended_sale_gives_its_end_to_the_version_of_what_shows_again():
    """So that an edit made on what the ending wrote is later than the ending."""
    over = layer(until=NOON + HOUR)
    assert (shown(over).value, shown(over).version.time) == ("20.00", NOON + HOUR)


def test_what_a_sale_shows_is_of_its_beginning_or_newer():
    """So that an edit made on what its beginning wrote is later than the beginning."""
    begun = shown(layer())
    assert (begun.source, begun.version) == ("layer", layer().begun)
    newer = Effective("20.00", "canonical", Version.of(NOON + HOUR, Source.MANUAL, "ada"))
    assert lay_over((layer(),), "price", newer, newer).version == newer.version
    unversioned = Effective("20.00", "canonical")
    assert lay_over((layer(),), "price", unversioned, unversioned).version == layer().begun
    over = layer(until=NOON + HOUR)
    assert lay_over((over,), "price", unversioned, unversioned).version.time == NOON + HOUR
    assert lay_over((), "price", unversioned, unversioned) == unversioned


def test_what_a_person_kept_in_sight_of_a_sale_shows_as_it_is():
    for minutes, value in ((0, "18.00"), (5, "18.00"), (-1, "14.40")):
        at = Version.of(NOON + timedelta(minutes=minutes), Source.MANUAL, "ada")
        kept = Effective("18.00", "kept", at)
        assert lay_over((layer(),), "price", kept, kept).value == value
        struck = lay_over((layer(),), "compare_at_price", canonical(None), kept).value
        assert struck == (None if value == "18.00" else "18.00")
    ruled = Effective("18.00", "rule", Version.of(NOON + HOUR, Source.MANUAL, "ada"))
    assert lay_over((layer(),), "price", ruled, ruled).value == "14.40"


def test_what_is_not_ours_to_write_stays_so():
    held = Effective("9.00", "held")
    assert lay_over((layer(),), "price", held, held) == held


@given(st.decimals("0", "99999", places=2), st.decimals("0.01", "99.99", places=2))
def test_a_sale_price_lies_between_nothing_and_what_is_beneath(amount, percent):
    beneath = f"{amount:.2f}"
    assert 0 <= Decimal(layer(percent=percent).price(beneath)) <= amount


@given(st.integers(-300, 300), st.none() | st.integers(-300, 300), st.integers(-300, 300))
def test_whether_it_stood_is_a_question_of_time_alone(start, length, when):
    one = layer(
        since=NOON + timedelta(minutes=start),
        until=None if length is None else NOON + timedelta(minutes=start + abs(length)),
    )
    at = NOON + timedelta(minutes=when)
    assert one.stood(at, None) == (one.since <= at and (one.until is None or at < one.until))


@given(st.integers(-300, 300), st.integers(0, 300), st.integers(-300, 300), st.integers(0, 300))
def test_an_edit_of_unknown_time_may_have_met_it_where_their_times_touch(
    start, length, since, span
):
    one = layer(
        since=NOON + timedelta(minutes=start), until=NOON + timedelta(minutes=start + length)
    )
    bounds = NOON + timedelta(minutes=since), NOON + timedelta(minutes=since + span)
    touches = one.since <= bounds[1] and bounds[0] < one.until
    assert one.stood(NOON - 9 * HOUR, bounds) == touches


# Clocks that are set: in Berlin forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00.


def test_a_store_has_its_own_midnight():
    at = datetime.fromisoformat("2026-11-27T00:00")
    assert instant(at, "Europe/Berlin", last=False) == datetime(2026, 11, 26, 23, tzinfo=UTC)
    assert instant(at, "America/New_York", last=False) == datetime(2026, 11, 27, 5, tzinfo=UTC)
    summer = datetime.fromisoformat("2026-07-01T00:00")
    assert instant(summer, "Europe/Berlin", last=False) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_an_hour_that_comes_twice_begins_a_sale_the_first_time_and_ends_it_the_second():
    twice = datetime.fromisoformat("2026-10-25T02:30")
    begins, ends = (instant(twice, "Europe/Berlin", last=last) for last in (False, True))
    assert ends - begins == HOUR


def test_an_hour_that_never_comes_is_refused_in_words():
    with pytest.raises(BadValueError, match="02:30 does not exist in Europe/Berlin"):
        instant(datetime.fromisoformat("2026-03-29T02:30"), "Europe/Berlin", last=False)
